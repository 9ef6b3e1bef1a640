#!/usr/bin/python3
"""What users have is taken to another server (XEP-0227): slixmpp finds it again there, and documents of other servers are understood."""

import asyncio
import os
import pathlib
import shutil
import sqlite3
import tempfile
import threading
import unittest

import slixmpp
from accounts_wire import register
from harness import DOMAIN, LOOPBACK, PATIENCE, Server, main, run, secret_file, wait_until
from slixmpp.xmlstream import ET

loop = asyncio.new_event_loop()
PASSWORD = "pw-of-dora-2f0b"
CARD = "<vCard xmlns='vcard-temp'><FN>Dora &amp; co</FN></vCard>"
PRIVATE = "<exodus xmlns='exodus:prefs'><nick>dora</nick></exodus>"
TUNE = "<tune xmlns='http://jabber.org/protocol/tune'><title>Yes</title></tune>"
TUNES = "http://jabber.org/protocol/tune"
OPEN = ("<publish-options><x xmlns='jabber:x:data' type='submit'><field var='pubsub#access_model'><value>open</value></field>"
        "<field var='pubsub#max_items'><value>7</value></field></x></publish-options>")  # fmt: skip


def on_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 3)


class Client(slixmpp.ClientXMPP):
    def __init__(self, user):
        config = {"feature_mechanisms": {"unencrypted_plain": True}}
        super().__init__(f"{user}@{DOMAIN}/slix", PASSWORD, plugin_config=config)
        for plugin in ("xep_0199", "xep_0203"):
            self.register_plugin(plugin)
        self.auto_authorize = self.auto_subscribe = None
        self.messages = asyncio.Queue()
        self.requests = asyncio.Queue()
        self.add_event_handler("message", self.messages.put_nowait)
        self.add_event_handler("presence_subscribe", self.requests.put_nowait)

    async def log_in(self, address):
        started = loop.create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
        self.add_event_handler("failed_auth", lambda s: started.done() or started.set_exception(PermissionError(s["condition"])))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(started, PATIENCE)
        await self.get_roster()
        self.send_presence()
        return self

    async def set(self, payload):
        await self.make_iq_set(sub=ET.fromstring(payload)).send(timeout=PATIENCE)

    async def get(self, payload):
        """What the server answers, as text in which the order of attributes does not matter."""
        iq = self.make_iq_get()
        iq.append(ET.fromstring(payload))
        answer = await iq.send(timeout=PATIENCE)
        return ET.canonicalize(ET.tostring(answer.xml[0], encoding="unicode"), strip_text=True)


async def logged_in(user, address):
    return await Client(user).log_in(address)


async def everything(client):
    """What a client can see of what is kept for it."""
    pubsub = "<pubsub xmlns='http://jabber.org/protocol/pubsub{}'><{} node='" + TUNES + "'/></pubsub>"
    asked = {
        "roster": "<query xmlns='jabber:iq:roster'/>",
        "vcard": "<vCard xmlns='vcard-temp'/>",
        "private": "<query xmlns='jabber:iq:private'><exodus xmlns='exodus:prefs'/></query>",
        "blocked": "<blocklist xmlns='urn:xmpp:blocking'/>",
        "items": pubsub.format("", "items"),
        "configuration": pubsub.format("#owner", "configure"),
        "preferences": "<prefs xmlns='urn:xmpp:mam:2'/>",
        "archive": "<metadata xmlns='urn:xmpp:mam:2'/>",
    }
    return {name: await client.get(payload) for name, payload in asked.items()}


