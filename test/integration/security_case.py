"""What the tests of known attacks share. Their numbers are those of a list of attacks that the names of unit tests use as well
("SECURITY n: ...")."""

import resource
import unittest

from harness import Deployment, sanitized
from wire import Stream

NO_RATE = ("--max-connects-per-ip", "0/1")
SLOW = sanitized()  # the program, by a factor


class Case(unittest.TestCase):
    """Each test has a server of its own, and a client that must be served at the end as in the beginning."""

    def start(self, *client, threads=1, **rest):
        rate = () if NO_RATE[0] in client else NO_RATE
        self.system = Deployment(threads=threads, client=(*rate, *client), **rest)
        self.server = self.system.front
        self.streams = []
        self.addCleanup(self.finish)
        self.witness = self.stream().login("carol", "witness").available()

    def needs_connections(self, number):
        """Before start(), which raises the limit as far as it goes. Both ends of a connection are in processes of their own."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY and most < number + 200:
            self.skipTest(f"{number} connections need {number + 200} file descriptors; the hard limit is {most}")

    def finish(self):
        try:
            self.assertEqual(self.witness.ping().get("type"), "result")
        finally:
            for stream in self.streams:
                stream.close()
            self.assertEqual(self.system.stop(), [])

    def stream(self, **rest):
        self.streams.append(Stream(self.system.address, **rest))
        return self.streams[-1]

    def assert_memory(self, before, after, most_kib=1024):
        """5 % more, or `most_kib`, whichever is larger. A sanitizer keeps what was freed: it has no say here."""
        if not SLOW:
            self.assertLessEqual(after, max(before * 1.05, before + most_kib), f"{before} KiB before, {after} KiB after")
