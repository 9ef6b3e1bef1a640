#!/usr/bin/python3
"""The operator's side when the server stops: signals, who is told, and what becomes of that which is under way."""

import contextlib
import signal
import socket
import tempfile
import threading
import time
import unittest

from harness import DOMAIN, LINK_SECRET, LOOPBACK, PASSWORDS, PATIENCE, SM_ID, Deployment, Server, in_every_role, main, secret_file, wait_until
from scripted_manager import ScriptedManager
from wire import Closed, Stream, stream_error


class Stops(unittest.TestCase):
    def test_sigterm_and_sigint_end_with_0_and_every_client_is_told(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            system = Deployment(threads=2)
            streams = [Stream(system.address).login(user, str(n)) for n, user in enumerate(["alice", "bob", "carol"] * 5)]
            unauthenticated = Stream(system.address)
            unauthenticated.open()
            system.front.signal(number)
            for stream in [*streams, unauthenticated]:
                self.assertEqual(stream.wait_closed(), ("system-shutdown", True))
                stream.close()
            self.assertEqual(system.front.wait(), 0)
            self.assertEqual(system.stop(), [])

    def test_nobody_can_connect_after_sigterm(self):
        system = Deployment()
        address = system.address
        slow = Stream(address).login("alice")
        system.front.signal()
        wait_until(lambda: not can_connect(address), "the port is closed")
        slow.wait_closed()
        slow.close()
        self.assertEqual(system.front.wait(), 0)  # by itself: another signal, when all is over, would kill it
        self.assertEqual(system.stop(), [])

    def test_peer_that_does_not_close_is_not_waited_for_for_ever(self):
        system = Deployment(client=("--shutdown-timeout", "1"))
        stuck = Stream(system.address, receive_buffer=4096).login("alice", "stuck").available()
        sender = Stream(system.address).login("bob")
        for n in range(20):
            sender.message(stuck.jid, "x" * 100_000, str(n))
        sender.ping()
        system.front.signal()
        before = time.monotonic()
        self.assertEqual(system.front.wait(), 0)
        self.assertLess(time.monotonic() - before, 10)
        stuck.close()
        sender.close()
        self.assertEqual(system.stop(), [])

    def test_second_sigterm_stops_at_once(self):
        system = Deployment(client=("--shutdown-timeout", "60"))
        stuck = Stream(system.address, receive_buffer=4096).login("alice", "stuck").available()
        sender = Stream(system.address).login("bob")
        for n in range(20):
            sender.message(stuck.jid, "x" * 100_000, str(n))
        sender.ping()
        system.front.signal()
        wait_until(lambda: not can_connect(system.address), "it drains")
        self.assertIsNone(system.front.process.poll())
        before = time.monotonic()
        system.front.signal()
        system.front.wait()
        self.assertLess(time.monotonic() - before, 5)
        stuck.close()
        sender.close()
        system.stop()

    def test_c2s_says_goodbye_when_its_manager_goes(self):
        system = Deployment("two+three", client=("--sm-grace", "0"))
        stream = Stream(system.address).login("alice").available()
        system.back.signal()
        self.assertEqual(system.back.wait(), 0)
        self.assertEqual(stream.wait_closed(), ("remote-connection-failed", True))
        stream.close()
        self.assertEqual(system.stop(), [])


class BehindAManager(unittest.TestCase):
    def test_what_a_client_did_not_take_goes_back_to_the_manager(self):
        # More than the kernel takes for a reader that does not read (4 MiB at most on common systems).
        total, session = 6_000, f"alice@{DOMAIN}/5e55"
        manager = ScriptedManager()
        with tempfile.TemporaryDirectory(prefix="couplet-operator-") as folder:
            secret = secret_file(folder, "secret", LINK_SECRET)
            server = Server("--domain", DOMAIN, *LOOPBACK, "--sm", f"127.0.0.1:{manager.port}", "--sm-id", SM_ID, "--sm-secret", f"@{secret}",
                            "--max-outbox-bytes", "0", "--shutdown-timeout", "1", wait=False)  # fmt: skip
            link = manager.accept()
            server.wait_ready()
            server.wait_log("linked to the session manager")
            stuck = Stream(server.address(), receive_buffer=4096)
            client = manager_opens_session(link, stuck, session)
            for n in range(total):
                link.send(f"<route from='{session}' to='{client}'><message id='m{n}'><body>{'x' * 1000}</body></message></route>")
            server.signal()
            bounced = returned_messages(link)
            self.assertEqual(server.wait(), 0)
            given = readable_messages(stuck)
            sent = [f"m{n}" for n in range(total)]
            self.assertGreater(len(bounced), 1_000)
            # Each exactly once, and none before one that was sent earlier.
            self.assertEqual(given + bounced, sent)
            for connection in (stuck, link, manager):
                connection.close()
            self.assertEqual(server.stop(), [])


def manager_opens_session(link, stream, session):
    """Says the manager's part of a login; answers with the client's id on the link."""
    stream.open()
    stream.send(stream.auth_iq("alice", "r", PASSWORDS["alice"]))
    asked = link.receive()
    client = asked.get("from")
    link.send(f"<route from='{asked.get('to')}' to='{client}' type='auth'><iq type='result' id='{asked[0].get('id')}'/></route>")
    link.receive()
    link.send(f"<route from='{session}' to='{client}' type='session'/>")
    answer = stream.receive_id("auth")
    if answer.get("type") != "result":
        raise AssertionError("the login failed")
    return client


def returned_messages(link):
    """Reads the link to its end; the ids of the messages in routes of type error."""
    found = []
    try:
        while True:
            route = link.receive()
            if route.get("type") == "error":
                found += [stanza.get("id") for stanza in route if stanza.tag.endswith("}message")]
    except Closed:
        return found


def readable_messages(stream):
    found = []
    with contextlib.suppress(Closed):
        while True:
            element = stream.receive()
            if element.tag.endswith("}message"):
                found.append(element.get("id"))
    return found


@in_every_role
class StopsUnderLoad(unittest.TestCase):
    role = "one"
    threads = 1

    def test_nothing_that_was_acknowledged_is_lost(self):
        """Senders write bursts, each followed by a ping to the server: what was sent before an answered ping is taken. It must
        have reached its receiver, or have come back, before everybody is told to go."""
        # The receivers are slow, being Python: they are given the memory and the time that they need.
        patient = ("--max-outbox-bytes", "0", "--shutdown-timeout", "30")
        system = Deployment(self.role, self.threads, client=patient, **({"manager": patient} if self.role != "one" else {}))
        pairs = []
        for n in range(4):
            receiver = Stream(system.address).login("bob", f"to{n}").available()
            sender = Stream(system.address).login("alice", f"from{n}").available()
            pairs.append((sender, receiver))
        counts = [0] * len(pairs)  # answered pings
        results = [None] * len(pairs)

        def collect(stream, into):
            """Reads to the end; ids of messages, bounced ones and answered pings."""
            try:
                while True:
                    element = stream.receive()
                    kind = element.tag.split("}")[1]
                    if kind == "message":
                        into["bounced" if element.get("type") == "error" else "messages"].append(element.get("id"))
                    elif kind == "iq":
                        into["pings"].append(element.get("id"))
                        counts[into["index"]] = len(into["pings"])
                    into["error"] = stream_error(element) or into["error"]
            except (Closed, OSError):
                # As a client does that is told to go; whoever still writes notices.
                with contextlib.suppress(OSError):
                    stream.socket.shutdown(socket.SHUT_RDWR)

        def drive(index):
            sender, receiver = pairs[index]
            sent = {"index": index, "messages": [], "bounced": [], "pings": [], "error": None}
            got = {"index": index, "messages": [], "bounced": [], "pings": [], "error": None}
            readers = [threading.Thread(target=collect, args=(sender, sent)), threading.Thread(target=collect, args=(receiver, got))]
            for reader in readers:
                reader.start()
            burst = 0
            while readers[0].is_alive():
                # A backlog of minutes would only tell how fast this receiver reads: it may be half a thousand messages behind.
                if burst * 20 - len(got["messages"]) > 500 and readers[1].is_alive():
                    time.sleep(0.001)
                    continue
                texts = [f"<message to='{receiver.jid}' id='{burst}.{n}' type='chat'><body>x</body></message>" for n in range(20)]
                texts.append(f"<iq type='get' id='{burst}' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>")
                if not sender.try_send("".join(texts)):
                    break
                burst += 1
            for reader in readers:
                reader.join()
            results[index] = (sent, got)

        drivers = [threading.Thread(target=drive, args=(index,)) for index in range(len(pairs))]
        for driver in drivers:
            driver.start()
        wait_until(lambda: min(counts) > 30, "the load runs")
        system.front.signal()
        for driver in drivers:
            driver.join()
        self.assertEqual(system.front.wait(), 0)
        for sent, got in results:
            acknowledged = {f"{burst}.{n}" for burst in sent["pings"] for n in range(20)}
            lost = sorted(acknowledged - set(got["messages"]) - set(sent["bounced"]))
            self.assertGreater(len(acknowledged), 0)
            self.assertEqual(len(got["messages"]), len(set(got["messages"])), "something came twice")
            self.assertEqual((sent["error"], got["error"], len(lost)), ("system-shutdown", "system-shutdown", 0), f"lost: {lost[:10]}")
        for pair in pairs:
            for stream in pair:
                stream.close()
        self.assertEqual(system.stop(), [])


def can_connect(address):
    try:
        with socket.create_connection(address, PATIENCE):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
