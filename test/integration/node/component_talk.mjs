// An @xmpp/component component that does what it is told. Arguments: PORT NAME; the secret comes by environment. Says `connected` on stdout, `got FROM
// TEXT` for each message, and `ended` at its end, with the stream error if there was one. Sends what lines `TO TEXT` on stdin tell it to, and leaves at `bye`.
import { createInterface } from "node:readline";

import { component, xml } from "@xmpp/component";

const [port, name] = process.argv.slice(2);
const bot = component({ service: `xmpp://127.0.0.1:${port}`, domain: name, password: process.env.COMPONENT_SECRET });
bot.reconnect.stop();

let condition = "";
bot.on("error", (error) => {
  condition = error.condition ?? error.message;
});
bot.on("disconnect", () => {
  console.log(`ended ${condition}`);
  process.exit(condition === "" ? 0 : 1);
});
bot.on("stanza", (stanza) => {
  if (stanza.is("message") && stanza.attrs.type !== "error") console.log(`got ${stanza.attrs.from} ${stanza.getChildText("body")}`);
});
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const blank = line.indexOf(" ");
    if (line === "bye") bot.stop();
    else bot.send(xml("message", { type: "chat", from: name, to: line.slice(0, blank) }, xml("body", {}, line.slice(blank + 1))));
  })
  .on("close", () => bot.stop());

await bot.start();
console.log("connected");
