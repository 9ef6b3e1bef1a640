#!/usr/bin/python3
"""TLS connections that have been open for a while: new certificates under them, and a client that wants to renegotiate."""

import os
import shutil
import signal
import ssl
import tempfile
import unittest

from harness import DOMAIN, PASSWORDS, Deployment, main, wait_until
from tls_client import TlsStream, client_context, make_certificate
from tool import Tool
from wire import CLIENT, STREAMS, Stream

MANY = 200
CROWD = {f"user{n}": f"pw-{n}-41d0" for n in range(20)}  # an account has a limited number of sessions
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class Running(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-tls-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.files = make_certificate(self.folder, "server")
        self.system = Deployment(threads=2, users={**PASSWORDS, **CROWD},
                                 client=("--listen-tls", "127.0.0.1:0", "--tls-cert", self.files[0], "--tls-key", self.files[1]))  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(self.system.stop(), []))
        self.server = self.system.front
        self.tls = self.server.address("client-tls")
        # A session belongs to the context that it was made with.
        self.contexts = {version: client_context(maximum_version=version) for version in VERSIONS}

    def connect(self, version=ssl.TLSVersion.TLSv1_3, session=None):
        stream = TlsStream(self.tls, self.contexts[version], direct=True, session=session)
        self.addCleanup(stream.close)
        return stream

    def session_of(self, version):
        """What a connection of that version can be resumed with."""
        stream = self.connect(version).login("carol", how="sasl")  # TLS 1.3 sends it after the handshake
        self.assertFalse(stream.socket.session_reused)
        return stream.socket.session

    def one_of_many(self, number):
        user = f"user{number // 2 % len(CROWD)}"
        return self.connect(VERSIONS[number % 2]).login(user, f"r{number}", CROWD[user], how="sasl")

    def renew(self):
        """New files and a SIGHUP; waits until a new connection sees them, and answers with the certificate."""
        before = self.connect().certificate()
        make_certificate(self.folder, "server")
        self.server.signal(signal.SIGHUP)

        def renewed():
            with TlsStream(self.tls, self.contexts[VERSIONS[0]], direct=True) as fresh:
                return fresh.certificate() != before and fresh.certificate()

        return wait_until(renewed, "new connections see the new certificate")

    def test_certificates_are_renewed_under_200_clients(self):
        sessions = {version: self.session_of(version) for version in VERSIONS}
        clients = [self.one_of_many(n) for n in range(MANY)]
        old = clients[0].certificate()
        new = self.renew()
        self.assertNotEqual(old, new)
        # Nobody was dropped, and their keys still work in both directions.
        for number, client in enumerate(clients):
            self.assertEqual(client.ping().get("type"), "result", number)
            self.assertEqual(client.certificate(), old)
        self.assertNotRegex(self.server.log(), "client gone .*jid=\"user")
        # Tickets of before the change are still taken, and so are those of after it.
        for version in VERSIONS:
            for session in (sessions[version], self.session_of(version)):
                again = self.connect(version, session)
                self.assertEqual(again.login("carol", "again", how="sasl").ping().get("type"), "result")
                self.assertTrue(again.socket.session_reused, version)
                again.close()
        self.assertEqual(self.connect().certificate(), new)

    def test_a_bad_file_at_renewal_harms_nobody(self):
        client = self.connect().login("alice", how="sasl")
        new = self.renew()
        os.truncate(self.files[1], 0)
        self.server.signal(signal.SIGHUP)
        self.server.wait_log("the old one stays")
        self.assertEqual(self.connect().certificate(), new)
        self.assertEqual(client.ping().get("type"), "result")

    def test_security_09_renegotiation_ends_the_connection_that_asked(self):
        witnesses = [self.connect(version).login("bob", f"witness{version}", how="sasl") for version in VERSIONS]
        ended = 'client gone reason="tls_failed" why="an attempt to renegotiate"'
        header = f"<stream:stream xmlns='{CLIENT}' xmlns:stream='{STREAMS}' to='{DOMAIN}' version='1.0'>\n"
        for number, first in enumerate(("", header), 1):
            with Tool("openssl", "s_client", "-connect", "%s:%s" % self.tls, "-tls1_2") as client:
                if first:
                    client.write(first)
                    client.wait_said("</stream:features>")
                client.write("R\n")  # the first letter of what it reads, or it is data
                said = client.wait()
            # It asked, got a fatal alert for an answer, and ended by itself.
            asked, _, then = said.partition("RENEGOTIATING\n")
            self.assertTrue(asked and then, said)
            self.assertRegex(then, "alert unexpected message|alert no renegotiation|alert handshake failure")
            self.assertNotIn("read R BLOCK\nverify", then)
            wait_until(lambda n=number: self.server.log().count(ended) == n, "the log names the end")
        for witness in witnesses:
            self.assertEqual(witness.ping().get("type"), "result")
        with Stream(self.system.address) as plain:
            self.assertEqual(plain.login("alice").ping().get("type"), "result")


if __name__ == "__main__":
    main()
