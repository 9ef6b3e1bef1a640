#!/usr/bin/python3
"""Ways in beside a port of IPv4: IPv6, Unix-domain sockets, and proxies that say whom they speak for."""

import os
import socket
import stat
import tempfile
import time
import unittest
import xml.etree.ElementTree as ET

from harness import LOOPBACK, Deployment, main, run, secret_file
from tls_client import TlsStream, client_context
from wire import REGISTER, STREAM_ERRORS, Stream, stanza_error

HEADER_1 = b"PROXY TCP4 203.0.113.7 192.0.2.9 40000 5222\r\n"
HEADER_2 = (b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x21" + (36).to_bytes(2, "big") + socket.inet_pton(socket.AF_INET6, "2001:db8::7")
            + socket.inet_pton(socket.AF_INET6, "2001:db8::9") + (40000).to_bytes(2, "big") + (5222).to_bytes(2, "big"))  # fmt: skip


class UnixStream(Stream):
    def __init__(self, path):
        self.path = path
        super().__init__(("127.0.0.1", 0))

    def connect(self, _):
        self.socket.close()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(self.path)
        # Stream sets an option of TCP behind this, which a Unix-domain socket refuses.
        self.socket = Quiet(self.socket)


class Quiet:
    def __init__(self, sock):
        self.sock = sock

    def setsockopt(self, *_):
        pass

    def __getattr__(self, name):
        return getattr(self.sock, name)


class Case(unittest.TestCase):
    def setUp(self):
        self.system = None

    def tearDown(self):
        wrong = self.system.stop() if self.system else []
        self.assertEqual(wrong, [])


