// A client made of @xmpp/client that a test leads: each line of stdin is a stanza to send, each stanza that comes is a line of stdout. First it
// says "online as JID", at the end of its stream "ended: " and the condition; it leaves at the end of stdin. Arguments: PORT USER RESOURCE;
// COUPLET_TEST_PASSWORD has the password.
import readline from "node:readline";

import { client } from "@xmpp/client";
import parse from "@xmpp/xml/lib/parse.js";

const [port, username, resource] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

const entity = client({
  service: `xmpp://127.0.0.1:${port}`,
  domain: "localhost",
  resource,
  credentials: (authenticate) => authenticate({ username, password: process.env.COUPLET_TEST_PASSWORD }, "PLAIN"),
});
entity.reconnect.stop();
// The library answers what it knows no answer for with an error; a roster push is taken.
entity.iqCallee.set("jabber:iq:roster", "query", () => true);
entity.on("stanza", (stanza) => say(stanza.toString()));
entity.on("error", (error) => say(`ended: ${error.condition ?? error}`));
say(`online as ${await entity.start()}`);
for await (const line of readline.createInterface({ input: process.stdin })) await entity.send(parse(line)).catch(() => {});
await entity.stop().catch(() => {});
process.exit(0);
