#!/usr/bin/python3
"""slixmpp clients: PLAIN on loopback without TLS."""

import asyncio
import threading

import slixmpp
from harness import DOMAIN, PASSWORDS, PATIENCE, WithDeployment, in_every_role, main
from slixmpp.exceptions import IqError

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def on_loop(coroutine):
    """Runs it on the clients' thread and waits for it."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 2)


class Client(slixmpp.ClientXMPP):
    def __init__(self, user, resource, password=None):
        super().__init__(
            f"{user}@{DOMAIN}/{resource}",
            PASSWORDS[user] if password is None else password,
            plugin_config={"feature_mechanisms": {"unencrypted_plain": True, "use_mech": "PLAIN"}},
        )
        self.auto_authorize = None
        for plugin in ("xep_0030", "xep_0092", "xep_0199"):
            self.register_plugin(plugin)
        self.inbox = asyncio.Queue()
        self.failures = asyncio.Queue()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("message_error", self.inbox.put_nowait)
        self.add_event_handler("failed_auth", self.failures.put_nowait)

    async def log_in(self, address):
        """Answers with the full JID, or raises what the server said."""
        started = loop.create_future()

        def done(value, error=None):
            if not started.done():
                started.set_exception(error) if error else started.set_result(value)

        self.add_event_handler("session_start", lambda _: done(self.boundjid.full))
        self.add_event_handler("failed_auth", lambda stanza: done(None, PermissionError(stanza["condition"])))
        self.add_event_handler("disconnected", lambda reason: done(None, ConnectionError(str(reason))))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        return await asyncio.wait_for(started, PATIENCE)

    async def next_message(self):
        return await asyncio.wait_for(self.inbox.get(), PATIENCE)

    async def leave(self):
        await asyncio.wait_for(self.disconnect(wait=2), PATIENCE)


async def make(user, resource, password=None):
    return Client(user, resource, password)


@in_every_role
class Slixmpp(WithDeployment):
    def setUp(self):
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            on_loop(client.leave())

    def client(self, user, resource):
        client = on_loop(make(user, resource))
        on_loop(client.log_in(self.address))
        self.clients.append(client)
        return client

    def pair(self):
        return self.client("alice", "slix-a"), self.client("bob", "slix-b")

    def test_both_log_in_with_the_resource_they_ask_for(self):
        alice, bob = self.pair()
        self.assertEqual(alice.boundjid.full, f"alice@{DOMAIN}/slix-a")
        self.assertEqual(bob.boundjid.full, f"bob@{DOMAIN}/slix-b")

    def test_messages_both_ways(self):
        alice, bob = self.pair()
        text = "1 < 2 & \"quoted\" 'too' ☕\nnext line"

        async def talk():
            alice.send_message(mto=bob.boundjid.full, mbody=text, mtype="chat")
            there = await bob.next_message()
            bob.send_message(mto=there["from"], mbody="and back", mtype="chat")
            return there, await alice.next_message()

        there, back = on_loop(talk())
        self.assertEqual((there["from"].full, there["body"]), (alice.boundjid.full, text))
        self.assertEqual((back["from"].full, back["body"]), (bob.boundjid.full, "and back"))

    def test_five_hundred_messages_in_order(self):
        alice, bob = self.pair()

        async def talk():
            for n in range(500):
                alice.send_message(mto=bob.boundjid.full, mbody=str(n), mtype="chat")
            return [int((await bob.next_message())["body"]) for _ in range(500)]

        self.assertEqual(on_loop(talk()), list(range(500)))

    def test_the_server_answers_a_ping(self):
        alice = self.client("alice", "ping")

        async def ping():
            return await alice["xep_0199"].ping(DOMAIN, timeout=PATIENCE)

        self.assertGreaterEqual(on_loop(ping()), 0)

    def test_one_client_pings_the_other(self):
        alice, bob = self.pair()

        async def ping():
            return await alice["xep_0199"].ping(bob.boundjid, timeout=PATIENCE)

        self.assertGreaterEqual(on_loop(ping()), 0)

    def test_disco_info_of_the_server(self):
        alice = self.client("alice", "disco")

        async def ask():
            return await alice["xep_0030"].get_info(DOMAIN, timeout=PATIENCE)

        info = on_loop(ask())["disco_info"]
        self.assertIn(("server", "im"), {(i[0], i[1]) for i in info["identities"]})
        self.assertLessEqual({"http://jabber.org/protocol/disco#info", "urn:xmpp:ping", "jabber:iq:version"}, set(info["features"]))

    def test_version_of_the_server(self):
        alice = self.client("alice", "version")

        async def ask():
            return await alice["xep_0092"].get_version(DOMAIN, timeout=PATIENCE)

        self.assertEqual(on_loop(ask())["software_version"]["name"], "Couplet")

    def test_wrong_password_then_the_right_one(self):
        wrong = on_loop(make("alice", "again", "no such password"))
        with self.assertRaises(PermissionError) as refused:
            on_loop(wrong.log_in(self.address))
        self.assertEqual(str(refused.exception), "not-authorized")
        on_loop(wrong.leave())
        self.assertEqual(self.client("alice", "again").boundjid.resource, "again")

    def test_message_to_an_unknown_full_jid_comes_back(self):
        alice = self.client("alice", "lost")

        async def talk():
            alice.send_message(mto=f"nobody@{DOMAIN}/x", mbody="?", mtype="chat")
            return await alice.next_message()

        bounced = on_loop(talk())
        self.assertEqual((bounced["type"], bounced["error"]["condition"]), ("error", "service-unavailable"))

    def test_iq_to_an_unknown_full_jid_comes_back(self):
        alice = self.client("alice", "lost-iq")

        async def ask():
            iq = alice.make_iq_get(queryxmlns="jabber:iq:version", ito=f"bob@{DOMAIN}/not-there")
            return await iq.send(timeout=PATIENCE)

        with self.assertRaises(IqError) as refused:
            on_loop(ask())
        self.assertEqual(refused.exception.condition, "service-unavailable")


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