class UnixSockets(Case):
    def test_clients_and_components(self):
        path = os.path.join(tempfile.mkdtemp(), "clients")
        self.system = Deployment(threads=2, client=("--listen", f"unix:{path}", "--max-connects-per-ip", "3/60"))
        self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
        self.assertIn(path, str(self.system.front.ready))
        streams = [self.enterContext(UnixStream(path)).login("alice", f"r{n}") for n in range(5)]
        self.assertEqual([s.ping().get("type") for s in streams], ["result"] * 5)
        self.system.front.wait_log('address="local"')
        for s in streams:
            s.close()
        self.assertEqual(self.system.stop(), [])
        self.assertFalse(os.path.exists(path))

    def test_a_proxy_behind_the_socket(self):
        path = os.path.join(tempfile.mkdtemp(), "clients")
        self.system = Deployment(client=("--listen", f"unix:{path}", "--proxy-from", "unix"))
        stream = self.enterContext(UnixStream(path))
        stream.send(HEADER_1)
        stream.open("1.0")
        self.assertNotIn(b"mechanisms", stream.receive_bytes())  # nobody on this machine: TLS is needed
        without = self.enterContext(UnixStream(path))
        without.try_send(without.header())
        self.assertEqual(without.wait_closed(), (None, False))
        self.system.front.wait_log("proxy_header_refused")

    def test_stopping_at_once_leaves_no_file(self):
        path = os.path.join(tempfile.mkdtemp(), "clients")
        self.system = Deployment(client=("--listen", f"unix:{path}", "--shutdown-timeout", "60"))
        stuck = self.enterContext(UnixStream(path)).login("alice", "stuck").available()
        for n in range(6):
            stuck.message(stuck.jid, "x" * 100_000, str(n))
        self.system.front.signal()
        self.system.front.wait_log("stopping")
        self.system.front.signal()
        self.system.front.wait()
        self.assertFalse(os.path.exists(path))

    def test_a_path_that_is_taken(self):
        folder = tempfile.mkdtemp()
        path = os.path.join(folder, "file")
        with open(path, "w", encoding="ascii") as file:
            file.write("precious")
        done = run("--listen", f"unix:{path}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(path, done.stderr)
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@unittest.skipUnless(has_ipv6(), "this machine has no IPv6: [::1] cannot be bound")
class InternetProtocols(Case):
    def login(self, host, port, resource):
        """In the clear, as who is on this machine may; by which address is in the log, and what the client is told."""
        stream = self.enterContext(Stream((host, port))).login("alice", resource)
        self.assertEqual(stream.ping().get("type"), "result")
        self.system.front.wait_log(f'jid="alice@localhost/{resource}" address="{host}"')
        where = ET.tostring(stream.ask("<iq type='get' id='where'><address xmlns='urn:xmpp:sic:1'/></iq>"), encoding="unicode")
        self.assertIn(f"ip>{host}<", where)
        self.assertIn(f"port>{stream.socket.getsockname()[1]}<", where)

    def test_version_6_with_and_without_tls(self):
        self.system = Deployment(threads=2, client=("--listen", "[::1]:0", "--listen-tls", "[::1]:0"))
        host, port = self.system.front.address("client", 1)
        self.assertEqual(host, "::1")
        self.login(host, port, "six")
        with TlsStream((host, port), client_context()) as stream:
            self.assertEqual(stream.login("bob", "starttls", how="sasl").ping().get("type"), "result")
        with TlsStream(self.system.front.address("client-tls"), client_context(), direct=True) as stream:
            self.assertEqual(stream.login("bob", "at-once", how="sasl").ping().get("type"), "result")

    def test_the_address_that_is_the_default_takes_both(self):
        self.assertIn("[[::]:5222]", run("--help").stdout)
        self.system = Deployment(threads=2, client=("--listen", "[::]:0", "--max-connects-per-ip", "2/60"))
        host, port = self.system.front.address("client", 1)
        self.assertEqual(host, "::")
        # Two of each, and no more: each address is counted on its own.
        for number, host in enumerate(("::1", "127.0.0.1", "::1", "127.0.0.1")):
            self.login(host, port, f"r{number}")
        for host in ("::1", "127.0.0.1"):
            stream = self.enterContext(Stream((host, port)))
            stream.try_send(stream.header("1.0"))
            self.assertEqual(stream.wait_closed()[0], "policy-violation")


class Proxies(Case):
    def start(self, *options, manager=()):
        options = ("--proxy-from", "127.0.0.0/8", "--listen-tls", "127.0.0.1:0", *options)
        self.system = Deployment(threads=2, client=options, manager=manager)

    def test_both_versions_in_front_of_each_way_in(self):
        self.start("--allow-plaintext")
        front = self.system.front
        for number, (header, address) in enumerate(((HEADER_1, "203.0.113.7"), (HEADER_2, "2001:db8::7"))):
            stream = self.enterContext(Stream(front.address()))
            stream.send(header)
            stream.login("alice", f"plain{number}")
            self.assertEqual(stream.ping().get("type"), "result")
            front.wait_log(f'jid="alice@localhost/plain{number}" address="{address}"')
            asked = "<iq type='get' id='where'{}><address xmlns='urn:xmpp:sic:1'/></iq>"
            for to in ("", " to='localhost'", " to='alice@localhost'"):
                answer = ET.tostring(stream.ask(asked.format(to)), encoding="unicode")
                self.assertIn(f"ip>{address}<", answer)
                self.assertIn("port>40000<", answer)
            for to in (" to='bob@localhost'", " to='elsewhere.example'"):
                self.assertIsNotNone(stanza_error(stream.ask(asked.format(to))))
            for place in (front.address(), front.address("client-tls")):
                sock = socket.create_connection(place)
                sock.sendall(header)
                secured = client_context().wrap_socket(sock, server_hostname="localhost")
                secured.sendall(stream.header("1.0").encode())
                self.assertIn(b"<?xml", secured.recv(4096))
                secured.close()

    def test_starttls_behind_a_header(self):
        self.start()
        stream = self.enterContext(TlsBehindProxy(self.system.front.address(), client_context()))
        stream.login("bob", "r", how="sasl")
        self.assertEqual(stream.ping().get("type"), "result")
        self.system.front.wait_log_like(r'logged in jid="bob@localhost[^ ]*" address="203\.0\.113\.7"')

    def test_without_a_header(self):
        self.start()
        for place in ("client", "client-tls"):
            stream = self.enterContext(Stream(self.system.front.address(place)))
            stream.send(stream.header())
            self.assertEqual(stream.wait_closed(), (None, False))
        self.system.front.wait_log("proxy_header_refused")

    def test_health_checks_and_scans(self):
        self.start("--header-timeout", "1")
        silent = self.enterContext(Stream(self.system.front.address()))
        self.assertEqual(silent.wait_closed(), (None, False))
        self.system.front.wait_log("proxy_timeout")
        for _ in range(3):
            socket.create_connection(self.system.front.address()).close()
        sock = socket.create_connection(self.system.front.address())
        sock.sendall(HEADER_1 + b"GET / HTTP/1.0\r\n\r\n")
        self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 400"))
        sock.close()

    def test_registrations_are_counted_by_client(self):
        token = secret_file(tempfile.mkdtemp(), "token", "come-in-4711")
        self.start("--allow-plaintext", manager=("--register", "--registration-token", f"@{token}", "--max-registrations-per-ip", "2/60"))
        made = []
        for number in range(8):
            header = HEADER_1 if number < 4 else HEADER_1.replace(b"203.0.113.7", b"127.0.0.1")
            stream = self.enterContext(Stream(self.system.front.address()))
            stream.send(header)
            stream.open("1.0")
            self.assertIn(b"urn:xmpp:invite", stream.receive_bytes())
            account = f"<query xmlns='{REGISTER}'><username>new{number}</username><password>new-pw</password></query>"
            self.assertEqual(stanza_error(stream.ask(f"<iq type='set' id='early'>{account}</iq>")), "forbidden")
            wrong = stream.ask("<iq type='set' id='wrong'><preauth xmlns='urn:xmpp:pars:0' token='come-in'/></iq>")
            self.assertEqual(stanza_error(wrong), "item-not-found")
            stream.ask("<iq type='set' id='token'><preauth xmlns='urn:xmpp:pars:0' token='come-in-4711'/></iq>")
            made.append(stanza_error(stream.ask(f"<iq type='set' id='account'>{account}</iq>")))
        self.assertEqual(made, [None, None, "resource-constraint", "resource-constraint"] + [None] * 4)
        self.assertNotIn("come-in", self.system.front.log())

    def test_a_network_that_is_none(self):
        for wrong in ("10.0.0.1/8", "proxy.example", ""):
            done = run(*LOOPBACK, "--proxy-from", wrong)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--proxy-from", done.stderr)


class Draining(Case):
    def test_clients_are_sent_elsewhere(self):
        self.system = Deployment(threads=2, client=("--drain-to", "[2001:db8::1]:5222"))
        streams = [self.enterContext(Stream(self.system.address)).login("alice", f"r{n}") for n in range(3)]
        self.system.front.signal()
        for stream in streams:
            error = stream.receive_until(lambda e: e.tag.endswith("}error"))
            self.assertEqual(error.findtext(f"{{{STREAM_ERRORS}}}see-other-host"), "[2001:db8::1]:5222")
            stream.close()
        self.assertEqual(self.system.front.wait(), 0)
        self.assertIn("moved=3", self.system.front.log())

    def test_who_reads_slowly_gets_everything_first(self):
        self.system = Deployment(threads=2, client=("--drain-to", "other.example", "--shutdown-timeout", "15"))
        reader = self.enterContext(Stream(self.system.address, receive_buffer=4096)).login("alice", "slow").available()
        sender = self.enterContext(Stream(self.system.address)).login("bob", "fast")
        for n in range(8):
            sender.message(reader.jid, "x" * 100_000, f"m{n}")
        sender.ping()
        self.system.front.signal()
        sender.wait_closed()
        time.sleep(2.5)  # longer than who is shown out for another reason has
        came = [reader.receive().get("id") for _ in range(8)]
        self.assertEqual(came, [f"m{n}" for n in range(8)])
        self.assertEqual(reader.receive().findtext(f"{{{STREAM_ERRORS}}}see-other-host"), "other.example")

    def test_a_host_that_is_none(self):
        for wrong in ("", "a b", "host:0", "host:99999", "[::1", "::1"):
            done = run(*LOOPBACK, "--drain-to", wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertIn("--drain-to", done.stderr)
        for right in ("xmpp.example.org", "xmpp.example.org:5222", "[2001:db8::1]", "192.0.2.1"):
            self.assertEqual(run("--drain-to", right, "--check-config").returncode, 0, right)


class TlsBehindProxy(TlsStream):
    def connect(self, address):
        super().connect(address)
        self.socket.sendall(HEADER_1)


if __name__ == "__main__":
    main()
