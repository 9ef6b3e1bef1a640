#!/usr/bin/python3
"""What an account keeps on the server (private XML, vCard, whom it blocks) and what others see of it, by slixmpp: with --data over a restart, and
without."""

import asyncio
import os
import shutil
import tempfile
import threading
import unittest

import slixmpp
from harness import DOMAIN, PATIENCE, Server, main
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
PASSWORD = "pw-of-both-51aa"
NOTES = "<notes xmlns='urn:example:notes'><note>buy &amp; sell</note></notes>"


def on_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 3)


class Client(slixmpp.ClientXMPP):
    def __init__(self, user):
        config = {"feature_mechanisms": {"unencrypted_plain": True, "use_mech": "PLAIN"}}
        super().__init__(f"{user}@{DOMAIN}/slix", PASSWORD, plugin_config=config)
        for plugin in ("xep_0012", "xep_0030", "xep_0054", "xep_0191", "xep_0199", "xep_0202"):
            self.register_plugin(plugin)
        self.inbox = asyncio.Queue()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("message_error", self.inbox.put_nowait)

    async def log_in(self, address):
        started = loop.create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
        self.add_event_handler("failed_auth", lambda s: started.done() or started.set_exception(PermissionError(s["condition"])))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(started, PATIENCE)
        return self

    async def leave(self):
        await asyncio.wait_for(self.disconnect(wait=2), PATIENCE)

    async def ask(self, kind, payload, to=None):
        iq = self.make_iq_set(sub=ET.fromstring(payload)) if kind == "set" else self.make_iq_get()
        if kind == "get":
            iq.append(ET.fromstring(payload))
        if to:
            iq["to"] = to
        return await iq.send(timeout=PATIENCE)

    async def condition_of(self, kind, payload, to):
        try:
            await self.ask(kind, payload, to)
        except IqError as e:
            return e.iq["error"]["condition"]
        return "no error"


async def make(user):
    return Client(user)


class Keeping(unittest.TestCase):
    lasting = False

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-personal-")
        self.start()

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        arguments = ["--domain", DOMAIN, "--listen", "127.0.0.1:0", "--contact", f"mailto:admin@{DOMAIN}"]
        for user in ("alice", "bob"):
            arguments += ["--user", f"{user}@{DOMAIN}:{PASSWORD}"]
        if self.lasting:
            arguments += ["--data", os.path.join(self.folder, "data")]
        self.server = Server(*arguments)

    def client(self, user):
        return on_loop(on_loop(make(user)).log_in(self.server.address()))

    def private(self, client):
        answer = on_loop(client.ask("get", "<query xmlns='jabber:iq:private'><notes xmlns='urn:example:notes'/></query>"))
        return [note.text for note in answer.xml.iter("{urn:example:notes}note")]

    def put(self, alice):
        on_loop(alice.ask("set", f"<query xmlns='jabber:iq:private'>{NOTES}</query>"))
        on_loop(alice.ask("set", "<vCard xmlns='vcard-temp'><FN>Alice A.</FN></vCard>"))
        on_loop(alice.ask("set", f"<block xmlns='urn:xmpp:blocking'><item jid='bob@{DOMAIN}'/></block>"))

    def check_what_is_kept(self, alice, bob):
        self.assertEqual(self.private(alice), ["buy & sell"])
        self.assertEqual(self.private(bob), [])
        card = on_loop(alice.ask("get", "<vCard xmlns='vcard-temp'/>"))
        self.assertEqual([fn.text for fn in card.xml.iter("{vcard-temp}FN")], ["Alice A."])
        blocked = on_loop(alice.ask("get", "<blocklist xmlns='urn:xmpp:blocking'/>"))
        self.assertEqual([i.get("jid") for i in blocked.xml.iter("{urn:xmpp:blocking}item")], [f"bob@{DOMAIN}"])

    def test_kept(self):
        alice, bob = self.client("alice"), self.client("bob")
        self.put(alice)
        self.check_what_is_kept(alice, bob)
        for client in (alice, bob):
            on_loop(client.leave())
        if self.lasting:
            self.server.stop()
            self.start()
        alice, bob = self.client("alice"), self.client("bob")
        self.check_what_is_kept(alice, bob)
        # Bob sees nobody, and is seen no more.
        card = "<vCard xmlns='vcard-temp'/>"
        self.assertEqual(on_loop(bob.condition_of("get", card, f"alice@{DOMAIN}")), "service-unavailable")
        bob.send_message(mto=f"alice@{DOMAIN}", mbody="hello?", mtype="chat")
        back = on_loop(asyncio.wait_for(bob.inbox.get(), PATIENCE))
        self.assertEqual((back["type"], back["error"]["condition"]), ("error", "service-unavailable"))
        alice.send_message(mto=f"bob@{DOMAIN}", mbody="hello?", mtype="chat")
        back = on_loop(asyncio.wait_for(alice.inbox.get(), PATIENCE))
        self.assertEqual((back["type"], back["error"]["condition"]), ("error", "not-acceptable"))
        on_loop(alice.ask("set", "<unblock xmlns='urn:xmpp:blocking'/>"))
        answer = on_loop(bob.ask("get", card, f"alice@{DOMAIN}"))
        self.assertEqual([fn.text for fn in answer.xml.iter("{vcard-temp}FN")], ["Alice A."])
        for client in (alice, bob):
            on_loop(client.leave())

    def test_what_the_server_says(self):
        bob = self.client("bob")
        info = on_loop(bob.ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", DOMAIN))
        self.assertIn(f"mailto:admin@{DOMAIN}", [v.text for v in info.xml.iter("{jabber:x:data}value")])
        features = {f.get("var") for f in info.xml.iter("{http://jabber.org/protocol/disco#info}feature")}
        self.assertLessEqual({"jabber:iq:private", "vcard-temp", "jabber:iq:last", "urn:xmpp:time", "urn:xmpp:blocking"}, features)
        uptime = on_loop(bob.ask("get", "<query xmlns='jabber:iq:last'/>", DOMAIN))
        self.assertLess(int(uptime.xml.find("{jabber:iq:last}query").get("seconds")), 600)
        time = on_loop(bob.ask("get", "<time xmlns='urn:xmpp:time'/>", DOMAIN))
        self.assertRegex(time.xml.find(".//{urn:xmpp:time}utc").text, r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        last = "<query xmlns='jabber:iq:last'/>"
        self.assertEqual(on_loop(bob.condition_of("get", last, f"alice@{DOMAIN}")), "forbidden")
        info = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
        for name in ("alice", "nobody"):
            self.assertEqual(on_loop(bob.condition_of("get", info, f"{name}@{DOMAIN}")), "service-unavailable")
        on_loop(bob.leave())


class Lasting(Keeping):
    lasting = True


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
