#!/usr/bin/python3
"""Known attacks on servers of this kind, on the wire: by those who have not logged in."""

import base64
import collections
import contextlib
import os
import re
import shutil
import tempfile
import time

from accounts_wire import by_iq_auth, by_plain, register
from harness import DOMAIN, PASSWORDS, main, wait_until
from scram_client import Scram, log_in, say
from security_case import SLOW, Case
from wire import AUTH, BIND, REGISTER, SASL, STREAM_ERRORS, Stream, stream_error

# A machine that needs more patience than usual gets less to do.
MANY = 600 if SLOW else 4_000 if "COUPLET_PATIENCE" in os.environ else 100_000
REFUSED_AFTER = 0.1  # seconds
HEADER_LATE = "No stream header came in time."
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(194)
PROBES = {
    "nothing": b"",
    "tls_hello": CLIENT_HELLO,
    "ssh_banner": b"SSH-2.0-OpenSSH_9.2\r\n",
    "http_get": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeros": bytes(4096),
    "noise": bytes((n * 167 + 13) % 256 for n in range(2048)),
}


class BeforeLogin(Case):
    def test_security_01_memory_after_many_connects(self):
        self.start()
        rounds = 4_000 if SLOW else 100_000

        def many(number):
            for n in range(number):
                stream = Stream(self.system.address)
                stream.send(stream.header("1.0" if n % 2 else None))
                if n % 4 < 2:
                    stream.wait_header()
                stream.reset()
            wait_until(lambda: self.server.open_files() == alone, "all are gone")

        alone = self.server.open_files()
        # On a busy machine some are there at once, for which memory is kept: more than that are, beforehand.
        crowd = [Stream(self.system.address) for _ in range(256)]
        for stream in crowd:
            stream.send(stream.header("1.0"))
            stream.wait_header()
        for stream in crowd:
            stream.reset()
        many(rounds // 10)
        first = self.server.resident_kib()
        many(rounds - rounds // 10)
        self.assert_memory(first, self.server.resident_kib(), most_kib=256)  # three bytes for each

    def test_security_02_amplification(self):
        self.start()
        attacks = {
            "attributes": "<iq " + " ".join(f"a{n}=''" for n in range(1300)) + "/>",
            "children": "<iq type='get' id='x'>" + "<a/>" * 5000 + "</iq>",
            "namespaces": "<iq " + " ".join(f"xmlns:a{n}='u'" for n in range(1000)) + "/>",
            "depth": "<a>" * 100_000,
        }
        before = self.server.resident_kib()
        for name, text in attacks.items():
            for version in (None, "1.0"):
                stream = self.stream()
                stream.open(version)
                stream.try_send(text)
                self.assertEqual(stream.wait_closed(), ("policy-violation", True), f"{name}, version {version}")
                stream.close()
        self.assert_memory(before, self.server.resident_kib())

    def test_security_03_half_open_streams_stay_within_the_budget(self):
        budget, number, size = 2_000_000, 600 if SLOW else 5000, 7000
        self.needs_connections(number)
        self.start("--max-unauthenticated-bytes", budget, threads=2)
        before = self.server.resident_kib()
        part = f"<iq type='set' id='x'><query xmlns='{AUTH}'><username>{'x' * size}"
        for _ in range(number):
            stream = self.stream()
            stream.try_send(stream.header("1.0") + part)
            stream.socket.setblocking(False)
        said = {stream: b"" for stream in self.streams[1:]}

        def refused():
            for stream in said:
                with contextlib.suppress(OSError):
                    said[stream] += stream.socket.recv(65536)
            return sum(b"resource-constraint" in text for text in said.values())

        # Only so many can hold what they have begun, and everybody else is told so.
        wait_until(lambda: refused() >= number - budget // size, "who is over the budget is refused")
        if not SLOW:
            # The budget is about what unfinished elements hold; a connection's own seat is a few KiB at most.
            self.assertLess((self.server.resident_kib() - before) * 1024, budget + number * 4096)
        self.assertEqual(self.witness.ping().get("type"), "result")
        for stream in self.streams[1:]:
            stream.reset()
        del self.streams[1:]
        self.assertEqual(self.stream().login("alice").ping().get("type"), "result")

    def probe(self, address, count, others=()):
        """Sends every kind of probe, and now and then looks at the answer: a stream error, but for `others`, which are no XML."""
        for name, data in PROBES.items():
            for n in range(count // len(PROBES) + 1):
                stream = Stream(address)
                if data:
                    stream.try_send(data)
                    if n % 7 == 0:
                        answer = (None, False) if name in others else ("not-well-formed", True)
                        self.assertEqual(stream.wait_closed(), answer, name)
                (stream.reset if n % 2 else stream.close)()

    def test_security_04_probes(self):
        self.start(threads=2)
        alone = self.server.open_files()
        # A ClientHello that is none gets an alert, and a browser an answer in its own language.
        self.probe(self.system.address, MANY, others=("tls_hello", "http_get"))
        wait_until(lambda: self.server.open_files() == alone, "all are gone")
        self.assertEqual(self.stream().login("alice").ping().get("type"), "result")

    def test_security_04_probes_of_the_component_listener(self):
        self.start(threads=2, role="two+three")
        alone = self.system.back.open_files()
        self.probe(self.system.back.address("component"), MANY)
        wait_until(lambda: self.system.back.open_files() == alone, "all are gone")
        # Through the link that stood all the time.
        self.assertEqual(self.stream().login("alice").ping().get("type"), "result")

    def test_security_05_every_element_in_every_state(self):
        self.start()
        token = base64.b64encode(b"\0alice\0wrong").decode()
        elements = [
            f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>", f"<auth xmlns='{SASL}' mechanism='PLAIN'/>", f"<auth xmlns='{SASL}'/>",
            f"<response xmlns='{SASL}'>{token}</response>", f"<abort xmlns='{SASL}'/>", f"<challenge xmlns='{SASL}'/>",
            f"<success xmlns='{SASL}'/>", f"<failure xmlns='{SASL}'/>",
            "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
            "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>", "<enable xmlns='urn:xmpp:sm:3'/>", "<r xmlns='urn:xmpp:sm:3'/>",
            "<resume xmlns='urn:xmpp:sm:3' h='0' previd='x'/>", "<stream:features/>", "<stream:error/>", "<iq/>", "<iq type='get' id='a'/>",
            "<iq type='set' id='a'><query/></iq>", "<iq type='result' id='a'/>", "<iq type='nonsense' id='a'><query xmlns='urn:x'/></iq>",
            f"<iq type='set' id='a'><bind xmlns='{BIND}'/></iq>", f"<iq type='get' id='a'><query xmlns='{AUTH}'/></iq>",
            f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>bob</username><password>x</password><resource>r</resource></query></iq>",
            f"<iq type='set' id='a'><query xmlns='{REGISTER}'><username>alice</username><password>x</password></query></iq>",
            "<iq type='set' id='a'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>", "<message/>", "<presence/>",
            "<message to='@'/>", "<presence to='bob@localhost' type='subscribe'/>", "<handshake/>", "<route/>", "<foo/>",
            "<x:foo xmlns:x='urn:x'/>", "<message xmlns='urn:x'/>",
        ]  # fmt: skip
        for state in ("old", "new", "proven", "open"):
            for element in elements:
                stream = self.state(state)
                stream.try_send(element)
                stream.try_send("</stream:stream>")
                _, footer = stream.wait_closed()
                # What comes a moment after <starttls/> is no longer in the stream: it is a bad ClientHello.
                in_tls = state == "new" and element.startswith("<starttls")
                self.assertTrue(footer or in_tls, f"{state}: {element}")
                stream.close()
        # Nobody became alice's or bob's owner on the way.
        self.assertEqual(self.stream().login("alice").ping().get("type"), "result")
        self.assertEqual(self.stream().login("bob").ping().get("type"), "result")

    def state(self, name):
        stream = self.stream()
        if name == "old":
            stream.open()
        elif name == "open":
            stream.login("alice", "state")
        else:
            stream.open("1.0")
            stream.receive()
            if name == "proven":
                stream.sasl_plain("alice", PASSWORDS["alice"])
                stream.open("1.0")
                stream.receive()
        return stream

    def test_security_06_mechanisms_that_are_not_offered(self):
        self.start()
        first = self.stream()
        first.open("1.0")
        offered = {m.text for m in first.receive().iter(f"{{{SASL}}}mechanism")}
        others = {"ANONYMOUS", "EXTERNAL", "DIGEST-MD5", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "GSSAPI", "plain", "PLAIN ",
                  "", "X" * 200, "LOGIN", "OAUTHBEARER", "HT-SHA-256-NONE"}  # fmt: skip
        for mechanism in sorted(others - offered):
            stream = self.stream()
            stream.open("1.0")
            stream.receive()
            token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
            stream.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{token}</auth>")
            answer = stream.receive()
            self.assertIsNotNone(answer.find(f"{{{SASL}}}invalid-mechanism"), mechanism)
            stream.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
            self.assertNotEqual(stream.receive().get("type"), "result", mechanism)
            stream.close()

    def test_security_10_overlong_names_and_passwords(self):
        self.start()
        long = "x" * 1_048_576
        before = self.server.resident_kib()
        token = base64.b64encode(f"\0{long}\0{long}".encode()).decode()
        forms = {
            "username": f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>{long}</username><password>x</password><resource>r</resource></query></iq>",
            "password": f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>alice</username><password>{long}</password><resource>r</resource></query></iq>",
            "resource": f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>alice</username><password>x</password><resource>{long}</resource></query></iq>",
            "digest": f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>alice</username><digest>{long}</digest><resource>r</resource></query></iq>",
            "register": f"<iq type='set' id='a'><query xmlns='{REGISTER}'><username>{long}</username><password>{long}</password></query></iq>",
            "sasl": f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>",
        }  # fmt: skip
        for name, text in forms.items():
            stream = self.stream()
            stream.open("1.0" if name == "sasl" else None)
            stream.try_send(text)
            self.assertEqual(stream.wait_closed()[0], "policy-violation", name)
            stream.close()
        self.assert_memory(before, self.server.resident_kib(), most_kib=2048)

    def assert_refused(self, name, condition, asked_at):
        """To who guesses, and never before it is time. That is a lower bound, which a slow machine cannot break."""
        self.assertGreaterEqual(time.monotonic() - asked_at, REFUSED_AFTER, name)
        self.assertEqual(condition, "not-authorized", name)

    def guess_by_scram(self, user, mechanism):
        """The challenge."""
        with Stream(self.system.address) as stream:
            stream.open("1.0")
            stream.receive()
            scram = Scram(mechanism, user, "a guess")
            self.assertIsNone(say(stream, scram, mechanism))
            self.assert_refused((mechanism, user), stream.receive()[0].tag.split("}")[1], scram.sent_at)
        return scram.said["s"], scram.said["i"]

    def guess_by_scram_alike(self, users):
        seen = {}
        for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"):
            for user in users:
                salt, rounds = self.guess_by_scram(user, mechanism)
                self.assertEqual(self.guess_by_scram(user, mechanism), (salt, rounds))
                seen[mechanism, user] = salt
                self.assertEqual((len(base64.b64decode(salt)), rounds), (16, "10000"), (mechanism, user))
        self.assertEqual(len(set(seen.values())), len(seen), "no two have the same salt")

    def log_in_by_scram(self, user, password):
        """So that the keys are at hand afterwards."""
        for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"):
            with Stream(self.system.address) as stream:
                stream.open("1.0")
                stream.receive()
                self.assertEqual(log_in(stream, Scram(mechanism, user, password), mechanism), "success")

    def test_security_12_proofs_of_anybody(self):
        self.start(threads=2)
        self.log_in_by_scram("bob", PASSWORDS["bob"])
        self.guess_by_scram_alike(("alice", "bob", "nobody"))

    def test_security_12_guesses_where_accounts_are_stored(self):
        folder = tempfile.mkdtemp(prefix="couplet-names-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.start(threads=2, manager=("--data", folder, "--register"))
        self.assertIsNone(register(self.system.address, "dora", "dora-pw-4f1b"))
        self.log_in_by_scram("bob", PASSWORDS["bob"])
        self.log_in_by_scram("dora", "dora-pw-4f1b")
        users = ("alice", "bob", "dora", "nobody")
        self.guess_by_scram_alike(users)
        for user in users:
            for how in (by_plain, by_iq_auth):
                begin = time.monotonic()
                self.assert_refused((how.__name__, user), how(self.system.address, user, "a guess"), begin)

    def test_security_11_slow_loris(self):
        self.start("--header-timeout", "1", "--login-timeout", "2", "--bind-timeout", "1")
        silent, header, login = self.stream(), self.stream(), self.stream()
        bind = self.stream()
        login.open("1.0")
        bind.open("1.0")
        bind.receive()
        bind.sasl_plain("alice", PASSWORDS["alice"])
        bind.open("1.0")
        drip = {header: header.header("1.0"), login: f"<auth xmlns='{SASL}' mechanism='PLAIN'>" + "A" * 500, bind: "<iq type='set' id='b'>"}
        begin = time.monotonic()
        for n in range(40):
            for stream, text in drip.items():
                stream.try_send(text[n : n + 1])
            time.sleep(0.1)
        for stream, said in ((silent, HEADER_LATE), (header, HEADER_LATE), (login, "No login came in time."),
                             (bind, "No session was asked for in time.")):  # fmt: skip
            self.assert_timeout(stream, said)
        self.assertLess(time.monotonic() - begin, 9)
        self.assert_ends({("header_timeout", ""): 2, ("login_timeout", ""): 1, ("bind_timeout", f"alice@{DOMAIN}"): 1})

    def assert_timeout(self, stream, said):
        """Which deadline it was, as the client hears it."""
        error = stream.receive_until(stream_error)
        self.assertEqual((stream_error(error), error.findtext(f"{{{STREAM_ERRORS}}}text")), ("connection-timeout", said))
        self.assertEqual(stream.wait_closed(), (None, True))

    def assert_ends(self, expected):
        """And as the log has it: how often for which reason and JID."""

        def ends():
            return collections.Counter(re.findall(r'client gone reason="(\w+)" jid="([^"]*)"', self.server.log()))

        wait_until(lambda: ends().total() >= sum(expected.values()), "the log names the ends")
        self.assertEqual(ends(), expected)

    def test_security_11_idle_client_is_ended_and_a_busy_one_is_not(self):
        self.start("--idle-timeout", "2")
        idle = self.stream().login("alice", "idle")
        for _ in range(35):
            self.witness.send(" ")
            time.sleep(0.1)
        self.assert_timeout(idle, "Nothing came for too long.")
        self.assert_ends({("idle_timeout", idle.jid): 1})


if __name__ == "__main__":
    main()
