#!/usr/bin/python3
"""Passwords that are checked elsewhere: by an HTTP service, and by a program that speaks the protocol of extauth scripts."""

import base64
import http.server
import os
import signal
import stat
import tempfile
import threading
import unittest
import urllib.parse

from harness import DOMAIN, LOOPBACK, PASSWORDS, Deployment, Server, main, run
from tls_client import TlsStream, client_context
from wire import AUTH, SASL, Stream

SCRIPT = """#!/usr/bin/python3
import sys
for line in sys.stdin:
    kind, user, server, password = line.rstrip("\\n").split(":", 3)
    print(int((kind, user, server, password) == ("auth", "alice", "localhost", "alice:pw")), flush=True)
"""


class Service(http.server.BaseHTTPRequestHandler):
    fails = False
    asked: list = []

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.asked.append(form)
        right = form == {"user": "alice", "server": DOMAIN, "pass": PASSWORDS["alice"]}
        answer = b"true" if right else b"false"
        self.send_response(500 if Service.fails else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def sasl(address, user, password):
    """The server's answer to PLAIN: success, or the condition."""
    with Stream(address) as stream:
        stream.open("1.0")
        mechanisms = [m.text for m in stream.receive().iter(f"{{{SASL}}}mechanism")]
        assert mechanisms == ["PLAIN"], mechanisms
        answer = stream.sasl_plain(user, password)
        name = answer.tag.split("}")[1]
        return name if name == "success" else answer[0].tag.split("}")[1]


class Elsewhere(unittest.TestCase):
    def start(self, *words, environment=None):
        self.server = Server("--domain", DOMAIN, "--threads", "2", *LOOPBACK, *words, environment=environment)
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), []))
        return self.server.address()

    def test_http_service(self):
        service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        self.addCleanup(service.server_close)
        self.addCleanup(service.shutdown)
        address = self.start("--auth-http", f"http://127.0.0.1:{service.server_address[1]}/check")
        self.assertEqual(sasl(address, "alice", PASSWORDS["alice"]), "success")
        self.assertEqual(sasl(address, "alice", "wrong"), "not-authorized")
        self.assertEqual(sasl(address, "nobody", "x"), "not-authorized")
        Service.fails = True
        self.assertEqual(sasl(address, "alice", PASSWORDS["alice"]), "temporary-auth-failure")  # SECURITY 14
        Service.fails = False
        # The old login asks the same service, and has no digest to offer.
        with Stream(address) as old:
            old.open()
            fields = old.ask(f"<iq type='get' id='f'><query xmlns='{AUTH}'><username>alice</username></query></iq>")
            self.assertIsNone(fields.find(f"{{{AUTH}}}query/{{{AUTH}}}digest"))
        with Stream(address) as old, Stream(address) as new:
            old.login("alice", "old", how="password").available()
            new.login("alice", "new", how="sasl").available()
            new.message(f"alice@{DOMAIN}/old", "hello")
            self.assertTrue(old.receive_until(lambda e: e.tag.endswith("}message")).get("from").endswith("/new"))
        self.assertNotIn(PASSWORDS["alice"], self.server.log())
        counts = 'passwords were checked elsewhere by="[a-z-]+" asked="6" right="3" wrong="2" unavailable="1"'
        self.server.signal(signal.SIGUSR1)
        self.server.wait_log_like('logins so far connections="7" now="[0-9]+" logins="3" unanswered="1"')
        self.server.wait_log_like(counts)
        self.server.signal()
        self.server.wait()
        self.assertRegex(self.server.log(), f'(?s)so far.*{counts}.*{counts}.*stopped connections="7" logins="3" unanswered="1"')

    def test_program(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as script:
            script.write(SCRIPT)
        self.addCleanup(os.unlink, script.name)
        os.chmod(script.name, stat.S_IRWXU)
        address = self.start("--auth-command", script.name)
        self.assertEqual(sasl(address, "alice", "alice:pw"), "success")
        self.assertEqual(sasl(address, "alice", "wrong"), "not-authorized")
        self.assertEqual(sasl(address, "bob", "alice:pw"), "not-authorized")
        os.truncate(script.name, 0)  # what runs goes on
        self.assertEqual(sasl(address, "alice", "alice:pw"), "success")

    def test_features_over_tls(self):
        """Without a mechanism that binds there are no binding types: a client that saw them alone would have to give up (XEP-0440 section 5)."""
        with TlsStream(self.start("--auth-http", "http://127.0.0.1:1/"), client_context()) as stream:
            stream.open("1.0")
            features = stream.receive()
            for group in (f"{{{SASL}}}mechanisms", "{urn:xmpp:sasl:2}authentication"):
                names = [m.text for m in features.find(group) if m.tag.endswith("}mechanism")]
                self.assertEqual(names, ["PLAIN"], group)
            self.assertIsNone(features.find("{urn:xmpp:sasl-cb:0}sasl-channel-binding"))

    def test_nobody_there(self):
        address = self.start("--auth-http", "http://127.0.0.1:1/")
        self.assertEqual(sasl(address, "alice", PASSWORDS["alice"]), "temporary-auth-failure")
        self.assertEqual(run("--auth-http", "http://192.0.2.1/").returncode, 2)


class Manager(unittest.TestCase):
    """A session manager outside that compares the passwords, and does not answer."""

    def refused(self, address, what_happens=lambda: None):
        with Stream(address) as stream:
            stream.open("1.0")
            stream.receive()
            token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
            stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>")
            what_happens()
            return stream.receive()[0].tag.split("}")[1]

    def test_logins_that_it_does_not_answer_are_counted(self):
        system = Deployment("two+three", client=("--manager-timeout", "1"))
        self.addCleanup(system.stop)
        with Stream(system.address) as stream:
            stream.login("alice", how="sasl")
        self.assertEqual(sasl(system.address, "alice", "wrong"), "not-authorized")
        system.back.signal(signal.SIGSTOP)
        self.assertEqual(self.refused(system.address), "temporary-auth-failure")
        self.assertEqual(self.refused(system.address, system.back.kill), "temporary-auth-failure")
        system.front.signal(signal.SIGUSR1)
        system.front.wait_log_like('logins so far connections="4" now="[0-9]+" logins="1" unanswered="2"')
        system.front.signal()
        system.front.wait()
        self.assertRegex(system.front.log(), 'stopped connections="4" logins="1" unanswered="2"')
        self.assertNotIn("checked elsewhere", system.front.log())


if __name__ == "__main__":
    main()
