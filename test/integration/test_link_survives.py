#!/usr/bin/python3
"""The link between two Couplets, cut, delayed, half closed and reset under load; and the session manager killed under load. No client is
disconnected, and each message arrives once, in order, or comes back as an error.

COUPLET_CHAOS_SECONDS: how long the link suffers; default 30. COUPLET_KILLS: how often the manager is killed; default 15."""

import asyncio
import os
import random
import resource
import signal
import socket
import struct
import tempfile
import unittest

from harness import DOMAIN, LINK_SECRET, LOOPBACK, SM_ID, main, sanitized, secret_file
from link_load import Load, Remembered
from wire import Stream, stanza_error

CHAOS_SECONDS = float(os.environ.get("COUPLET_CHAOS_SECONDS", "30"))
KILLS = int(os.environ.get("COUPLET_KILLS", "15"))
USERS = {f"user{n}": f"pw-{n}-4e1f" for n in range(12)}


class Chaos:
    """A byte relay between the two that does not treat them well."""

    def __init__(self, target, dice):
        self.target, self.dice = target, dice
        self.pairs = set()
        self.done = {"cut": 0, "reset": 0, "half closed": 0, "delayed": 0, "frozen": 0, "dropped": 0}
        self.hold = asyncio.Event()
        self.hold.set()

    async def start(self):
        self.server = await asyncio.start_server(self.relay, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()

    async def relay(self, reader, writer):
        try:
            back_reader, back_writer = await asyncio.open_connection(*self.target)
        except ConnectionError:
            writer.close()
            return
        pair = (writer, back_writer)
        self.pairs.add(pair)
        await asyncio.gather(self.pump(reader, back_writer), self.pump(back_reader, writer))
        for w in pair:
            w.close()
        self.pairs.discard(pair)

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(4096):
                await self.hold.wait()
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (ConnectionError, OSError, RuntimeError):
            writer.close()

    async def suffer(self, seconds):
        """Everything of it, in an order of chance, again and again."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        to_come = []
        while loop.time() < end:
            await asyncio.sleep(self.dice.uniform(0.05, 1.2))
            if not self.pairs:
                continue
            to_come = to_come or self.dice.sample(list(self.done), len(self.done))
            what = to_come.pop()
            self.done[what] += 1
            if what in ("delayed", "frozen"):
                self.hold.clear()
                await asyncio.sleep(self.dice.uniform(0.05, 0.5) if what == "delayed" else self.dice.uniform(1, 3))
                if what == "delayed":
                    self.hold.set()
                    continue
            for pair in list(self.pairs):
                self.hurt(pair, what)
            self.hold.set()

    def hurt(self, pair, what):
        one = self.dice.choice(pair)
        if what == "half closed":
            if one.can_write_eof() and not one.transport.is_closing():
                one.write_eof()
            return
        for writer in pair:
            sock = writer.get_extra_info("socket")
            if what == "reset" and sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # What was read of one side and not yet written to the other is lost on the way.
            if what in ("reset", "frozen", "dropped"):
                writer.transport.abort()
            else:
                writer.close()


class LinkSurvives(unittest.TestCase):
    def setUp(self):
        self.servers = []
        folder = tempfile.TemporaryDirectory(prefix="couplet-link-")
        self.addCleanup(folder.cleanup)
        self.link = secret_file(folder.name, "link", LINK_SECRET)
        self.users = secret_file(folder.name, "users", "".join(f"{u}@{DOMAIN}:{p}\n" for u, p in USERS.items()))

    def manager(self, port=0, threads=2):
        server = Remembered("--domain", DOMAIN, "--threads", threads, "--no-clients", "--c2s", f"{SM_ID}:@{self.link}", "--listen-components",
                        f"127.0.0.1:{port}", "--users", self.users, "--max-offline-messages", 0, "--log-level", "debug")  # fmt: skip
        self.addCleanup(server.forget)
        self.servers.append(server)
        return server

    def front(self, address, *more, threads=2, wait=True, limits=None):
        host, port = address
        server = Remembered(*LOOPBACK, "--domain", DOMAIN, "--threads", threads, "--sm", f"{host}:{port}", "--sm-id", SM_ID, "--sm-secret",
                        f"@{self.link}", "--log-level", "debug", *more, wait=wait, limits=limits)  # fmt: skip
        self.addCleanup(server.forget)
        self.servers.append(server)
        return server

    def check(self, load):
        load.check(self, self.servers)
        # Most of the time there is a link: what came back is the exception.
        arrived = sum(len(c.delivered) for c in load.clients)
        self.assertGreater(arrived, sum(c.sent for c in load.clients) / 2)
        self.assertGreater(arrived, 1000 if not sanitized() else 10)

    def test_chaos_on_the_link(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        manager = self.manager()

        async def play():
            chaos = Chaos(manager.address("component"), random.Random(seed))
            front = self.front(await chaos.start(), wait=False)
            while not os.path.exists(front.ready_path):
                await asyncio.sleep(0.02)  # its link goes through this loop
            front.wait_ready()
            load = Load(USERS, DOMAIN)
            await load.log_in(front.address())
            stop = asyncio.Event()
            speaking = asyncio.create_task(load.speak(stop))
            await chaos.suffer(CHAOS_SECONDS)
            stop.set()
            await speaking
            await load.settle()
            print(chaos.done, flush=True)
            if CHAOS_SECONDS >= 30:
                self.assertGreater(min(chaos.done.values()), 0)
            self.check(load)
            await load.hang_up()
            chaos.server.close()
            return front

        front = asyncio.run(play())
        self.assertIn("is back", manager.log())
        self.assertEqual(front.stop(), [])
        self.assertEqual(manager.stop(), [])

    def test_the_manager_is_killed_again_and_again(self):
        manager = self.manager()
        address = manager.address("component")

        async def play():
            nonlocal manager
            front = self.front(address, "--sm-protocol", "auto")
            load = Load(USERS, DOMAIN)
            await load.log_in(front.address())
            stop = asyncio.Event()
            speaking = asyncio.create_task(load.speak(stop))
            for _ in range(KILLS if not sanitized() else 3):
                await asyncio.sleep(random.uniform(0.2, 0.6))
                manager.kill()
                manager.forget()
                manager = self.manager(address[1])  # not on a thread: it would die with that
                seen = front.log().count("linked to the session manager")
                for _ in range(200):
                    if front.log().count("linked to the session manager") > seen:
                        break
                    await asyncio.sleep(0.02)
            stop.set()
            await speaking
            await load.settle()
            self.check(load)
            await load.hang_up()
            return front

        front = asyncio.run(play())
        self.assertEqual(front.stop(), [])
        self.assertEqual(manager.stop(), [])

    def test_without_the_manager_for_too_long_clients_are_told(self):
        manager = self.manager()
        front = self.front(manager.address("component"), "--sm-grace", 1)
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"]).available()
            manager.kill()
            front.wait_log("is away")
            with Stream(front.address()) as other:  # nobody new
                other.open("1.0")
                self.assertEqual(other.wait_closed()[0], "remote-connection-failed")
            one.message("user1@localhost", "too late")
            self.assertEqual(one.wait_closed()[0], "remote-connection-failed")
        self.assertEqual(front.stop(), [])

    def test_a_client_that_leaves_meanwhile_is_gone_at_the_manager(self):
        manager = self.manager()
        address = manager.address("component")
        front = self.front(address)
        with Stream(front.address()) as stays:
            stays.login("user0", "home", password=USERS["user0"]).available()
            leaves = Stream(front.address())
            leaves.login("user1", "home", password=USERS["user1"]).available()
            manager.kill()
            manager.forget()
            front.wait_log("is away")
            leaves.close()
            manager = self.manager(address[1])
            front.wait_log_like(r"(?s)is away.*linked to the session manager")
            stays.message("user1@localhost/home", "nobody is there")
            self.assertEqual(stanza_error(stays.receive_until(lambda e: e.tag.endswith("}message"))), "service-unavailable")
            with Stream(front.address()) as again:
                again.login("user1", "home", password=USERS["user1"]).available()
                stays.message("user1@localhost/home", "here I am")
                again.receive_until(lambda e: e.tag.endswith("}message"))
        self.assertEqual(front.stop(), [])
        self.assertEqual(manager.stop(), [])

    def test_what_somebody_said_who_is_gone_arrives_and_then_everybody_hears_that(self):
        """Killed, so that it has handled nothing: what is said to it while it stands still is in its socket, and in the c2s' memory."""
        for protocol, waits in (("route", False), ("sc", False), ("route", True)):
            with self.subTest(protocol=protocol, waits=waits):
                manager = self.manager()
                address = manager.address("component")
                front = self.front(address, "--sm-protocol", protocol)
                full = f"user1@{DOMAIN}/home"
                with Stream(front.address()) as hears, Stream(front.address()) as sees:
                    hears.login("user0", "home", password=USERS["user0"]).available()
                    sees.login("user1", "other", password=USERS["user1"]).available()
                    leaves = Stream(front.address())
                    leaves.login("user1", "home", password=USERS["user1"]).available()
                    sees.receive_until(lambda e: e.get("from") == full)
                    manager.signal(signal.SIGSTOP)
                    for n in range(3):
                        leaves.message(f"user0@{DOMAIN}/home", f"word {n}")
                    leaves.wait_until_read()
                    if not waits:  # it is seen to leave before the manager is
                        leaves.close()
                        front.wait_log_like(r"client gone[^\n]*user1@")
                    manager.kill()
                    front.wait_log("is away")
                    leaves.close()
                    manager.forget()
                    manager = self.manager(address[1])
                    front.wait_log_like(r"(?s)is away.*linked to the session manager")
                    with Stream(front.address()) as again:
                        again.login("user1", "home", password=USERS["user1"]).message(f"user0@{DOMAIN}/home", "I am back")
                        said = [hears.receive_until(lambda e: e.tag.endswith("}message")) for _ in range(4)]
                        self.assertEqual([m.findtext("{jabber:client}body") for m in said], ["word 0", "word 1", "word 2", "I am back"])
                        self.assertEqual({m.get("from") for m in said}, {full})
                        sees.receive_until(lambda e: e.get("from") == full and e.get("type") == "unavailable")
                        self.assertEqual(again.ping().get("type"), "result")
                self.assertEqual(front.stop(), [])
                self.assertEqual(manager.stop(), [])

    def test_a_manager_that_was_started_anew_knows_who_wants_carbons_and_changes_of_the_roster(self):
        for protocol in ("route", "sc"):
            with self.subTest(protocol=protocol):
                manager = self.manager()
                address = manager.address("component")
                front = self.front(address, "--sm-protocol", protocol)
                with Stream(front.address()) as one, Stream(front.address()) as second, Stream(front.address()) as friend:
                    one.login("user0", "one", password=USERS["user0"])
                    one.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
                    self.assertEqual(one.receive_id("r").get("type"), "result")
                    one.send("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>")
                    self.assertEqual(one.receive_id("c").get("type"), "result")
                    one.available()
                    second.login("user0", "second", password=USERS["user0"]).available()
                    friend.login("user1", "home", password=USERS["user1"]).available()
                    manager.kill()
                    manager.forget()
                    manager = self.manager(address[1])
                    front.wait_log_like(r"(?s)is away.*linked to the session manager")
                    for stream in (one, second, friend):
                        self.assertEqual(stream.ping().get("type"), "result")
                    friend.message("user0@localhost/second", "once more")
                    copy = one.receive_until(lambda e: e.tag != "{jabber:client}presence")  # and not a word of what was asked again
                    self.assertIsNotNone(copy.find("{urn:xmpp:carbons:2}received"))
                    second.send("<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='new@example.org'/></query></iq>")
                    push = one.receive_until(lambda e: e.tag != "{jabber:client}presence")
                    self.assertEqual(push.find("{jabber:iq:roster}query/{jabber:iq:roster}item").get("jid"), "new@example.org")
                self.assertEqual(front.stop(), [])
                self.assertEqual(manager.stop(), [])

    def test_security_44_no_file_descriptor_is_left_for_the_link(self):
        """It says so, goes on trying, and harms nobody: who has a session has it when there is one again."""
        manager = self.manager()
        address = manager.address("component")
        front = self.front(address, threads=1)
        with Stream(front.address()) as stays:
            stays.login("user0", "home", password=USERS["user0"]).available()
            _, most = resource.prlimit(front.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(front.process.pid, resource.RLIMIT_NOFILE, (0, most))  # those that are open stay open
            manager.kill()
            manager.forget()
            manager = self.manager(address[1])
            front.wait_log_like(r"(?s)is away.*no connection to the session manager[^\n]*(?i:too many open files)")
            resource.prlimit(front.process.pid, resource.RLIMIT_NOFILE, (most, most))
            front.wait_log_like(r"(?s)is away.*linked to the session manager")
            self.assertEqual(stays.ping().get("type"), "result")
        self.assertEqual(front.stop(), [])
        self.assertEqual(manager.stop(), [])


if __name__ == "__main__":
    main()
