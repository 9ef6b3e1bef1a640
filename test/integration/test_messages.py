#!/usr/bin/python3
"""Messages by slixmpp: carbons, what waits for somebody who is not there, archives; over restarts, and with several shards."""

import asyncio
import base64
import logging
import os
import shutil
import sqlite3
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ET

import slixmpp
from harness import DOMAIN, LOOPBACK, PASSWORDS, PATIENCE, Server, main, secret_file, wait_until
from slixmpp.exceptions import IqError
from tls_client import TlsStream, client_context
from wire import Stream, body

logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # slixmpp leaves tasks behind when it disconnects
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def on_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 4)


class Client(slixmpp.ClientXMPP):
    def __init__(self, user, resource):
        super().__init__(
            f"{user}@{DOMAIN}/{resource}",
            PASSWORDS[user],
            plugin_config={"feature_mechanisms": {"unencrypted_plain": True, "use_mech": "PLAIN"}},
        )
        self.auto_authorize = None
        for plugin in ("xep_0030", "xep_0199", "xep_0203", "xep_0280", "xep_0313", "xep_0334", "xep_0359", "xep_0441"):
            self.register_plugin(plugin)
        self.inbox = asyncio.Queue()
        self.copies = asyncio.Queue()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("message_error", self.inbox.put_nowait)
        self.add_event_handler("carbon_received", lambda m: self.copies.put_nowait(("received", m["carbon_received"])))
        self.add_event_handler("carbon_sent", lambda m: self.copies.put_nowait(("sent", m["carbon_sent"])))

    async def log_in(self, address, present=True):
        started = loop.create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(started, PATIENCE)
        if present:
            self.send_presence()
            # What it is told of itself says that everybody can see it.
            await self["xep_0199"].ping(DOMAIN, timeout=PATIENCE)
        return self

    async def leave(self):
        await asyncio.wait_for(self.disconnect(wait=2), PATIENCE)

    async def next_message(self):
        return await asyncio.wait_for(self.inbox.get(), PATIENCE)

    async def next_copy(self):
        return await asyncio.wait_for(self.copies.get(), PATIENCE)

    async def pages(self, **query):
        """All that the archive has, as (id, body), and how many pages that were."""
        found, pages, after = [], 0, None
        while True:
            rsm = {"max": 3, **({"after": after} if after else {})}
            answer = await self["xep_0313"].retrieve(rsm=rsm, timeout=PATIENCE, **query)
            pages += 1
            for m in answer["mam"]["results"]:
                found.append((m["mam_result"]["id"], m["mam_result"]["forwarded"]["stanza"]["body"]))
            if answer["mam_fin"].xml.get("complete") == "true":
                return found, pages
            after = answer["mam_fin"]["rsm"]["last"]


