#!/usr/bin/python3
"""haproxy in front: TLS goes through it untouched, by the name that the client asks for, and it says where the client comes from."""

import os
import shutil
import socket
import tempfile
import unittest

from harness import DOMAIN, Deployment, main
from test_notices import tls_part, update
from tls_client import TlsStream, client_context, make_certificate
from tool import Tool
from wire import Stream

PLACES = ("one.localhost", "two.localhost")
CLIENT_ADDRESS = "127.0.0.7"  # anything that haproxy itself does not come from
PROGRAM = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")

CONFIGURATION = """
global
  maxconn 100
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend tls
  bind fd@{tls}
  tcp-request inspect-delay 5s
  tcp-request content accept if {{ req.ssl_hello_type 1 }}
  use_backend one if {{ req.ssl_sni -i one.localhost }}
  use_backend two if {{ req.ssl_sni -i two.localhost }}
frontend plain
  bind fd@{plain}
  default_backend starttls
backend one
  server one 127.0.0.1:{one} {how}
backend two
  server two 127.0.0.1:{two} {how}
backend starttls
  server one 127.0.0.1:{starttls} {how}
"""


def listening_socket():
    """haproxy inherits it: so the kernel chooses the port, and nobody else can have it."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(64)
    sock.set_inheritable(True)
    return sock


class FromElsewhere(Stream):
    """A connection that comes from CLIENT_ADDRESS."""

    place = CLIENT_ADDRESS

    def connect(self, address):
        self.socket.bind((self.place, 0))
        self.socket.connect(address)


def secured(who):
    """The same, with TLS."""
    return type("Tls" + who.__name__, (TlsStream, who), {})


TlsFromElsewhere = secured(FromElsewhere)


class FromOne(FromElsewhere):
    place = "127.0.0.8"


class FromAnother(FromElsewhere):
    place = "127.0.0.9"


class FromWhoComesOften(FromElsewhere):
    place = "127.0.0.10"


class Haproxy(unittest.TestCase):
    """Two Couplets, each with a certificate of its own name."""

    how = ""
    couplet_options: tuple = ()
    address_in_log = "127.0.0.1"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="couplet-haproxy-")
        cls.systems, cls.certificates = {}, {}
        for name in PLACES:
            chain, key = make_certificate(cls.folder, name, f"/CN={name}", f"subjectAltName=DNS:{name}")
            files = ("--tls-cert", chain, "--tls-key", key)
            cls.systems[name] = Deployment(threads=2, client=("--listen-tls", "127.0.0.1:0", *files, *cls.couplet_options))
            with open(chain, encoding="ascii") as pem:
                cls.certificates[name] = pem.read()
        one, two = (cls.systems[name].front for name in PLACES)
        cls.sockets = {"tls": listening_socket(), "plain": listening_socket()}
        path = os.path.join(cls.folder, "haproxy.cfg")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(one=one.address("client-tls")[1], two=two.address("client-tls")[1], starttls=one.address()[1],
                                            how=cls.how, **{name: sock.fileno() for name, sock in cls.sockets.items()}))  # fmt: skip
        numbers = [sock.fileno() for sock in cls.sockets.values()]
        cls.haproxy = Tool(PROGRAM, "-db", "-f", path, pass_fds=numbers)
        cls.through = {name: sock.getsockname() for name, sock in cls.sockets.items()}

    @classmethod
    def tearDownClass(cls):
        cls.haproxy.kill()
        for sock in cls.sockets.values():
            sock.close()
        wrong = [w for system in cls.systems.values() for w in system.stop()]
        shutil.rmtree(cls.folder, ignore_errors=True)
        if wrong:
            raise AssertionError("\n".join(wrong))

    def secured(self, name):
        stream = self.enterContext(TlsFromElsewhere(self.through["tls"], client_context(), direct=True, server_name=name))
        return stream.login("alice", name, how="sasl")

    def test_the_name_asked_for_chooses_the_server(self):
        streams = [self.secured(name) for name in PLACES]
        for name, stream in zip(PLACES, streams):
            self.assertEqual(stream.ping().get("type"), "result")
            self.assertEqual(stream.pem(), self.certificates[name])
        for name in PLACES:
            self.systems[name].front.wait_log_like(f'client logged in jid="alice@{DOMAIN}[^\n]* address="{self.address_in_log}"')
        # Each of them is with one server only: the resource names which.
        for name, stream in zip(PLACES, streams):
            stream.close()
            gone = f'jid="alice@{DOMAIN}/{name}" address="{self.address_in_log}"'
            self.systems[name].front.wait_log(gone)
            for other in set(PLACES) - {name}:
                self.assertNotIn(gone, self.systems[other].front.log())

    def test_starttls(self):
        stream = self.enterContext(TlsFromElsewhere(self.through["plain"], client_context(), server_name=PLACES[0]))
        self.assertEqual(stream.login("bob", "through", how="sasl").ping().get("type"), "result")
        self.assertEqual(stream.pem(), self.certificates[PLACES[0]])
        stream.close()
        self.systems[PLACES[0]].front.wait_log(f'jid="bob@{DOMAIN}/through" address="{self.address_in_log}"')


class Believed:
    """What haproxy says counts: log, notices and limits go by the client's own address, whatever the version of the header, with TLS passed through and without."""

    most = 10  # connects from an address, while the tests run
    couplet_options = ("--proxy-from", "192.0.2.0/24", "--proxy-from", "127.0.0.1/32", "--notify", f"carol@{DOMAIN}",
                       "--max-connects-per-ip", f"{most}/3600")  # fmt: skip
    address_in_log = CLIENT_ADDRESS

    def test_notices_name_the_client(self):
        with FromElsewhere(self.systems[PLACES[0]].front.address()) as carol:
            carol.login("carol", "watch").available()

            def hears(what, who, tls=""):
                notice = update(f"bob@{DOMAIN}/{who.place}", what, who.place, tls).encode()
                while notice not in carol.receive_bytes():
                    pass

            for who in (FromOne, FromAnother):
                with who(self.through["plain"]) as bob:
                    bob.login("bob", who.place)
                    hears("login", who)
                hears("logout", who)
                with secured(who)(self.through["tls"], client_context(), direct=True, server_name=PLACES[0]) as bob:
                    bob.login("bob", who.place, how="sasl")
                    hears("login", who, tls_part(bob.socket))
                    strength = tls_part(bob.socket)
                hears("logout", who, strength)

    def test_connects_are_counted_by_client(self):
        def connect(who):
            stream = self.enterContext(who(self.through["plain"]))
            stream.try_send(stream.header("1.0") + "</stream:stream>")
            return stream.wait_closed()

        for _ in range(self.most):
            self.assertEqual(connect(FromWhoComesOften), (None, True))
        for _ in range(3):
            self.assertEqual(connect(FromWhoComesOften), ("policy-violation", True))
        with self.assertRaises(OSError):  # there is no language yet to say it in
            secured(FromWhoComesOften)(self.through["tls"], client_context(), direct=True, server_name=PLACES[0])
        self.assertEqual(connect(FromAnother), (None, True))
        secured(FromAnother)(self.through["tls"], client_context(), direct=True, server_name=PLACES[0]).close()
        self.systems[PLACES[0]].front.wait_log_like(f'reason="too_many_connects"[^\n]* address="{FromWhoComesOften.place}"')


