#!/usr/bin/python3
"""Known attacks on servers of this kind, on the wire: limits, load, and what gets into the log."""

import json
import re
import resource
import time
import unittest
from xml.sax.saxutils import escape

from harness import DOMAIN, PASSWORDS, PATIENCE, main, sanitized, wait_until
from security_case import SLOW, Case
from wire import AUTH, Closed, Stream, body, stanza_error

# Resources that are allowed and would, unescaped, forge a field of a log line or hide in it (U+061C: a mark of direction).
FORGED = 'r" INJECTED="y\\'
UNSEEN = "a\u061cX"


class Bounded(Case):
    def test_security_30_endless_stanza_is_cut_at_the_limit(self):
        self.start("--max-stanza-bytes", "10000")
        for logged_in in (False, True):
            before = self.server.resident_kib()
            stream = self.stream()
            if logged_in:
                stream.login("alice", "endless")
            else:
                stream.open()
            stream.try_send("<message to='bob@localhost'><body>")
            for _ in range(200):
                if not stream.try_send("x" * 50_000):
                    break
            condition, _ = stream.wait_closed()
            self.assertEqual(condition, "policy-violation")
            self.assert_memory(before, self.server.resident_kib(), most_kib=512)

    def test_stanza_of_exactly_the_limit_passes(self):
        self.start("--max-stanza-bytes", "10000")
        alice, bob = self.stream().login("alice", "limit"), self.stream().login("bob", "limit").available()
        frame = f"<message to='{bob.jid}' id='m1'><body></body></message>"
        fits = frame.replace("<body>", "<body>" + "x" * (10_000 - len(frame)))
        alice.send(fits)
        self.assertEqual(len(body(bob.receive_id("m1"))), 10_000 - len(frame))
        alice.try_send(fits.replace("<body>", "<body>x"))
        self.assertEqual(alice.wait_closed()[0], "policy-violation")

    def test_bytes_per_second(self):
        self.start("--max-bytes-per-second", "100000")
        alice, bob = self.stream().login("alice", "rate"), self.stream().login("bob", "rate").available()
        begin = time.monotonic()
        for n in range(10):
            alice.message(bob.jid, "x" * 50_000, f"m{n}")
        other = self.witness.ping()
        self.assertLess(time.monotonic() - begin, PATIENCE)
        self.assertEqual(other.get("type"), "result")
        bob.receive_id("m9")
        # Two seconds' worth may come at once; the other 300,000 bytes take three seconds.
        self.assertGreater(time.monotonic() - begin, 2)

    def test_connections_in_all(self):
        self.start("--max-connections", "5")
        kept = [self.stream() for _ in range(4)]
        for stream in kept:
            stream.open()
        over = self.stream()
        over.try_send(over.header())
        self.assertIn(over.wait_closed()[0], ("resource-constraint", None))
        for stream in kept:
            stream.close()

        def served():
            with Stream(self.system.address) as stream:
                try:
                    stream.open()
                    return True
                except (Closed, OSError):
                    return False

        wait_until(served, "a seat is free again")

    def test_connects_of_one_address(self):
        self.start("--max-connects-per-ip", "5/60")
        conditions = []
        for _ in range(8):
            stream = self.stream()
            stream.try_send(stream.header() + "</stream:stream>")
            try:
                conditions.append(stream.wait_closed())
            except OSError:
                conditions.append(("reset", False))
        # The witness was the first of the five.
        self.assertEqual([c == (None, True) for c in conditions], [True] * 4 + [False] * 4, conditions)