class Messages(unittest.TestCase):
    threads = 1

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-messages-")
        self.users = secret_file(self.folder, "users", "".join(f"{u}@{DOMAIN}:{p}\n" for u, p in PASSWORDS.items()))
        self.clients = []
        self.server = None

    def tearDown(self):
        for client in self.clients:
            on_loop(client.leave())
        if self.server:
            self.assertEqual(self.server.stop(), [])
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *more, data=True):
        lasting = ["--data", os.path.join(self.folder, "data")] if data else []
        self.server = Server(*LOOPBACK, "--domain", DOMAIN, "--users", self.users, "--threads", self.threads, *lasting, *more)
        self.address = self.server.address()

    def restart(self, *more, kill=False):
        self.leave()
        if kill:
            self.server.kill()
            self.server.forget()
        else:
            self.assertEqual(self.server.stop(), [])
        self.start(*more)

    def client(self, user, resource, present=True):
        async def make():
            return await Client(user, resource).log_in(self.address, present)

        client = on_loop(make())
        self.clients.append(client)
        return client

    def leave(self, *who):
        for client in who or self.clients:
            on_loop(client.leave())
        self.clients = [c for c in self.clients if who and c not in who]

    def waiting(self):
        path = os.path.join(self.folder, "data", "couplet.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM offline").fetchone()[0]

    def say(self, client, to, body, **rest):
        async def send():
            m = client.make_message(mto=to, mbody=body, mtype="chat")
            for hint, on in rest.items():
                m.enable(hint) if on else None
            m.send()

        on_loop(send())

    def test_carbons_of_both_sides(self):
        self.start(data=False)
        alice, tablet = self.client("alice", "phone"), self.client("alice", "tablet")
        bob, desk = self.client("bob", "laptop"), self.client("bob", "desk")

        async def talk():
            await tablet["xep_0280"].enable()
            await desk["xep_0280"].enable()
            alice.send_message(mto=bob.boundjid.full, mbody="to the laptop", mtype="chat")
            return await bob.next_message(), await tablet.next_copy(), await desk.next_copy()

        given, sent, received = on_loop(talk())
        self.assertEqual(given["body"], "to the laptop")
        self.assertEqual((sent[0], sent[1]["body"], sent[1]["to"].full), ("sent", "to the laptop", bob.boundjid.full))
        self.assertEqual((received[0], received[1]["body"]), ("received", "to the laptop"))
        self.assertTrue(desk.inbox.empty())

    def test_carbons_along_with_a_login(self):
        """By SASL2 with Bind 2 (XEP-0386); what the server asks its session manager for that is not the client's to see."""
        self.start(data=False)
        tablet = self.enterContext(TlsStream(self.server.address(), client_context()))
        tablet.open("1.0")
        inline = tablet.receive().find(".//{urn:xmpp:bind:0}inline/{urn:xmpp:bind:0}feature")
        self.assertEqual(inline.get("var"), "urn:xmpp:carbons:2")
        token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
        tablet.send(f"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>{token}</initial-response>"
                    "<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:xmpp:carbons:2'/></bind></authenticate>")  # fmt: skip
        tablet.jid = tablet.receive().find("{urn:xmpp:sasl:2}authorization-identifier").text
        ours = tablet.receive().find("{http://jabber.org/protocol/caps}c")
        query = f"<query xmlns='http://jabber.org/protocol/disco#info' node='{ours.get('node')}#{ours.get('ver')}'/>"
        tablet.send(f"<iq type='get' id='about' to='{DOMAIN}'>{query}</iq>")
        answer = tablet.receive()
        self.assertEqual((answer.get("id"), answer.get("type")), ("about", "result"))
        tablet.available()
        alice, bob = self.client("alice", "phone"), self.client("bob", "laptop")
        self.say(alice, bob.boundjid.full, "to the laptop")
        copy = tablet.receive_until(lambda e: e.find("{urn:xmpp:carbons:2}sent") is not None)
        self.assertIn("to the laptop", ET.tostring(copy, encoding="unicode"))

    def test_what_waits_comes_after_a_restart_in_order(self):
        self.start()
        alice = self.client("alice", "phone")
        for n in range(20):
            self.say(alice, f"bob@{DOMAIN}", f"message {n}")
        wait_until(lambda: self.waiting() == 20, "all are stored")
        self.restart()
        bob = self.client("bob", "laptop")

        async def take(count):
            return [await bob.next_message() for _ in range(count)]

        found = on_loop(take(20))
        self.assertEqual([m["body"] for m in found], [f"message {n}" for n in range(20)])
        self.assertTrue(all(m["delay"]["from"].full == DOMAIN and m["delay"]["stamp"] for m in found))
        wait_until(lambda: self.waiting() == 0, "they are gone from the storage")
        self.leave(bob)
        again = self.client("bob", "laptop")
        self.assertTrue(again.inbox.empty())

    def test_many_that_wait_come_page_by_page(self):
        self.start("--max-offline-messages", 100_000, "--max-offline-bytes", 1 << 30, "--no-archive", "--max-outbox-bytes", 200_000)
        alice = self.client("alice", "phone")
        count = 3_000

        async def send():
            for n in range(count):
                alice.send_message(mto=f"bob@{DOMAIN}", mbody=f"{n} " + "x" * 300, mtype="chat")
                if n % 500 == 499:
                    await alice["xep_0199"].ping(DOMAIN, timeout=PATIENCE)

        on_loop(send())
        wait_until(lambda: self.waiting() == count, "all are stored")
        bob = self.client("bob", "laptop")

        async def take():
            return [int((await bob.next_message())["body"].split()[0]) for _ in range(count)]

        self.assertEqual(on_loop(take()), list(range(count)))
        wait_until(lambda: self.waiting() == 0, "they are gone from the storage")

    def test_nothing_is_lost_when_the_server_is_killed_before_the_client_has_it(self):
        self.start()
        alice = self.client("alice", "phone")
        self.say(alice, f"bob@{DOMAIN}", "hold fast")
        wait_until(lambda: self.waiting() == 1, "it is stored")
        # A connection that reads, and never answers what it is asked.
        with Stream(self.address).login("bob", "laptop", how="sasl") as stream:
            stream.send("<presence/>")
            stream.receive_until(lambda element: body(element) == "hold fast")
            stream.ping()
            self.assertEqual(self.waiting(), 1)
            self.restart(kill=True)
        bob = self.client("bob", "laptop")
        self.assertEqual(on_loop(bob.next_message())["body"], "hold fast")
        wait_until(lambda: self.waiting() == 0, "it is gone from the storage")

    def test_the_archive_in_pages_over_a_restart(self):
        self.start()
        alice, bob = self.client("alice", "phone"), self.client("bob", "laptop")

        async def talk():
            ids = []
            for n in range(5):
                alice.send_message(mto=bob.boundjid.full, mbody=f"from alice {n}", mtype="chat")
                ids.append((await bob.next_message())["stanza_id"]["id"])
                bob.send_message(mto=alice.boundjid.full, mbody=f"from bob {n}", mtype="chat")
                await alice.next_message()
            return ids

        ids = on_loop(talk())
        expected = [f"from {who} {n}" for n in range(5) for who in ("alice", "bob")]
        found, pages = on_loop(bob.pages())
        self.assertEqual([body for _, body in found], expected)
        self.assertEqual(pages, 4)
        self.assertEqual([id for id, _ in found][::2], ids)  # what was told at delivery
        theirs, _ = on_loop(alice.pages())
        self.assertEqual([body for _, body in theirs], expected)
        self.assertEqual(set(id for id, _ in theirs) & set(id for id, _ in found), set())
        self.restart()
        bob = self.client("bob", "laptop")
        self.assertEqual(on_loop(bob.pages())[0], found)
        self.assertEqual(on_loop(bob.pages(with_jid=f"carol@{DOMAIN}"))[0], [])
        self.assertEqual(len(on_loop(bob.pages(with_jid=f"alice@{DOMAIN}"))[0]), 10)

    def test_nobody_reads_anothers_archive(self):
        self.start()
        alice = self.client("alice", "phone")

        async def spy():
            return await alice["xep_0313"].retrieve(jid=f"bob@{DOMAIN}", timeout=PATIENCE)

        with self.assertRaises(IqError) as refused:
            on_loop(spy())
        self.assertEqual(refused.exception.condition, "forbidden")

    def test_preferences_are_kept(self):
        self.start()
        alice, bob = self.client("alice", "phone"), self.client("bob", "laptop")

        async def prefer():
            await bob["xep_0441"].set_preferences(default="never", timeout=PATIENCE)
            alice.send_message(mto=bob.boundjid.full, mbody="off the record", mtype="chat")
            return await bob.next_message()

        self.assertEqual(on_loop(prefer())["stanza_id"]["id"], "")
        self.restart()
        alice, bob = self.client("alice", "phone"), self.client("bob", "laptop")

        async def look():
            alice.send_message(mto=bob.boundjid.full, mbody="nor this", mtype="chat")
            await bob.next_message()
            return (await bob["xep_0441"].get_preferences(timeout=PATIENCE))[0]

        self.assertEqual(on_loop(look()), "never")
        self.assertEqual(on_loop(bob.pages())[0], [])
        self.assertEqual([body for _, body in on_loop(alice.pages())[0]], ["off the record", "nor this"])

    def test_a_server_that_keeps_nothing_says_so(self):
        self.start("--max-offline-messages", 0, data=False)
        alice = self.client("alice", "phone")
        self.say(alice, f"bob@{DOMAIN}", "is anybody there?")
        answer = on_loop(alice.next_message())
        self.assertEqual((answer["type"], answer["error"]["condition"]), ("error", "service-unavailable"))

    def test_in_memory_it_waits_as_long_as_the_server_runs(self):
        self.start(data=False)
        alice = self.client("alice", "phone")
        self.say(alice, f"bob@{DOMAIN}", "come when you can")
        on_loop(alice["xep_0199"].ping(DOMAIN, timeout=PATIENCE))
        bob = self.client("bob", "laptop")
        self.assertEqual(on_loop(bob.next_message())["body"], "come when you can")


class MessagesOnTwoShards(Messages):
    threads = 2


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
