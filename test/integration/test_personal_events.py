#!/usr/bin/python3
"""Personal eventing by slixmpp: what a contact hears of what somebody publishes, what he gets when he comes, avatars and bookmarks: with --data over a
restart, and without."""

import asyncio
import base64
import hashlib
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
NODE = "urn:example:tune"
EVENT = "{http://jabber.org/protocol/pubsub#event}"
PICTURE = b"\x89PNG not really a picture"
HASH = hashlib.sha1(PICTURE).hexdigest()
PUBSUB = "{http://jabber.org/protocol/pubsub}"


def on_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 3)


class Client(slixmpp.ClientXMPP):
    def __init__(self, user, resource, wants):
        config = {"feature_mechanisms": {"unencrypted_plain": True, "use_mech": "PLAIN"}}
        super().__init__(f"{user}@{DOMAIN}/{resource}", PASSWORD, plugin_config=config)
        for plugin in ("xep_0004", "xep_0030", "xep_0060", "xep_0115", "xep_0163", "xep_0199"):
            self.register_plugin(plugin)
        for node in wants:
            self["xep_0163"].add_interest(node)
        self.events = asyncio.Queue()
        self.add_event_handler("pubsub_publish", self.on_message)

    def on_message(self, message):
        if message.xml.find(f"{EVENT}event") is not None:
            self.events.put_nowait(message)

    async def log_in(self, address):
        started = loop.create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
        self.add_event_handler("failed_auth", lambda s: started.done() or started.set_exception(PermissionError(s["condition"])))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(started, PATIENCE)
        await self["xep_0115"].update_caps()
        await self.get_roster()
        self.send_presence()
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

    async def publish(self, node, item, payload, options=()):
        fields = "".join(f"<field var='pubsub#{name}'><value>{value}</value></field>" for name, value in options)
        form = f"<publish-options><x xmlns='jabber:x:data' type='submit'>{fields}</x></publish-options>" if options else ""
        return await self.ask("set", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item id='{item}'>"
                              f"{payload}</item></publish>{form}</pubsub>")

    async def items(self, node, to=None):
        answer = await self.ask("get", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{node}'/></pubsub>", to)
        return [i.get("id") for i in answer.xml.iter(f"{PUBSUB}item")]

    async def condition_of(self, node, to):
        try:
            await self.items(node, to)
        except IqError as e:
            return e.iq["error"]["condition"]
        return "no error"

    async def next_event(self):
        """The ids of the items of the next event, and its node."""
        message = await asyncio.wait_for(self.events.get(), PATIENCE)
        items = message.xml.find(f"{EVENT}event").find(f"{EVENT}items")
        return items.get("node"), [i.get("id") for i in items]


async def make(user, resource, wants):
    return Client(user, resource, wants)


class Events(unittest.TestCase):
    lasting = False

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-events-")
        self.start()

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        arguments = ["--domain", DOMAIN, "--listen", "127.0.0.1:0", "--threads", "2"]
        for user in ("alice", "bob", "carol"):
            arguments += ["--user", f"{user}@{DOMAIN}:{PASSWORD}"]
        if self.lasting:
            arguments += ["--data", os.path.join(self.folder, "data")]
        self.server = Server(*arguments)

    def client(self, user, resource="slix", wants=()):
        return on_loop(on_loop(make(user, resource, wants)).log_in(self.server.address()))

    def befriend(self, alice, bob):
        """Bob sees Alice's presence."""
        arrived = threading.Event()
        bob.add_event_handler("presence_available", lambda p: arrived.set() if p["from"].bare == alice.boundjid.bare else None)
        alice.auto_authorize = True
        loop.call_soon_threadsafe(lambda: bob.send_presence(pto=alice.boundjid.bare, ptype="subscribe"))
        self.assertTrue(arrived.wait(PATIENCE))

    def test_events(self):
        alice = self.client("alice", "home", [NODE])
        bob = self.client("bob", wants=[NODE])
        carol = self.client("carol", wants=[NODE])
        self.befriend(alice, bob)
        on_loop(alice.publish(NODE, "one", "<tune xmlns='urn:example:tune'>x</tune>"))
        for client in (alice, bob):
            self.assertEqual(on_loop(client.next_event()), (NODE, ["one"]))
        self.assertEqual(on_loop(bob.items(NODE, f"alice@{DOMAIN}")), ["one"])
        self.assertEqual(on_loop(carol.condition_of(NODE, f"alice@{DOMAIN}")), "not-authorized")
        private = [("persist_items", "true"), ("max_items", "max"), ("access_model", "whitelist"),
                   ("send_last_published_item", "never")]
        for room in ("a", "b"):
            on_loop(alice.publish("urn:xmpp:bookmarks:1", f"{room}@rooms.example.org",
                                  "<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/>", private))
        self.assertEqual(on_loop(bob.condition_of("urn:xmpp:bookmarks:1", f"alice@{DOMAIN}")), "not-allowed")
        self.assertTrue(carol.events.empty())
        for client in (alice, bob, carol):
            on_loop(client.leave())
        if self.lasting:
            self.server.stop()
            self.start()
        # Who comes is given what is newest, whether its owner is there or not.
        bob = self.client("bob", "again", [NODE])
        self.assertEqual(on_loop(bob.next_event()), (NODE, ["one"]))
        alice = self.client("alice", "again")
        self.assertEqual(on_loop(alice.items("urn:xmpp:bookmarks:1")), ["a@rooms.example.org", "b@rooms.example.org"])
        for client in (alice, bob):
            on_loop(client.leave())

    def old_bookmarks(self, client):
        answer = on_loop(client.ask("get", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"))
        return [c.get("jid") for c in answer.xml.iter("{storage:bookmarks}conference")]

    def check_both_times(self, alice):
        card = on_loop(alice.ask("get", "<vCard xmlns='vcard-temp'/>"))
        self.assertEqual([base64.b64decode(b.text) for b in card.xml.iter("{vcard-temp}BINVAL")], [PICTURE])
        self.assertEqual(self.old_bookmarks(alice), ["a@rooms.example.org"])
        self.assertEqual(on_loop(alice.items("urn:xmpp:bookmarks:1")), ["a@rooms.example.org"])

    def test_avatar_and_bookmarks(self):
        alice, bob = self.client("alice", "home"), self.client("bob")
        self.befriend(alice, bob)
        shown = threading.Event()
        photo = "{vcard-temp:x:update}x/{vcard-temp:x:update}photo"
        bob.add_event_handler("presence", lambda p: shown.set() if p.xml.findtext(photo) == HASH else None)
        for_all = [("access_model", "open")]
        text = base64.b64encode(PICTURE).decode()
        on_loop(alice.publish("urn:xmpp:avatar:data", HASH, f"<data xmlns='urn:xmpp:avatar:data'>{text}</data>", for_all))
        on_loop(alice.publish("urn:xmpp:avatar:metadata", HASH, "<metadata xmlns='urn:xmpp:avatar:metadata'>"
                              f"<info id='{HASH}' type='image/png' bytes='{len(PICTURE)}'/></metadata>", for_all))
        self.assertTrue(shown.wait(PATIENCE))
        on_loop(alice.ask("set", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>"
                          "<conference jid='a@rooms.example.org' autojoin='true'/></storage></query>"))
        self.check_both_times(alice)
        on_loop(alice.leave())
        if self.lasting:
            on_loop(bob.leave())
            self.server.stop()
            self.start()
            bob = self.client("bob", "again")
            bob.add_event_handler("presence", lambda p: shown.set() if p.xml.findtext(photo) == HASH else None)
        # The server knows whose picture it is before the client does.
        shown.clear()
        alice = self.client("alice", "again")
        self.assertTrue(shown.wait(PATIENCE))
        self.check_both_times(alice)
        for client in (alice, bob):
            on_loop(client.leave())

    def test_what_is_announced(self):
        alice = self.client("alice")
        for to in (DOMAIN, f"alice@{DOMAIN}"):
            info = on_loop(alice.ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to))
            identities = {(i.get("category"), i.get("type")) for i in info.xml.iter("{http://jabber.org/protocol/disco#info}identity")}
            features = {f.get("var") for f in info.xml.iter("{http://jabber.org/protocol/disco#info}feature")}
            self.assertIn(("pubsub", "pep"), identities)
            self.assertIn("http://jabber.org/protocol/pubsub#publish-options", features)
        on_loop(alice.leave())


class Lasting(Events):
    lasting = True


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