class Portable(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-portable-")
        self.here, self.there = (os.path.join(self.folder, name) for name in ("here", "there"))
        self.file = os.path.join(self.folder, "users.xml")
        self.server = None

    def tearDown(self):
        if self.server:
            self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, data, *more):
        self.server = Server("--data", data, "--register", *LOOPBACK, *more)
        self.address = self.server.address()

    def stop(self):
        server, self.server = self.server, None
        self.assertEqual(server.stop(), [])

    def done(self, *arguments, code=0):
        result = run(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr.splitlines()

    def rows(self, data):
        """What is stored, but for what the format has no place for: when somebody was there, and when an item was published."""
        with sqlite3.connect(os.path.join(data, "couplet.db")) as db:
            entries = db.execute("SELECT owner, kind, key, value FROM entries WHERE kind <> 6 ORDER BY 1, 2, 3").fetchall()
            return [
                [(owner, kind, key, value.partition(" ")[2] if kind == 8 else value) for owner, kind, key, value in entries],
                *(db.execute(sql).fetchall() for sql in (
                    "SELECT jid, password FROM accounts ORDER BY 1",
                    "SELECT * FROM scram_keys ORDER BY 1, 2",
                    "SELECT owner, stanza FROM offline ORDER BY owner, number",
                    "SELECT owner, id, time, peer, resource, stanza FROM archive ORDER BY owner, time, number",
                    "SELECT * FROM archive_preferences ORDER BY 1",
                )),
            ]  # fmt: skip

    def filled(self):
        """What dora has seen of it. It is all on the disk then, with a message for her, in both archives."""
        kept = on_loop(self.fill())
        wait_until(lambda: [len(rows) for rows in self.rows(self.here)[3:5]] == [1, 2], "the message is stored")
        return kept

    async def fill(self):
        dora, emil = [await logged_in(user, self.address) for user in ("dora", "emil")]
        for change in (
            f"<query xmlns='jabber:iq:roster'><item jid='emil@{DOMAIN}' name='Emil &amp; co'><group>Friends</group></item></query>",
            CARD,
            f"<query xmlns='jabber:iq:private'>{PRIVATE}</query>",
            "<block xmlns='urn:xmpp:blocking'><item jid='spam.example'/><item jid='x@y.example/z'/></block>",
            f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{TUNES}'><item id='1'>{TUNE}</item></publish>{OPEN}</pubsub>",
            "<prefs xmlns='urn:xmpp:mam:2' default='always'><always/><never><jid>z@y.example</jid></never></prefs>",
        ):
            await dora.set(change)
        dora.send_presence(pto=f"emil@{DOMAIN}", ptype="subscribe")
        await asyncio.wait_for(emil.requests.get(), PATIENCE)
        emil.send_presence(pto=f"dora@{DOMAIN}", ptype="subscribed")
        emil.send_presence(pto=f"dora@{DOMAIN}", ptype="subscribe")
        await asyncio.wait_for(dora.requests.get(), PATIENCE)  # and nobody answers it
        kept = await everything(dora)
        await dora.disconnect(wait=2)
        emil.send_message(mto=f"dora@{DOMAIN}", mbody="are you there? <3", mtype="chat")
        await emil.disconnect(wait=2)
        return kept

    async def find(self, kept):
        dora = await logged_in("dora", self.address)
        message = await asyncio.wait_for(dora.messages.get(), PATIENCE)
        self.assertEqual((message["from"].bare, message["body"]), (f"emil@{DOMAIN}", "are you there? <3"))
        self.assertEqual(message["delay"]["from"], DOMAIN)
        request = await asyncio.wait_for(dora.requests.get(), PATIENCE)
        self.assertEqual(request["from"], f"emil@{DOMAIN}")
        found = await everything(dora)
        # One message more than dora had seen.
        self.assertNotIn("start", kept.pop("archive"))
        self.assertIn("start", found.pop("archive"))
        self.assertEqual(found, kept)
        self.assertIn("Emil &amp; co", found["roster"])
        for name, part in (("roster", 'subscription="to"'), ("vcard", "Dora &amp; co"), ("private", "dora"), ("items", "Yes"),
                           ("blocked", "spam.example"), ("configuration", "7"), ("preferences", "z@y.example")):  # fmt: skip
            self.assertIn(part, found[name])
        await dora.disconnect(wait=2)

    def test_what_a_user_has_is_there_after_export_and_import(self):
        self.start(self.here)
        for user in ("dora", "emil"):
            self.assertIsNone(register(self.address, user, PASSWORD))
        kept = self.filled()
        self.assertEqual(self.done("--data", self.here, "--export", self.file), ["couplet: 2 users exported"])  # while it runs
        self.stop()
        self.assertEqual(self.done("--data", self.there, "--import", self.file), ["couplet: 2 accounts imported"])
        self.assertEqual(self.rows(self.there), self.rows(self.here))
        again = os.path.join(self.folder, "again.xml")
        self.done("--data", self.there, "--export", again)
        self.assertEqual(pathlib.Path(again).read_text("utf-8"), pathlib.Path(self.file).read_text("utf-8"))
        before = self.rows(self.there)
        self.assertEqual(self.done("--data", self.there, "--import", self.file), [
            "couplet: note: 2 accounts were there already, and stay as they are",
            "couplet: 0 accounts imported",
        ])  # fmt: skip
        self.assertEqual(self.rows(self.there), before)
        self.start(self.there)
        on_loop(self.find(kept))

    def test_accounts_of_the_configuration_have_theirs_as_well(self):
        users = secret_file(self.folder, "users", f"dora@{DOMAIN}:{PASSWORD}\nemil@{DOMAIN}:{PASSWORD}\n")
        self.start(self.here, "--users", users)
        kept = self.filled()
        self.stop()
        self.done("--data", self.here, "--export", self.file)
        self.assertNotIn(PASSWORD, pathlib.Path(self.file).read_text("utf-8"))
        self.assertEqual(self.done("--data", self.there, "--import", self.file), [
            "couplet: note: 2 users have neither keys nor a password: what is theirs is stored, and waits for an account of that name",
            "couplet: 0 accounts imported",
        ])  # fmt: skip
        self.start(self.there, "--users", users)
        on_loop(self.find(kept))

    def test_a_document_as_other_servers_write_it(self):
        """Double quotes, declarations that are missing or stand elsewhere, names in capitals, what is not ours."""
        text = f"""<?xml version="1.0" encoding="UTF-8"?>
<server-data xmlns="urn:xmpp:pie:0"><host jid="{DOMAIN.upper()}"><user name="Dora" password="{PASSWORD}">
  <query xmlns="jabber:iq:roster" ver="3"><item jid="Emil@{DOMAIN}" subscription="to" ask=""/></query>
  <presence xmlns="jabber:client" type="subscribe" from="felix@{DOMAIN}/r"/>
  <query xmlns="jabber:iq:privacy"><default name="x"/></query>
  <vCard xmlns="vcard-temp"><FN>Dora</FN></vCard>
  <offline-messages>
    <message from="emil@{DOMAIN}/r" to="dora@{DOMAIN}" type="chat"><body>from afar</body>
      <delay xmlns="urn:xmpp:delay" from="{DOMAIN}" stamp="2020-02-20T20:20:20Z">Offline Storage</delay>
      <x xmlns="jabber:x:delay" from="{DOMAIN}" stamp="20200220T20:20:20"/></message>
  </offline-messages>
  <pubsub xmlns="http://jabber.org/protocol/pubsub#owner"><configure node="n"><x xmlns="jabber:x:data" type="submit">
    <field var="pubsub#access_model"><value>authorize</value></field></x></configure></pubsub>
  <pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="n"><item id="1" publisher="dora@{DOMAIN}"><x xmlns="u"/></item></items></pubsub>
</user></host></server-data>"""
        lines = self.done("--data", self.there, "--import", secret_file(self.folder, "theirs.xml", text))
        self.assertEqual(lines, [
            "couplet: note: left out, since it is not stored here: query (jabber:iq:privacy), 1 time",
            "couplet: 1 account imported",
        ])  # fmt: skip
        self.start(self.there)

        async def look():
            dora = await logged_in("dora", self.address)
            message = await asyncio.wait_for(dora.messages.get(), PATIENCE)
            self.assertEqual(message["body"], "from afar")
            self.assertEqual(message["delay"]["stamp"].isoformat(), "2020-02-20T20:20:20+00:00")
            self.assertEqual((await asyncio.wait_for(dora.requests.get(), PATIENCE))["from"], f"felix@{DOMAIN}")
            self.assertIn(f'jid="emil@{DOMAIN}"', await dora.get("<query xmlns='jabber:iq:roster'/>"))
            form = await dora.get("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node='n'/></pubsub>")
            self.assertIn("whitelist</value>", form.replace("ns0:", "").replace("ns1:", "").replace("ns2:", ""))
            await dora.disconnect(wait=2)

        on_loop(look())

    def test_too_much_is_one_line_and_nothing_is_imported(self):
        messages = f"<message from='emil@{DOMAIN}'/>" * 3
        text = (f"<server-data xmlns='urn:xmpp:pie:0'><host jid='{DOMAIN}'><user name='emil' password='x'/><user name='dora' password='x'>"
                f"<offline-messages>{messages}</offline-messages></user></host></server-data>")  # fmt: skip
        file = secret_file(self.folder, "much.xml", text)
        (line,) = self.done("--data", self.there, "--import", file, "--max-offline-messages", "2", code=1)
        self.assertIn(f'much.xml (--import): "dora@{DOMAIN}" has too much of messages that wait: 3 of ', line)
        self.assertIn("(--max-offline-messages, --max-offline-bytes)", line)
        self.assertEqual(self.rows(self.there), [[]] * 6)
        self.assertEqual(self.done("--data", self.there, "--import", file)[-1], "couplet: 2 accounts imported")

    def test_who_must_not_keep_what_people_say_does_not_import_it(self):
        result = ("<result xmlns='urn:xmpp:mam:2' id='1'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
                  f"stamp='2010-07-10T23:08:25Z'/><message xmlns='jabber:client' from='emil@{DOMAIN}'/></forwarded></result>")  # fmt: skip
        text = (f"<server-data xmlns='urn:xmpp:pie:0'><host jid='{DOMAIN}'><user name='dora' password='x'>"
                f"<archive xmlns='urn:xmpp:pie:0#mam'>{result}</archive></user></host></server-data>")  # fmt: skip
        file = secret_file(self.folder, "archive.xml", text)
        self.assertEqual(self.done("--data", self.there, "--import", file, "--no-archive"), [
            "couplet: note: left out, since nothing is archived (--no-archive): 1 archive",
            "couplet: 1 account imported",
        ])  # fmt: skip
        self.assertEqual(self.rows(self.there)[4], [])


if __name__ == "__main__":
    asyncio.set_event_loop(loop)
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