class WithLine(Believed, Haproxy):
    """PROXY, version 1: a line of text."""

    how = "send-proxy"

    def test_who_is_no_proxy_is_not_believed_and_a_proxy_must_speak(self):
        front = self.systems[PLACES[0]].front
        with FromElsewhere(front.address()) as honest:  # not from 127.0.0.1: no header is expected, none is read
            self.assertEqual(honest.login("carol", "honest").ping().get("type"), "result")
        front.wait_log(f'jid="carol@{DOMAIN}/honest" address="{CLIENT_ADDRESS}"')
        forged = "PROXY TCP4 203.0.113.9 127.0.0.1 4711 5222\r\n"
        with FromElsewhere(front.address()) as liar:
            liar.send(forged)
            liar.try_send(liar.header("1.0"))
            condition, _ = liar.wait_closed()
            self.assertIsNotNone(condition)
        with Stream(front.address()) as silent:  # from 127.0.0.1: without a header there is no stream
            silent.send(silent.header("1.0"))
            silent.wait_closed()
            self.assertIsNone(silent.splitter.header)
        self.assertNotIn("203.0.113.9", front.log())


class WithBlock(Believed, Haproxy):
    """PROXY, version 2: binary; and haproxy's health checks, which say that they are nobody's connection."""

    how = "send-proxy-v2 check inter 100ms"

    def test_health_checks_are_in_order(self):
        for name in PLACES:
            self.systems[name].front.wait_log('jid="" address="127.0.0.1"')
        self.assertNotIn("is DOWN", self.haproxy.said())
        self.test_starttls()


if __name__ == "__main__":
    main()
