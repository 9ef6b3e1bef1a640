#!/usr/bin/python3
"""The component listener as its operator has it: a router for components alone, without clients, and components without a library."""

import hashlib
import re
import resource
import signal
import socket
import tempfile
import unittest
from html import unescape
from xml.sax.saxutils import escape

from harness import DOMAIN, PATIENCE, Server, main, sanitized, run, secret_file

BOT, OTHER = "bot.localhost", "other.localhost"
SECRET = "component-secret-41aa"


def connect_raw(where, name, secret):
    """A component without a library, and what it was told so far."""
    sock = socket.create_connection(where, PATIENCE)
    sock.sendall(f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{name}'>".encode())
    identifier = re.search("id='([^']*)'", sock.recv(4096).decode())[1]
    sock.sendall(f"<handshake>{hashlib.sha1((identifier + secret).encode()).hexdigest()}</handshake>".encode())
    return sock, sock.recv(4096).decode()


def read_until(sock, wanted):
    """What comes up to and with the first place where `wanted(text)` is true."""
    said = ""
    while not wanted(said):
        part = sock.recv(65536)
        if not part:
            raise AssertionError(f"closed; it said {said!r}")
        said += part.decode()
    return said


class Operator(unittest.TestCase):
    def server(self, *words, **rest):
        server = Server("--no-clients", "--listen-components", "127.0.0.1:0", *words, **rest)
        self.addCleanup(lambda: self.assertEqual(server.stop(), []))
        return server

    def connect(self, server, name=BOT, secret=SECRET):
        sock, said = connect_raw(server.address("component"), name, secret)
        self.addCleanup(sock.close)
        return sock, said

    def test_what_the_flags_say_is_what_happens(self):
        server = self.server("--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}", "--component-conflict", "refuse",
                             "--component-default", OTHER, "--component-grace", "0", "--component-keepalive", "1")  # fmt: skip
        bot, said = self.connect(server)
        self.assertEqual(said, "<handshake/>")
        said = self.connect(server)[1]
        self.assertIn("<conflict ", said)
        self.assertNotIn("<handshake/>", said)
        bot.sendall(b"<message id='1' to='other.localhost'/>")
        self.assertIn("remote-server-timeout", read_until(bot, lambda text: "</message>" in text))
        read_until(bot, lambda text: text.endswith(" "))
        other, _ = self.connect(server, OTHER)
        bot.sendall(b"<message id='2' to='nowhere.example.com'/>")
        came = read_until(other, lambda text: "/>" in text)
        self.assertEqual(came.strip(), "<message from='bot.localhost' id='2' to='nowhere.example.com'/>")

    def test_what_components_say_is_logged_but_no_secret(self):
        server = self.server("--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}", "--log-stanzas", "components", "--c2s",
                             f"c2s.localhost:{SECRET}")  # fmt: skip
        bot, said = self.connect(server)
        self.assertEqual(said, "<handshake/>")
        identifier = server.wait_log_like(r"to a component .*<stream:stream .* id='([^']*)'")[1]
        other, _ = self.connect(server, OTHER)
        bot.sendall(b"<message id='1' to='other.localhost'><body>in the log</body></message>")
        bot.sendall(b"<iq type='set' id='2' to='other.localhost'><query xmlns='jabber:iq:register'><password>hunter2</password></query></iq>")
        bot.sendall(b"<message id='3' to='other.localhost'><body>the last</body></message>")
        self.assertIn("hunter2", read_until(other, lambda text: "the last" in text))
        self.connect(server, "c2s.localhost")[0].sendall(b"<route type='auth'>c2s-words</route>")
        server.wait_log_like('to a component name="other.localhost" .*the last')
        server.wait_log("a c2s sent a route that cannot be read")
        for words in ('from a component name="bot.localhost"', "in the log", "(not shown)"):
            self.assertIn(words, server.log())
        other.sendall(b"<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
        server.wait_log_like('component.*stream_error_by_peer')
        numbers = [server.wait_log_like(rf'from a component name="{name}" connection="?(\d+)')[1] for name in (BOT, OTHER)]
        self.assertNotEqual(*numbers)
        digest = hashlib.sha1((identifier + SECRET).encode()).hexdigest()
        for secret in (SECRET, digest, "hunter2", "c2s-words"):
            self.assertNotIn(secret, server.log())

    def test_two_share_a_name(self):
        server = self.server("--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}", "--component-conflict", "share")
        pair = [self.connect(server) for _ in range(2)]
        self.assertEqual([said for _, said in pair], ["<handshake/>"] * 2)
        sender, _ = self.connect(server, OTHER)
        for n in range(100):
            sender.sendall(f"<message from='u{n}@{OTHER}' to='{BOT}'/>".encode())
        sender.sendall(b"<iq type='get' id='last' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        read_until(sender, lambda text: "last" in text)
        for sock, _ in pair:
            read_until(sock, lambda text: text.count("<message ") > 10)

    @unittest.skipIf(sanitized(b"__ubsan_handle_dynamic_type_cache_miss"), "this sanitizer needs file descriptors itself")
    def test_SECURITY_44_descriptors_run_out(self):
        server = self.server("--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}", "--threads", "1",
                             limits={resource.RLIMIT_NOFILE: 40})  # fmt: skip
        bot, _ = self.connect(server)
        other, _ = self.connect(server, OTHER)
        crowd = [socket.create_connection(server.address("component"), PATIENCE) for _ in range(60)]
        server.wait_log("cannot accept more connections")
        bot.sendall(b"<message id='1' to='other.localhost'/>")
        self.assertIn(b"id='1'", other.recv(4096))
        for one in crowd:
            one.close()
        self.assertEqual(self.connect(server)[1], "<handshake/>")

    def test_a_secret_counts_as_it_is_and_not_as_XML_writes_it(self):
        # XEP-0114 section 3 would have it escaped. No server and no library does that.
        held = tempfile.TemporaryDirectory(prefix="couplet-components-")
        self.addCleanup(held.cleanup)
        for n, secret in enumerate(("a&b<c>d'e\"f", "a&amp;b", "&#38;&#x26;", "]]>")):
            file = secret_file(held.name, str(n), secret)
            server = self.server("--component", f"{BOT}:{secret}", "--component", f"{OTHER}:@{file}")
            for name in (BOT, OTHER):
                self.assertEqual(self.connect(server, name, secret)[1], "<handshake/>", secret)
                for other in {escape(secret, {"'": "&apos;", '"': "&quot;"}), escape(secret), unescape(secret)} - {secret}:
                    self.assertIn("<not-authorized ", self.connect(server, name, other)[1], other)

    def test_a_new_secret_by_sighup(self):
        folder = tempfile.mkdtemp(prefix="couplet-components-")
        file = secret_file(folder, "bot", SECRET)
        server = self.server("--component", f"{BOT}:@{file}")
        self.assertEqual(self.connect(server)[1], "<handshake/>")
        secret_file(folder, "bot", "another-5a5a")
        server.signal(signal.SIGHUP)
        server.wait_log("configuration read again")
        self.assertIn("<not-authorized ", self.connect(server)[1])
        self.assertEqual(self.connect(server, secret="another-5a5a")[1], "<handshake/>")

    def test_what_cannot_be_is_refused_at_the_start(self):
        for words, says in (
            (("--component", f"{DOMAIN}:x"), "is a domain served"),
            (("--component", "a.b:x", "--c2s", "a.b:y"), "is a c2s"),
            (("--component", "a.b:x", "--sm", "h:1", "--sm-id", "i", "--sm-secret", "s"), "excludes --sm"),
        ):
            done = run(*words, "--check-config")
            self.assertEqual(done.returncode, 2)
            self.assertIn("couplet: --component: ", done.stderr)
            self.assertIn(says, done.stderr)


if __name__ == "__main__":
    main()