class UnderLoad(Case):
    def test_security_40_slow_reader(self):
        self.needs_connections(1000)
        crowd = {f"user{n}": f"user{n}-pw" for n in range(100)}
        self.start("--max-outbox-bytes", "500000", "--max-offline-messages", "0", threads=2, users={**PASSWORDS, **crowd})
        stuck = self.stream(receive_buffer=4096).login("alice", "stuck").available()
        reader = self.stream().login("carol", "reader")
        sender = self.stream().login("bob", "sender").available()
        # With these three and the witness: one is stuck, and 999 are not.
        others = [self.stream().login(user, f"other{n}", crowd[user]) for n in range(10) for user in crowd][:996]
        total = 200

        def latencies(receiver, then=lambda: None):
            """Of pings by others, from all over the crowd, while somebody is sent large messages; sorted."""
            found = []
            for n in range(total):
                sender.message(receiver.jid, "x" * 50_000, f"m{n}")
                then()
                begin = time.monotonic()
                self.assertEqual(others[n * 37 % len(others)].ping().get("type"), "result")
                found.append(time.monotonic() - begin)
            return sorted(found)

        usual = latencies(reader, reader.receive)
        now = latencies(stuck)
        floor = 1 if SLOW else 0.1
        for share, factor in ((0.5, 5), (0.99, 10)):
            at = int(total * share) - 1
            self.assertLess(now[at], max(usual[at] * factor, floor), f"at {share}: usually {usual[at]}")
        for stream in others:
            self.assertEqual(stream.ping().get("type"), "result")
        self.server.wait_log("slow_consumer")
        received = set()
        try:
            while True:
                element = stuck.receive()
                if element.tag.endswith("}message"):
                    received.add(element.get("id"))
        except (Closed, OSError):
            pass
        sender.send(f"<iq type='get' id='end' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>")
        bounced = set()
        while (element := sender.receive()).get("id") != "end":
            if element.tag.endswith("}message"):  # one's own presence may come late
                self.assertTrue(stanza_error(element))
                bounced.add(element.get("id"))
        sent = {f"m{n}" for n in range(total)}
        self.assertGreater(len(bounced), 0)
        self.assertEqual(sent - received - bounced, set(), "lost without a word")
        if not SLOW:
            self.assertLess(self.server.resident_kib(), 64 * 1024)

    # The undefined-behaviour sanitizer asks the kernel for a pipe before it looks at an object's type; without one it sees ghosts.
    @unittest.skipIf(sanitized(b"__ubsan_handle_dynamic_type_cache_miss"), "this sanitizer needs file descriptors itself")
    def test_security_44_file_descriptors_run_out(self):
        # The limit is reached by connections: about fifty are left for them.
        self.start(limits={resource.RLIMIT_NOFILE: 80})
        crowd = []
        for _ in range(150):
            stream = Stream(self.system.address)
            stream.try_send(stream.header())
            crowd.append(stream)
        self.assertEqual(self.witness.ping().get("type"), "result")
        wait_until(lambda: re.search(r"(?i)descriptor|too many open files|accept", self.server.log()), "it says so")
        # Backing off means that it neither spins nor fills the log.
        said = self.server.log().count("\n")
        used = cpu_seconds(self.server.process.pid)
        time.sleep(1)
        self.assertLess(cpu_seconds(self.server.process.pid) - used, 0.5)
        self.assertLess(self.server.log().count("\n") - said, 20)
        self.assertEqual(self.witness.ping().get("type"), "result")
        for stream in crowd:
            stream.reset()
        self.assertEqual(self.stream().login("alice").ping().get("type"), "result")

    def log_lines_after_attempts(self, form):
        """Names made to look like lines or fields of a log, given by a client, and what the log makes of them."""
        self.start("--log-level", "debug", "--log-format", form)
        for to in ("x&#10;INJECTED&#13;INJECTED \x7f&quot;INJECTED", "x\u2028INJECTED", "a\u009b31mINJECTED"):
            stream = self.stream()
            stream.try_send(f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{to}'>")
            self.assertEqual(stream.wait_closed()[0], "improper-addressing")
        # What a terminal or a reader of lines would act on is no resource at all (RFC 3920, appendix B).
        for name in ("r\nINJECTED", "r\u009b31mINJECTED", "r\x7fINJECTED", "r\u0085INJECTED", "r\u2028INJECTED", "r\u202eINJECTED", "r\tINJECTED"):
            self.assertEqual(stanza_error(self.login_as("alice", name)), "not-acceptable", repr(name))
            self.assertEqual(stanza_error(self.login_as(name, "r")), "not-acceptable", repr(name))
        for name in (FORGED, UNSEEN):
            self.assertEqual(self.login_as("alice", name).get("type"), "result", repr(name))
        self.server.wait_log("061cX")  # the last of them is done
        self.witness.ping()
        with open(self.server.log_path, "rb") as log:
            lines = log.read().split(b"\n")[:-1]
        for line in lines:
            self.assertIsNone(re.search(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\xa8-\xae]", line), line)
        return lines

    def login_as(self, user, name):
        stream = self.stream()
        stream.open()
        user, name = (escape(text, {"\n": "&#10;", "\t": "&#9;"}) for text in (user, name))
        answer = stream.ask(f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>{user}</username>"
                            f"<password>{PASSWORDS['alice']}</password><resource>{name}</resource></query></iq>")  # fmt: skip
        stream.close()
        return answer

    def test_security_45_log_injection(self):
        lines = self.log_lines_after_attempts("text")
        for line in lines:
            self.assertRegex(line, rb"^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warning) ", "every line begins with its time and level")
            # Outside of the quotes there is nothing that a client said.
            self.assertNotIn(b"INJECTED", re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', line))
        said = [line for line in lines if b" client logged in " in line]
        for escaped in (rb' jid="alice@localhost/r\" INJECTED=\"y\\" address="127.0.0.1"', rb' jid="alice@localhost/a\u061cX" address="127.0.0.1"'):
            self.assertEqual([line.endswith(escaped) for line in said].count(True), 1, escaped)

    def test_security_45_log_injection_json(self):
        lines = [json.loads(line) for line in self.log_lines_after_attempts("json")]
        for line in lines:
            self.assertLessEqual(set(line), {"time", "level", "text", "domains", "threads", "kind", "address", "jid", "reason", "names",
                                             "sha256", "until"})
        said = [line["jid"] for line in lines if line["text"] == "client logged in"]
        self.assertEqual(said, [f"carol@{DOMAIN}/witness", f"alice@{DOMAIN}/{FORGED}", f"alice@{DOMAIN}/{UNSEEN}"])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
