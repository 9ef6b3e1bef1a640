// An @xmpp/component component that talks to one which echoes. Arguments: PORT NAME ECHO; the secret comes by environment. Prints one line for each
// check and, last, `N passed, N failed`.
import assert from "node:assert/strict";

import { component, xml } from "@xmpp/component";

const [port, name, echo] = process.argv.slice(2);
const patience = Number(process.env.COUPLET_PATIENCE ?? "20") * 1000;

function make(domain, password) {
  const entity = component({ service: `xmpp://127.0.0.1:${port}`, domain, password });
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

const bot = make(name, process.env.COMPONENT_SECRET);

const checks = {
  async "it is let in"() {
    assert.equal(String(await bot.start()), name);
  },
  async "a message to another component comes back"() {
    const got = nextStanza(bot, (s) => s.is("message") && s.attrs.id === "m1");
    await bot.send(xml("message", { type: "chat", id: "m1", from: `n@${name}`, to: echo }, xml("body", {}, "tea & <cakes> ☕")));
    const stanza = await got;
    assert.equal(stanza.attrs.from, echo);
    assert.equal(stanza.attrs.to, `n@${name}`);
    assert.equal(stanza.getChildText("body"), "echo: tea & <cakes> ☕");
  },
  async "the server answers a ping"() {
    const pong = await bot.iqCaller.get(xml("ping", "urn:xmpp:ping"), "localhost");
    assert.ok(pong === undefined || pong.is("ping"));
  },
  async "a request to nobody is answered"() {
    await assert.rejects(bot.iqCaller.get(xml("ping", "urn:xmpp:ping"), "nowhere.example.com"), (error) => error.condition === "remote-server-not-found");
  },
  async "a wrong secret is refused"() {
    const mallory = make(name, "wrong");
    const told = new Promise((resolve) => mallory.on("error", resolve));
    mallory.start().catch(() => {});
    assert.equal((await told).condition, "not-authorized");
    await mallory.stop().catch(() => {});
  },
  async "a name that nobody may have is refused"() {
    const mallory = make("evil.example.com", "wrong");
    const told = new Promise((resolve) => mallory.on("error", resolve));
    mallory.start().catch(() => {});
    assert.equal((await told).condition, "host-unknown");
    await mallory.stop().catch(() => {});
  },
  async "it leaves, without an error on the way"() {
    await bot.stop();
    assert.deepEqual(bot.errors, []);
  },
};

let passed = 0;
let failed = 0;
for (const [title, check] of Object.entries(checks)) {
  try {
    await check();
    passed += 1;
    console.log(`ok: ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${title}: ${error.stack}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
