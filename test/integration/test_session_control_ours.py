#!/usr/bin/python3
"""Session control (etc/PROTOCOL.md, 9) at our own session manager: in front of it another Couplet, then what jadc2s would write."""

import tempfile
import threading
import unittest

from harness import DOMAIN, LINK_SECRET, PASSWORDS, Deployment, Server, main, secret_file
from scripted_manager import linked_c2s
from wire import Stream, body, stanza_error

NS = "http://jabberd.jabberstudio.org/ns/session/1.0"
SC = f"xmlns:sc='{NS}'"


def accounts(folder):
    return secret_file(folder, "users", "".join(f"{user}@{DOMAIN}:{secret}\n" for user, secret in PASSWORDS.items()))


class CoupletBehindCouplet(unittest.TestCase):
    def deploy(self, threads, *client, own_logins=True):
        folder = tempfile.TemporaryDirectory(prefix="couplet-control-")
        self.addCleanup(folder.cleanup)
        words = (*client, "--users", accounts(folder.name)) if own_logins else client
        deployment = Deployment("two+three", threads=threads, client=words, manager=("--max-offline-messages", 0))
        self.addCleanup(lambda: self.assertEqual(deployment.stop(), []))
        return deployment

    def converse(self, deployment):
        with Stream(deployment.address) as alice, Stream(deployment.address) as bob:
            alice.open("1.0")
            alice.receive()
            alice.sasl_plain("alice", PASSWORDS["alice"])
            alice.bind("")  # a resource that looks like the name of a session
            alice.available()
            bob.login("bob", "work", how="sasl").available()
            for n in range(20):
                alice.message("bob@localhost/work", f"to bob {n}")
                got = bob.receive_until(lambda e: e.tag.endswith("}message"))
                self.assertEqual((body(got), got.get("from"), [k for k in got.attrib if NS in k]), (f"to bob {n}", alice.jid, []))
                bob.message(alice.jid, f"to alice {n}")
                self.assertEqual(body(alice.receive_until(lambda e: e.tag.endswith("}message"))), f"to alice {n}")
            with Stream(deployment.address) as again:
                again.login("bob", "work", how="sasl").available()
                self.assertEqual(bob.wait_closed(), ("conflict", True))
                alice.message("bob@localhost/work", "to the new one")
                self.assertEqual(body(again.receive_until(lambda e: e.tag.endswith("}message"))), "to the new one")
            # It is gone: the manager knows.
            alice.message("bob@localhost/work", "to nobody")
            self.assertEqual(stanza_error(alice.receive_until(lambda e: e.tag.endswith("}message"))), "service-unavailable")

    def test_every_way(self):
        for threads in (1, 2):
            for protocol in ("auto", "route", "sc"):
                for own_logins in (True, False):
                    with self.subTest(threads=threads, protocol=protocol, own_logins=own_logins):
                        self.converse(self.deploy(threads, "--sm-protocol", protocol, own_logins=own_logins))

    def test_what_a_client_did_not_take_goes_to_another_one(self):
        deployment = self.deploy(2, "--max-outbox-bytes", str(3 << 20))  # the other one is to be no slow consumer itself
        with Stream(deployment.address) as alice, Stream(deployment.address) as other:
            alice.login("alice", "home", how="sasl").available()
            other.login("bob", "other", how="sasl").available()
            deaf = Stream(deployment.address, receive_buffer=4096)
            self.addCleanup(deaf.close)
            deaf.login("bob", "deaf", how="sasl").available()
            many = 800

            def speak():
                for n in range(many):
                    alice.message("bob@localhost/deaf", "x" * 10_000, identifier=str(n))

            speaker = threading.Thread(target=speak)
            speaker.start()
            self.addCleanup(speaker.join)
            numbers = []
            while not numbers or sorted(numbers) != list(range(min(numbers), many)):
                got = other.receive_until(lambda e: e.tag.endswith("}message"))
                self.assertEqual(got.get("to"), "bob@localhost/deaf")
                numbers.append(int(got.get("id")))
            self.assertGreater(min(numbers), 0)


class AsJadc2sSeesIt(unittest.TestCase):
    """Our own manager, byte for byte where jadc2s compares literally."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-control-")
        self.addCleanup(folder.cleanup)
        self.server = Server("--domain", DOMAIN, "--threads", "2", "--no-clients", "--users", accounts(folder.name),
                             "--c2s", f"jadc2s:{LINK_SECRET}", "--listen-components", "127.0.0.1:0")  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), []))
        self.link = linked_c2s(self.server.address("component"), "jadc2s")
        self.addCleanup(self.link.close)

    def ask(self, text):
        self.link.send(text)
        return self.link.receive_bytes().decode()

    def start(self, number, jid):
        answer = self.ask(f"<route from='{number}@jadc2s' to='localhost'><sc:session {SC} action='start' target='{jid}' "
                          f"sc:c2s='{number}' id='0'/></route>")  # fmt: skip
        name = self.link.splitter.parse(answer.encode())[0].get(f"{{{NS}}}sm")
        self.assertEqual(answer, f"<route from='localhost' to='{number}@jadc2s'><sc:session {SC} action='started' target='{jid}' "
                                 f"sc:c2s='{number}' id='0' sc:sm='{name}'/></route>")  # fmt: skip
        return name

    def test_a_session(self):
        alice = self.start(7, "alice@localhost/home")
        bob = self.start(8, "bob@localhost/work")
        self.assertEqual(
            self.ask(f"<route from='7@jadc2s' to='localhost'><message {SC} sc:sm='{alice}' sc:c2s='7' to='bob@localhost/work'/></route>"),
            f"<route from='localhost' to='8@jadc2s'><message {SC} sc:c2s='8' sc:sm='{bob}' from='alice@localhost/home' "
            "to='bob@localhost/work'/></route>")  # fmt: skip
        ended = f"<route from='localhost' to='8@jadc2s'><sc:session {SC} action='ended' sc:c2s='8' sc:sm='{bob}'/></route>"
        self.assertEqual(self.ask(f"<route from='8@jadc2s' to='localhost'><sc:session {SC} action='end' sc:sm='{bob}' sc:c2s='8'/></route>"),
                         ended)  # fmt: skip
        again = self.start(9, "alice@localhost/home")
        self.assertNotEqual(again, alice)
        self.assertEqual(self.link.receive_bytes().decode(),
                         f"<route from='localhost' to='7@jadc2s'><sc:session {SC} action='ended' sc:c2s='7' sc:sm='{alice}'/></route>")
        self.assertIn("failed='Session Failed'", self.ask(f"<route from='1@jadc2s' to='localhost'><sc:session {SC} action='start' "
                                                          "target='nobody@localhost/x' sc:c2s='1' id='0'/></route>"))  # fmt: skip


if __name__ == "__main__":
    main()
