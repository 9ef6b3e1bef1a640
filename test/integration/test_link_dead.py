#!/usr/bin/python3
"""A link that is dead but open: the manager's process is stuck, and its kernel goes on acknowledging what it is sent."""

import base64
import signal
import tempfile
import time
import unittest

from harness import DOMAIN, LINK_SECRET, PASSWORDS, SM_ID, Deployment, Server, main, secret_file, wait_until
from scripted_manager import ScriptedManager
from wire import SASL, Stream

LONGEST = 60  # seconds: two keepalives of 15, and up to one more until the next one is due


def is_noticed(front):
    wait_until(lambda: 'the link to the session manager ended' in front.log(), "it is noticed that the manager is stuck", LONGEST)
    return 'reason="idle_timeout"' in front.log() and "the session manager is away" in front.log()


class DeadLink(unittest.TestCase):
    """Both at once, since each takes its time."""

    def stuck_couplet(self):
        """It counts what it gets, and is asked how much that is."""
        system = Deployment("two")
        self.addCleanup(lambda: self.assertEqual(system.stop(), []))
        alice = self.enterContext(Stream(system.address))
        alice.login("alice", "r").available()
        system.back.signal(signal.SIGSTOP)
        self.addCleanup(lambda: system.back.signal(signal.SIGCONT))
        return system, alice

    def stuck_other_manager(self):
        """It does not count, and answers nothing from the first login on."""
        manager = ScriptedManager()
        self.addCleanup(manager.close)
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="couplet-dead-"))
        secret = secret_file(folder, "secret", LINK_SECRET)
        front = Server("--domain", DOMAIN, "--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{manager.port}", "--sm-id", SM_ID,
                       "--sm-secret", f"@{secret}", wait=False)  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(front.stop(), []))
        link = manager.accept()
        self.addCleanup(link.close)
        front.wait_ready()
        return manager, front, link

    def begin_login(self, front):
        bob = self.enterContext(Stream(front.address()))
        bob.open("1.0")
        bob.receive()
        token = base64.b64encode(f"\0bob\0{PASSWORDS['bob']}".encode()).decode()
        bob.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>")
        return bob

    def test_it_is_noticed(self):
        system, alice = self.stuck_couplet()
        manager, front, link = self.stuck_other_manager()
        bob = self.begin_login(front)
        self.assertEqual(link.receive().get("type"), "auth")
        asked = time.monotonic()
        self.assertEqual(bob.receive()[0].tag, f"{{{SASL}}}temporary-auth-failure")

        self.assertTrue(is_noticed(front))
        self.assertGreater(time.monotonic() - asked, 29)
        again = manager.accept()
        self.addCleanup(again.close)
        self.begin_login(front)
        self.assertEqual(again.receive().get("type"), "auth")

        # Whoever was logged in has noticed nothing.
        self.assertTrue(is_noticed(system.front))
        system.back.signal(signal.SIGCONT)
        self.assertEqual(alice.ping().get("type"), "result")


if __name__ == "__main__":
    main()
