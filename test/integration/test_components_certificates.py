#!/usr/bin/python3
"""Components that prove their name by a certificate (--component-ca), with OpenSSL on their side."""

import hashlib
import os
import re
import signal
import socket
import ssl
import tempfile
import unittest

from harness import DOMAIN, PATIENCE, Server, main
from tls_client import client_context, make_certificate, openssl

BOT, OTHER, KEYED = "bot.localhost", "other.localhost", "keyed.localhost"
SECRET = "component-secret-77ab"
XMPP_ADDR = "otherName:1.3.6.1.5.5.7.8.5;UTF8:"


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.pem, self.key = make_certificate(folder, name, f"/CN={name}", "basicConstraints=critical,CA:TRUE")

    def issue(self, name, names, days=30, *more):
        """A certificate for these subjectAltNames, and its key."""
        path = os.path.join(self.folder, f"{self.name}-{name}")
        with open(path + ".ext", "w", encoding="utf-8") as out:
            out.write(f"subjectAltName={names}\nextendedKeyUsage=clientAuth\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", path + ".key",
                "-out", path + ".csr")  # fmt: skip
        said = openssl("x509", "-req", "-in", path + ".csr", "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", days, "-extfile",
                       path + ".ext", "-out", path + ".pem", *more)  # fmt: skip
        assert os.path.getsize(path + ".pem"), said
        return path + ".pem", path + ".key"


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.held = tempfile.TemporaryDirectory(prefix="couplet-certificates-")
        cls.folder = cls.held.name
        cls.ours, cls.foreign = Authority(cls.folder, "ours"), Authority(cls.folder, "foreign")
        cls.bot = cls.ours.issue("bot", f"DNS:{BOT}")
        cls.server_pair = make_certificate(cls.folder, "server")

    @classmethod
    def tearDownClass(cls):
        cls.held.cleanup()

    def server(self, *words):
        self.ca = os.path.join(self.folder, "component-ca.pem")
        self.trust(self.ours)
        server = Server("--domain", DOMAIN, "--no-clients", "--component-tls-listen", "127.0.0.1:0", "--tls-cert", self.server_pair[0], "--tls-key",
                        self.server_pair[1], "--component-ca", self.ca, "--component", BOT, "--component", f"{KEYED}:{SECRET}", "--component",
                        "*.bots.localhost", *words)  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(server.stop(), []))
        return server

    def trust(self, authority):
        with open(authority.pem, encoding="utf-8") as pem, open(self.ca + ".new", "w", encoding="utf-8") as out:
            out.write(pem.read())
        os.rename(self.ca + ".new", self.ca)

    def connect(self, server, name, pair=None, secret=None, version=None, kind="component-tls"):
        """Header and handshake; what the server said after them."""
        sock = socket.create_connection(server.address(kind), PATIENCE)
        self.addCleanup(sock.close)
        if kind == "component-tls":
            context = client_context()
            if version is not None:
                context.minimum_version = context.maximum_version = version
            if pair is not None:
                context.load_cert_chain(*pair)
            sock = context.wrap_socket(sock, server_hostname=DOMAIN)
            self.addCleanup(sock.close)
        sock.sendall(f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{name}'>".encode())
        identifier = re.search("id='([^']*)'", sock.recv(4096).decode())[1]
        digest = "" if secret is None else hashlib.sha1((identifier + secret).encode()).hexdigest()
        sock.sendall(f"<handshake>{digest}</handshake>".encode())
        return sock, sock.recv(4096).decode()

    def assert_in(self, *arguments, **rest):
        sock, said = self.connect(*arguments, **rest)
        self.assertEqual(said, "<handshake/>")
        return sock

    def assert_refused(self, server, certificate, *arguments, **rest):
        before = server.log().count(f'certificate="{certificate}"')
        said = self.connect(server, *arguments, **rest)[1]
        self.assertIn("<not-authorized ", said)
        self.assertNotIn("<handshake/>", said)
        server.wait_log_like(f'(?s)(?:certificate="{re.escape(certificate)}".*){{{before + 1}}}')

    def test_a_certificate_for_the_name_is_enough(self):
        server = self.server()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            bot = self.assert_in(server, BOT, self.bot, version=version)
        # Whatever it says in its handshake.
        self.assert_in(server, "a.bots.localhost", self.ours.issue("a", "DNS:elsewhere.example,DNS:A.bots.localhost"), "nonsense")
        address = self.ours.issue("b", f"{XMPP_ADDR}b.bots.localhost")
        other = self.assert_in(server, "b.bots.localhost", address)
        # And who has a secret may have either.
        keyed = self.ours.issue("keyed", f"DNS:{KEYED}")
        self.assert_in(server, KEYED, keyed)
        self.assert_in(server, KEYED, None, SECRET)
        self.assert_in(server, KEYED, self.bot, SECRET)
        other.sendall(f"<message to='{BOT}' id='1'/>".encode())
        self.assertIn(b"from='b.bots.localhost'", bot.recv(4096))

    def test_no_certificate_or_a_wrong_one_is_not_enough(self):
        server = self.server("--listen-components", "127.0.0.1:0")
        self.assert_refused(server, "none", BOT)
        self.assert_refused(server, "none", BOT, None, "")
        self.assert_refused(server, "none", BOT, None, SECRET)
        self.assert_refused(server, "none", BOT, None, "", kind="component")
        self.assert_refused(server, "for others", "a.bots.localhost", self.bot)
        self.assert_refused(server, "for others", KEYED, self.bot, "wrong-secret")
        self.assert_refused(server, "for others", "c.bots.localhost", self.ours.issue("wild", "DNS:*.bots.localhost"))
        self.assert_refused(server, "for others", BOT, self.ours.issue("user", f"{XMPP_ADDR}user@{BOT},email:root@{BOT}"))
        unknown = "not of --component-ca, or not valid today"
        self.assert_refused(server, unknown, BOT, self.foreign.issue("bot", f"DNS:{BOT}"))
        self.assert_refused(server, unknown, BOT, make_certificate(self.folder, "self", f"/CN={BOT}", f"subjectAltName=DNS:{BOT}"))
        old = self.ours.issue("old", f"DNS:{BOT}", 30, "-days", "-1")
        self.assert_refused(server, unknown, BOT, old)
        self.assertNotIn(SECRET, server.log())

    def test_the_authority_is_read_again(self):
        server = self.server()
        foreign = self.foreign.issue("bot2", f"DNS:{BOT}")
        self.assert_refused(server, "not of --component-ca, or not valid today", BOT, foreign)
        stays = self.assert_in(server, "s.bots.localhost", self.ours.issue("s", "DNS:s.bots.localhost"))
        self.trust(self.foreign)
        server.signal(signal.SIGHUP)
        server.wait_log("configuration read again")
        self.assert_in(server, BOT, foreign)
        self.assert_refused(server, "not of --component-ca, or not valid today", BOT, self.bot)
        stays.sendall(b"<message to='s.bots.localhost' id='still here'/>")
        self.assertIn(b"still here", stays.recv(4096))
        # A file that is none changes nothing.
        with open(self.ca, "w", encoding="utf-8") as out:
            out.write("nothing of use")
        server.signal(signal.SIGHUP)
        server.wait_log_like("the old one stays.*--component-ca: .*component-ca.pem has no certificate in it")
        self.assert_in(server, BOT, foreign)

    def test_certificates_of_clients_are_not_those_of_components(self):
        secret_of_clients = make_certificate(self.folder, "client-ca", "/CN=clients", "basicConstraints=critical,CA:TRUE")[0]
        server = Server("--domain", DOMAIN, "--listen", "127.0.0.1:0", "--component-tls-listen", "127.0.0.1:0", "--tls-cert", self.server_pair[0],
                        "--tls-key", self.server_pair[1], "--tls-client-ca", self.ours.pem, "--component", f"{BOT}:{SECRET}")  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(server.stop(), []))
        self.assertIn("<not-authorized ", self.connect(server, BOT, self.bot)[1])
        self.assert_in(server, BOT, None, SECRET)
        both = Server("--domain", DOMAIN, "--listen", "127.0.0.1:0", "--component-tls-listen", "127.0.0.1:0", "--tls-cert", self.server_pair[0],
                      "--tls-key", self.server_pair[1], "--tls-client-ca", secret_of_clients, "--component-ca", self.ours.pem, "--component",
                      BOT)  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(both.stop(), []))
        self.assert_in(both, BOT, self.bot)


if __name__ == "__main__":
    main()
