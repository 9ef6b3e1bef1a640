#!/usr/bin/python3
"""Very many sessions at one session manager, over a few links of connection managers.

COUPLET_SESSIONS: how many; default 200,000."""

import os
import re
import tempfile
import threading
import unittest

from harness import DOMAIN, LINK_SECRET, Server, main, sanitized, secret_file
from scripted_manager import linked_c2s

LINKS = 4
SESSIONS = int(os.environ.get("COUPLET_SESSIONS", "8000" if sanitized() else "200000"))
PER_LINK = SESSIONS // LINKS
RESOURCES = 10  # of each account
STARTED = re.compile(rb"from='([^']+)' to='(\d+)@c2s\d' type='session'")


class ManySessions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-many-")
        self.addCleanup(folder.cleanup)
        users = "".join(f"user{n}@{DOMAIN}:secret\n" for n in range(LINKS * PER_LINK // RESOURCES))
        names = [word for n in range(LINKS) for word in ("--c2s", f"c2s{n}:{LINK_SECRET}")]
        self.server = Server("--domain", DOMAIN, "--threads", "2", "--no-clients", *names, "--listen-components", "127.0.0.1:0",
                             "--users", secret_file(folder.name, "users", users))  # fmt: skip
        self.addCleanup(self.server.forget)
        self.links = []
        for n in range(LINKS):
            self.links.append(linked_c2s(self.server.address("component"), f"c2s{n}"))
            self.addCleanup(self.links[-1].close)

    def memory(self):
        """What the process holds for itself, in bytes."""
        with open(f"/proc/{self.server.process.pid}/smaps_rollup", encoding="ascii") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_Dirty:"))

    def jid(self, link, n):
        user, resource = divmod(link * PER_LINK + n, RESOURCES)
        return f"user{user}@{DOMAIN}/r{resource}"

    def start_all_of(self, number):
        """Asks for all sessions of a link while the answers are read; their addresses, by client."""
        link, addresses = self.links[number], {}

        def listen():
            while len(addresses) < PER_LINK:
                found = STARTED.search(link.receive_bytes())
                addresses[int(found[2])] = found[1].decode()

        listener = threading.Thread(target=listen)
        listener.start()
        routes = [f"<route type='session' from='{n}@c2s{number}' to='{self.jid(number, n)}'/>" for n in range(PER_LINK)]
        for at in range(0, PER_LINK, 500):
            link.send("".join(routes[at : at + 500]))
        listener.join()
        return addresses

    def test_many(self):
        before = self.memory()
        sessions = [self.start_all_of(number) for number in range(LINKS)]
        self.assertEqual(sum(len(s) for s in sessions), LINKS * PER_LINK)
        self.assertEqual(len({a for s in sessions for a in s.values()}), LINKS * PER_LINK)
        held = (self.memory() - before) // (LINKS * PER_LINK)
        print(f"{held} bytes a session", flush=True)
        if not sanitized():
            self.assertLess(held, 512)
        # From the first one of the first link to the last one of the last.
        last = self.jid(LINKS - 1, PER_LINK - 1)
        self.links[0].send(f"<route from='0@c2s0' to='{sessions[0][0]}'><message to='{last}' id='m'/></route>")
        given = self.links[-1].receive()
        self.assertEqual((given.get("to"), given[0].get("from"), given[0].get("to")), (f"{PER_LINK - 1}@c2s{LINKS - 1}", self.jid(0, 0), last))
        # A link that closes takes its sessions along, and nobody else's.
        self.links[-1].send("</stream:stream>")
        self.server.wait_log(f'component gone name="c2s{LINKS - 1}"')
        self.links[0].send(f"<route from='0@c2s0' to='{sessions[0][0]}'><message to='{last}' id='n' type='headline'/></route>"
                           f"<route from='0@c2s0' to='{sessions[0][0]}'><message to='{self.jid(1, 0)}' id='o'/></route>")  # fmt: skip
        self.assertEqual(self.links[1].receive()[0].get("id"), "o")
        self.assertEqual(self.server.stop(), [])


if __name__ == "__main__":
    main()
