#!/usr/bin/python3
"""The components of etc/examples, attached to a session manager on Twisted's component server, which Couplet stands in front of."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import dns.message
import dns.opcode
import dns.rdatatype
import dns.tsigkeyring
import test_twisted_manager as outside
import twisted_world
from harness import DOMAIN, LINK_SECRET, PASSWORDS, PATIENCE, ROOT, SM_ID, Server, main, secret_file, wait_until
from twisted.internet import reactor
from wire import CLIENT, Stream, body, stanza_error

EXAMPLES = ROOT / "etc" / "examples"
IP_CHECK = "urn:xmpp:sic:1"
DNS, ADDRESS = f"dns.{DOMAIN}", f"ip.{DOMAIN}"


class Manager(outside.Manager):
    """Delivers to components as well, and what those send."""

    def send(self, route):
        if route.name == "route":
            return super().send(route)
        for address, (jid, c2s) in self.by_address.items():
            if jid == route.getAttribute("to"):
                return self.route(address, c2s, None, route)
        return None

    def deliver(self, sender, stanza):
        if stanza.getAttribute("to", DOMAIN).split("@")[-1].split("/")[0] not in (DNS, ADDRESS):
            return super().deliver(sender, stanza)
        stanza["from"] = sender[0]
        return self.router.route(stanza)


class Example:
    """One of the programs, and what it says."""

    def __init__(self, name, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / name), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment},
        )  # fmt: skip
        self.said = ""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.said += line

    def wait_said(self, text):
        wait_until(lambda: text in self.said or self.process.poll() is not None, f"it says {text!r}, not {self.said!r}")
        assert text in self.said, self.said

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()


class NameServer:
    """The primary of a zone, which takes updates (RFC 2136) that are signed with its key (TSIG)."""

    KEY = ("dyn-key.", "c2VjcmV0IG9mIHRoZSB6b25l")

    def __init__(self, folder):
        self.key_file = secret_file(folder, "dyn.key", f'key "{self.KEY[0]}" {{ algorithm hmac-sha256; secret "{self.KEY[1]}"; }};')
        self.keys = dns.tsigkeyring.from_text({self.KEY[0]: self.KEY[1]})
        self.records, self.updates = set(), []
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.where = "%s %s" % self.socket.getsockname()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while (packet := self.socket.recvfrom(65535))[0]:
            wire, who = packet
            update = dns.message.from_wire(wire, keyring=self.keys)  # a wrong signature raises
            if update.had_tsig and update.opcode() == dns.opcode.UPDATE:
                for change in update.update:
                    name, kind = change.name.to_text(), dns.rdatatype.to_text(change.rdtype)
                    if change.deleting:
                        self.records = {r for r in self.records if r[:2] != (name, kind)}
                    self.records |= {(name, kind, data.to_text()) for data in change}
                self.updates.append(update.zone[0].name.to_text())
            self.socket.sendto(dns.message.make_response(update).to_wire(), who)

    def stop(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join(PATIENCE)
        self.socket.close()


class Examples(unittest.TestCase):
    def setUp(self):
        self.manager = Manager()
        self.manager.router.addRoute(None, self.manager)  # notices for a component that is not there yet
        self.port = outside.listen(self.manager)
        self.addCleanup(lambda: outside.end(self.port))
        folder = tempfile.TemporaryDirectory(prefix="couplet-examples-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.secret = secret_file(folder.name, "secret", LINK_SECRET)
        self.number = self.port.getHost().port
        self.server = Server("--domain", DOMAIN, "--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{self.number}", "--sm-id", SM_ID,
                             "--sm-secret", f"@{self.secret}", "--notify", DNS, "--notify", ADDRESS)  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), []))

    def example(self, name, domain, *more, **environment):
        environment = environment or {"COMPONENT_SECRET_FILE": self.secret}
        example = Example(name, domain, *more, "--listener", f"127.0.0.1:{self.number}", "--sender", SM_ID, **environment)
        self.addCleanup(example.stop)
        wait_until(lambda: domain in self.manager.router.routes or example.process.poll() is not None, "it is attached")
        self.assertIsNone(example.process.poll(), example.said)
        return example

    def login(self, user, resource, address="127.0.0.1"):
        class From(Stream):
            def connect(self, server):
                self.socket.bind((address, 0))
                super().connect(server)

        stream = From(self.server.address())
        self.addCleanup(stream.close)
        stream.open()
        answer = stream.ask(stream.auth_iq(user, resource, PASSWORDS[user], "plain"))
        self.assertEqual(answer.get("type"), "result")
        stream.jid = f"{user}@{DOMAIN}/{resource}"
        return stream

    def test_dynamic_dns_says_what_it_would_do(self):
        dns = self.example("dynamic_dns.py", DNS, "dyn.example")
        clear = "zone dyn.example.\nupdate delete alice.dyn.example. A\nupdate delete alice.dyn.example. AAAA\n"
        first = self.login("alice", "a")
        dns.wait_said(clear + "update add alice.dyn.example. 60 A 127.0.0.1\nsend\n")
        second = self.login("alice", "b", "127.0.0.2")
        both = "update add alice.dyn.example. 60 A 127.0.0.1\nupdate add alice.dyn.example. 60 A 127.0.0.2\nsend\n"
        dns.wait_said(clear + both)
        # The address that the first had is replaced by that of who takes over its resource, whichever of the two is told of first.
        third = self.login("alice", "a", "127.0.0.3")
        dns.wait_said(clear + both.replace("127.0.0.1", "127.0.0.2").replace("0.2\nsend", "0.3\nsend"))
        for stream in (first, second, third):
            stream.close()
        dns.wait_said(clear + "send\n")

    def test_dynamic_dns_runs_nsupdate(self):
        fake = secret_file(self.folder, "nsupdate", f"#!/bin/sh\necho \"$@\" >>{self.folder}/ran\ncat >>{self.folder}/ran\n")
        os.chmod(fake, 0o700)
        self.example("dynamic_dns.py", DNS, "DYN.example", "--run", "nsupdate -k /k",
                     COMPONENT_SECRET=LINK_SECRET, PATH=f"{self.folder}:{os.environ['PATH']}")  # fmt: skip
        alice = self.login("alice", "a")
        told = "-k /k\nzone dyn.example.\nupdate delete alice.dyn.example. A\nupdate delete alice.dyn.example. AAAA\n"

        def ran():
            with open(f"{self.folder}/ran", "a+", encoding="utf-8") as file:
                file.seek(0)
                return file.read()

        login = told + "update add alice.dyn.example. 60 A 127.0.0.1\nsend\n"
        wait_until(lambda: ran() == login, "nsupdate was told of the login")
        alice.close()
        wait_until(lambda: ran() == login + told + "send\n", "nsupdate was told of the logout")

    def test_dynamic_dns_updates_a_zone(self):
        """By nsupdate itself."""
        primary = NameServer(self.folder)
        self.addCleanup(primary.stop)
        example = self.example("dynamic_dns.py", DNS, "dyn.example", "--run", f"nsupdate -k {primary.key_file}", "--server", primary.where)

        def holds(*records):
            wait_until(lambda: primary.records == {("alice.dyn.example.", "A", a) for a in records}, f"{records}, not {primary.records}")

        first = self.login("alice", "a", "127.0.0.5")
        holds("127.0.0.5")
        second = self.login("alice", "b", "127.0.0.6")
        holds("127.0.0.5", "127.0.0.6")
        first.close()
        holds("127.0.0.6")
        second.close()
        holds()
        self.assertEqual(set(primary.updates), {"dyn.example."})
        self.assertNotRegex(example.said, "update|fail|refused")

    def test_dynamic_dns_takes_nothing_from_users_and_no_names_that_are_none(self):
        dns = self.example("dynamic_dns.py", DNS, "dyn.example")
        ns = "http://amessage.info/protocol/connectionstate"

        def notice(jid, ip="192.0.2.1"):
            return f"<update xmlns='{ns}'><jid>{jid}</jid><login/><ip>{ip}</ip></update>"

        alice = self.login("alice", "a")
        dns.wait_said("alice.dyn.example. 60 A 127.0.0.1\nsend")
        before = dns.said
        alice.send(f"<message to='{DNS}'>{notice(f'mallory@{DOMAIN}/x')}</message>")
        link = twisted_world.on_reactor(lambda: self.manager.router.routes[DNS])
        for n, (jid, ip) in enumerate((
            (f"a.b@{DOMAIN}/x", "192.0.2.1"), (f"-a@{DOMAIN}/x", "192.0.2.1"), (f"a;b@{DOMAIN}/x", "192.0.2.1"), (f"ä@{DOMAIN}/x", "192.0.2.1"),
            ("mallory@elsewhere/x", "192.0.2.1"), (f"mallory@{DOMAIN}/x", "192.0.2.1&#10;update add x. 1 A 192.0.2.9"),
            (f"mallory@{DOMAIN}/x", "fe80::1%a"), (f"mallory@{DOMAIN}/x", ""), (f"{'a' * 64}@{DOMAIN}/x", "192.0.2.1"), (DOMAIN, "192.0.2.1"),
        )):  # fmt: skip
            text = f"<message to='{DNS}' from='{n}@{SM_ID}'>{notice(jid, ip)}</message>"
            twisted_world.on_reactor(link.send, text)
        bob = self.login("bob", "b")
        dns.wait_said("bob.dyn.example. 60 A 127.0.0.1\nsend")
        since = dns.said[len(before) :]
        self.assertEqual((since.count("zone"), since.count("delete bob.dyn.example. AAAA")), (1, 1), since)
        bob.close()

    def test_what_is_my_address(self):
        self.example("what_is_my_address.py", ADDRESS)
        alice, bob = self.login("alice", "a", "127.0.0.2"), self.login("bob", "b", "127.0.0.3")
        for stream, address in ((alice, "127.0.0.2"), (bob, "127.0.0.3")):
            stream.message(f"any@{ADDRESS}", " IP ", "m1")
            answer = stream.receive_until(lambda e: e.tag == f"{{{CLIENT}}}message")
            self.assertEqual((answer.get("from"), body(answer)), (f"any@{ADDRESS}", address))
            answer = stream.ask(f"<iq type='get' id='i1' to='{ADDRESS}'><address xmlns='{IP_CHECK}'/></iq>")
            self.assertEqual(answer.findtext(f"{{{IP_CHECK}}}address/{{{IP_CHECK}}}ip"), address)

    def test_what_is_not_my_address(self):
        """Who was there before it is not known to it."""
        alice = self.login("alice", "a")
        self.example("what_is_my_address.py", ADDRESS)
        answer = alice.ask(f"<iq type='get' id='i1' to='{ADDRESS}'><address xmlns='{IP_CHECK}'/></iq>")
        self.assertEqual(stanza_error(answer), "item-not-found")

    def test_what_they_refuse(self):
        nothing = {"COMPONENT_SECRET": "", "COMPONENT_SECRET_FILE": ""}
        for name, words, environment, says in (
            ("dynamic_dns.py", (DNS, "a;b"), {"COMPONENT_SECRET": "x"}, "no name of the DNS"),
            ("dynamic_dns.py", (DNS, "a.example\nserver x"), {"COMPONENT_SECRET": "x"}, "no name of the DNS"),
            ("dynamic_dns.py", (DNS, "a.example"), nothing, "there is no secret"),
            ("what_is_my_address.py", (ADDRESS,), nothing, "there is no secret"),
        ):
            example = Example(name, *words, **environment)
            self.assertEqual(example.process.wait(PATIENCE), 2)
            example.stop()
            self.assertIn(says, example.said)

    def test_they_are_short(self):
        for name in ("dynamic_dns.py", "what_is_my_address.py"):
            self.assertLess(len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()), 80)


if __name__ == "__main__":
    twisted_world.start()
    main()
