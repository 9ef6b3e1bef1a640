// Two @xmpp/client clients over STARTTLS, which log in by SASL2 and Bind 2. Arguments: PORT DOMAIN USER USER; the passwords
// come by environment. Prints one line for each check and, last, `N passed, N failed`.
import assert from "node:assert/strict";

import { client, xml } from "@xmpp/client";

const [port, domain, firstUser, secondUser] = process.argv.slice(2);
const patience = Number(process.env.COUPLET_PATIENCE ?? "20") * 1000;

// PLAIN, which every way of keeping passwords knows.
function connect(username, password, resource) {
  const entity = client({
    service: `xmpp://127.0.0.1:${port}`,
    domain,
    resource,
    credentials: (authenticate) => authenticate({ username, password }, "PLAIN"),
    userAgent: xml("user-agent", { id: "d4565fa7-4d72-4749-b3d3-740edbf87770" }),
  });
  entity.timeout = patience;
  entity.reconnect.stop();
  entity.errors = [];
  entity.on("error", (error) => entity.errors.push(error));
  return entity;
}

function nextStanza(entity, matches) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no such stanza came")), patience);
    entity.on("stanza", function listen(stanza) {
      if (!matches(stanza)) return;
      clearTimeout(timer);
      entity.removeListener("stanza", listen);
      resolve(stanza);
    });
  });
}

const message = (id, to, text) => xml("message", { type: "chat", id, to }, xml("body", {}, text));

const alice = connect(firstUser, process.env.FIRST_PASSWORD, "node-a");
const bob = connect(secondUser, process.env.SECOND_PASSWORD, "node-b");

const checks = {
  async "both log in with PLAIN and get a resource that begins with the tag they ask for"() {
    const bound = (user, tag) => new RegExp(`^${user}@${domain}/${tag}/[0-9a-f]{16}$`);
    assert.match(String(await alice.start()), bound(firstUser, "node-a"));
    assert.match(String(await bob.start()), bound(secondUser, "node-b"));
    await Promise.all([alice.send(xml("presence")), bob.send(xml("presence"))]);
  },
  async "a message goes from the first to the second, text unchanged"() {
    const text = "tea & <cakes>? 'yes' \"no\" ☕";
    const got = nextStanza(bob, (s) => s.is("message") && s.attrs.id === "m1");
    await alice.send(message("m1", bob.jid.toString(), text));
    const stanza = await got;
    assert.equal(stanza.attrs.from, alice.jid.toString());
    assert.equal(stanza.getChildText("body"), text);
  },
  async "and one comes back"() {
    const got = nextStanza(alice, (s) => s.is("message") && s.attrs.id === "m2");
    await bob.send(message("m2", alice.jid.toString(), "back"));
    assert.equal((await got).getChildText("body"), "back");
  },
  async "two hundred messages arrive in order"() {
    const ids = [];
    const all = nextStanza(bob, (s) => {
      if (s.is("message") && s.attrs.id?.startsWith("o")) ids.push(Number(s.attrs.id.slice(1)));
      return ids.length === 200;
    });
    for (let n = 0; n < 200; n += 1) await alice.send(message(`o${n}`, bob.jid.toString(), "x".repeat(n)));
    await all;
    assert.deepEqual(ids, [...Array(200).keys()]);
  },
  async "the server answers a ping"() {
    const pong = await alice.iqCaller.request(xml("iq", { type: "get", to: domain }, xml("ping", "urn:xmpp:ping")), patience);
    assert.equal(pong.attrs.type, "result");
  },
  async "the clients ping each other"() {
    const ping = xml("iq", { type: "get", to: bob.jid.toString() }, xml("ping", "urn:xmpp:ping"));
    const pong = await alice.iqCaller.request(ping, patience);
    assert.equal(pong.attrs.from, bob.jid.toString());
  },
  async "a message to nobody comes back as service-unavailable"() {
    const got = nextStanza(alice, (s) => s.is("message") && s.attrs.type === "error");
    await alice.send(message("m3", `nobody@${domain}/x`, "hello?"));
    const error = (await got).getChild("error");
    assert.ok(error.getChild("service-unavailable", "urn:ietf:params:xml:ns:xmpp-stanzas"));
  },
  async "a wrong password is refused with not-authorized"() {
    const mallory = connect(firstUser, "wrong", "node-m");
    await assert.rejects(mallory.start(), (error) => error.condition === "not-authorized");
    await mallory.stop().catch(() => {});
  },
  async "both leave, without an error on the way"() {
    await alice.stop();
    await bob.stop();
    assert.deepEqual([...alice.errors, ...bob.errors], []);
  },
};

let passed = 0;
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    passed += 1;
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}: ${error.stack}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
