#!/usr/bin/python3
"""The operator's side while the server runs: ready file, log, secrets, plaintext, and what SIGHUP reads again."""

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from harness import BINARY, DOMAIN, LINK_SECRET, LOOPBACK, PASSWORDS, PATIENCE, SM_ID, Deployment, Server, main, secret_file, wait_until
from scripted_manager import ACCEPT
from tls_client import TlsStream, client_context
from wire import STREAMS, Stream, stanza_error, stream_error


class Ready(unittest.TestCase):
    def test_ready_file(self):
        server = Server("--domain", DOMAIN, *LOOPBACK, *LOOPBACK, "--listen-components", "127.0.0.1:0", "--c2s", f"x.localhost:{LINK_SECRET}")
        self.assertEqual(server.ready["pid"], server.process.pid)
        kinds = [(x["kind"], x["address"]) for x in server.ready["listeners"]]
        self.assertEqual(sorted(kinds), [("client", "127.0.0.1"), ("client", "127.0.0.1"), ("component", "127.0.0.1")])
        for listener in server.ready["listeners"]:
            with socket.create_connection((listener["address"], listener["port"]), PATIENCE):
                pass
        self.assertEqual(len({x["port"] for x in server.ready["listeners"]}), 3)
        self.assertEqual(server.stop(), [])

    def test_ready_file_descriptor(self):
        mine, its = os.pipe()
        process = subprocess.Popen([BINARY, *LOOPBACK, "--ready-fd", str(its)], pass_fds=[its], stderr=subprocess.DEVNULL)
        os.close(its)
        with os.fdopen(mine) as reader:
            ready = json.loads(reader.read())  # ends when it is closed
        self.assertEqual(ready["pid"], process.pid)
        self.assertEqual([x["kind"] for x in ready["listeners"]], ["client"])
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_one_listener_of_each_kind_with_several_threads(self):
        server = Server("--threads", "4", *LOOPBACK)
        self.assertEqual(len(server.ready["listeners"]), 1)
        streams = [Stream(server.address()) for _ in range(16)]
        for stream in streams:
            stream.open()
            stream.close()
        self.assertEqual(server.stop(), [])

    def test_log_is_json_where_it_is_asked_for(self):
        server = Server(*LOOPBACK, "--log-format", "json", "--log-level", "debug")
        with Stream(server.address()) as stream:
            stream.open()
        server.signal()
        server.wait()
        lines = server.log().splitlines()
        self.assertGreater(len(lines), 0)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)
        self.assertEqual(server.stop(), [])

    def test_plaintext_on_loopback_is_said(self):
        server = Server(*LOOPBACK)
        server.wait_log_like(r"(?i)plain|tls|encrypt")
        self.assertEqual(server.stop(), [])

    def test_plaintext_elsewhere_is_refused_unless_allowed(self):
        address = outside_address()
        if address is None:
            self.skipTest("this machine has loopback addresses only")
        account = ("--user", f"alice@{DOMAIN}:{PASSWORDS['alice']}")
        for allowed in (False, True):
            server = Server("--listen", f"{address}:0", *account, *(["--allow-plaintext"] if allowed else []))
            with Stream(server.address()) as stream:
                stream.open()
                stream.send(stream.auth_iq("alice", "a", PASSWORDS["alice"], "password"))
                answer = stream.receive()
                self.assertEqual((answer.get("type"), stanza_error(answer)), ("result", None) if allowed else ("error", "policy-violation"))
            self.assertEqual(server.stop(), [])

    def test_loopback_client_of_a_listener_for_everybody_may_log_in(self):
        # A peer that comes over loopback is on this machine, whatever the listener's address.
        server = Server("--listen", "0.0.0.0:0", "--user", f"alice@{DOMAIN}:{PASSWORDS['alice']}")
        with Stream(("127.0.0.1", server.address()[1])) as stream:
            self.assertEqual(stream.login("alice", how="password").ping().get("type"), "result")
        self.assertEqual(server.stop(), [])


def outside_address():
    """An address of this machine that is not a loopback one; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        asking.connect(("198.51.100.1", 9))  # RFC 5737: nobody's
        found = asking.getsockname()[0]
        return None if found.startswith("127.") else found
    return None


class Secrets(unittest.TestCase):
    def test_neither_command_line_nor_log_shows_them(self):
        system = Deployment("two+three", client=("--log-level", "debug"), manager=("--log-level", "debug"))
        with Stream(system.address) as stream:
            stream.login("alice", how="password")
        for how in ("password", "digest"):
            with Stream(system.address) as stream:
                stream.open()
                stream.ask(stream.auth_iq("alice", "r", "wrong-secret-xyz", how))
        with Stream(system.address) as stream:
            stream.login("bob", how="sasl")
        secrets = [*PASSWORDS.values(), LINK_SECRET, "wrong-secret-xyz"]
        for server in system.servers:
            with open(f"/proc/{server.process.pid}/cmdline", "rb") as line:
                shown = line.read().decode()
            for secret in secrets:
                self.assertNotIn(secret, shown)
        logs = []
        for server in system.servers[::-1]:
            server.signal()
            server.wait()
            logs.append(server.log())
        for secret in secrets:
            for log in logs:
                self.assertNotIn(secret, log)
        self.assertEqual(system.stop(), [])

    def test_secret_given_as_an_argument_is_gone_from_the_command_line(self):
        server = Server(*LOOPBACK, "--user", f"alice@{DOMAIN}:visible-secret-3")
        self.assertNotIn("visible-secret-3", server.log())
        with open(f"/proc/{server.process.pid}/cmdline", "rb") as line:
            shown = line.read()
        with Stream(server.address()) as stream:
            self.assertEqual(stream.login("alice", password="visible-secret-3").ping().get("type"), "result")
        self.assertEqual(server.stop(), [])
        self.assertNotIn(b"visible-secret-3", shown)

    def test_ready_file_is_whole_when_it_appears(self):
        server = Server(*LOOPBACK)
        self.assertTrue(stat.S_ISREG(os.stat(server.ready_path).st_mode))
        self.assertEqual([f for f in os.listdir(server.folder) if f not in ("log", "ready.json")], [])
        self.assertEqual(server.stop(), [])


class ReadsAgain(unittest.TestCase):
    """SIGHUP: accounts, secrets and the log level are read again; connections stay."""

    AGAIN = "configuration read again"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-operator-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.streams = []

    def tearDown(self):
        for stream in self.streams:
            stream.close()

    def start_from_file(self, more=""):
        self.users(alice=PASSWORDS["alice"], bob=PASSWORDS["bob"])
        self.level("warning", more)
        self.server = Server("--config", os.path.join(self.folder, "couplet.toml"), "--threads", "2")

    def users(self, **accounts):
        secret_file(self.folder, "users", "".join(f"{user}@{DOMAIN}:{secret}\n" for user, secret in accounts.items()))

    def level(self, level, more="", domain=DOMAIN):
        users = os.path.join(self.folder, "users")
        text = f'domain = ["{domain}"]\nlisten = ["127.0.0.1:0"]\nusers = "{users}"\nlog-level = "{level}"\n{more}'
        secret_file(self.folder, "couplet.toml", text)

    def login(self, user, resource="r", password=None):
        self.streams.append(Stream(self.server.address()))
        return self.streams[-1].login(user, resource, password)

    def assert_refused(self, user, password):
        with Stream(self.server.address()) as stream:
            stream.open()
            self.assertEqual(stanza_error(stream.ask(stream.auth_iq(user, "r", password))), "not-authorized")

    def test_accounts_and_log_level(self):
        self.start_from_file()
        kept = self.login("alice", "kept")
        self.assert_refused("dave", "dave-pw-1")
        self.assertNotIn("client logged in", self.server.log())
        self.users(alice="alice-pw-new", bob=PASSWORDS["bob"], dave="dave-pw-1")
        self.level("info")
        self.server.signal(signal.SIGHUP)
        self.server.wait_log(self.AGAIN)
        self.assertEqual(self.login("dave", password="dave-pw-1").ping().get("type"), "result")
        self.assertEqual(self.login("alice", "new", "alice-pw-new").ping().get("type"), "result")
        self.assertEqual(self.login("bob").ping().get("type"), "result")
        self.assert_refused("alice", PASSWORDS["alice"])
        self.assertEqual(kept.ping().get("type"), "result")
        self.server.wait_log(f'client logged in jid="dave@{DOMAIN}/r"')
        self.assertEqual(self.server.stop(), [])

    def test_broken_file_changes_nothing_and_is_said_once(self):
        self.start_from_file()
        kept = self.login("alice", "kept")
        whole = "alice@localhost:alice-pw-new\n"
        for name, broken in (("users", whole + "very-secret-5\n"), ("couplet.toml", 'users = "very-secret-5\n'), ("users", None)):
            self.users(alice=PASSWORDS["alice"], bob=PASSWORDS["bob"])
            self.level("warning")
            before = len(self.server.log())
            if broken is None:
                os.unlink(os.path.join(self.folder, name))
            else:
                secret_file(self.folder, name, broken)
            self.server.signal(signal.SIGHUP)
            wait_until(lambda size=before: self.server.log()[size:].endswith("\n"), "it says so")
            self.assertEqual(self.login("alice", "old").ping().get("type"), "result")
            self.assertEqual(self.login("bob").ping().get("type"), "result")
            self.assert_refused("alice", "alice-pw-new")
            self.assertEqual(kept.ping().get("type"), "result")
            said = self.server.log()[before:]
            self.assertRegex(said, r"\A\S+ warning the configuration is wrong now; the old one stays why=.*\n\Z", "one line")
            self.assertIn(name, said)
            self.assertNotIn("very-secret-5", said)
        # It still listens to the signal.
        self.users(alice="alice-pw-new")
        self.level("info")
        self.server.signal(signal.SIGHUP)
        self.server.wait_log(self.AGAIN)
        self.assertEqual(self.login("alice", "new", "alice-pw-new").ping().get("type"), "result")
        self.assertEqual(self.server.stop(), [])

    def test_what_a_user_has_changed_stays_unless_the_operator_changes_it_too(self):
        self.start_from_file("register = true\n")
        stream = self.login("alice", "there")
        account = "<query xmlns='jabber:iq:register'><username>alice</username><password>own-pw-31</password></query>"
        self.assertEqual(stream.ask(f"<iq type='set' id='pw'>{account}</iq>").get("type"), "result")
        self.level("info", "register = true\n")
        self.server.signal(signal.SIGHUP)
        self.server.wait_log(self.AGAIN)
        self.assertEqual(self.login("alice", "again", "own-pw-31").ping().get("type"), "result")
        self.assert_refused("alice", PASSWORDS["alice"])
        self.users(alice="alice-pw-new", bob=PASSWORDS["bob"])
        self.server.signal(signal.SIGHUP)
        wait_until(lambda: self.server.log().count(self.AGAIN) == 2, "it was read twice")
        self.assert_refused("alice", "own-pw-31")
        self.assertEqual(self.login("alice", "new", "alice-pw-new").ping().get("type"), "result")
        self.assertEqual(self.server.stop(), [])

    def test_what_needs_a_restart_does_not_change_the_certificate(self):
        self.start_from_file()
        self.level("info", domain="other.example")
        secret_file(self.folder, "users", "alice@other.example:x\n")
        before = self.certificate()
        self.server.signal(signal.SIGHUP)
        self.server.wait_log(self.AGAIN)
        self.assertEqual(self.certificate(), before)
        self.assertEqual(self.server.stop(), [])

    def certificate(self):
        with TlsStream(self.server.address(), client_context()) as stream:
            return stream.certificate()

    def test_certificates_that_are_wrong_now_leave_everything_as_it_was(self):
        self.start_from_file()
        before = self.certificate()
        self.users(alice="alice-pw-new", bob=PASSWORDS["bob"])
        wrong = secret_file(self.folder, "wrong.pem", "no certificate\n")
        self.level("info", f'tls-cert = ["{wrong}"]\n')
        self.server.signal(signal.SIGHUP)
        self.server.wait_log_like("wrong\\.pem")
        self.assert_refused("alice", "alice-pw-new")
        self.assertEqual(self.login("alice", "old").ping().get("type"), "result")
        self.assertEqual(self.certificate(), before)
        self.assertNotIn(self.AGAIN, self.server.log())
        self.assertEqual(self.server.stop(), [])

    def knock(self, address, secret):
        """A handshake as c2s; the open connection, or the condition that it was refused with."""
        stream = Stream(address)
        self.streams.append(stream)
        stream.send(f"<stream:stream xmlns='{ACCEPT}' xmlns:stream='{STREAMS}' to='{SM_ID}'>")
        stream.wait_header()
        stream.send(f"<handshake>{hashlib.sha1((stream.id + secret).encode()).hexdigest()}</handshake>")
        answer = stream.receive()
        return stream if answer.tag == f"{{{ACCEPT}}}handshake" else stream_error(answer)

    def test_secret_of_a_c2s(self):
        system = Deployment("two+three", threads=2, client=("--sm-grace", "0"))
        self.server = system.front
        kept = self.login("alice", "kept")
        secret_file(system.secrets, "link", "link-secret-new")
        for server in system.servers:
            server.signal(signal.SIGHUP)
            server.wait_log(self.AGAIN)
        # The link that stands is not asked for its secret again.
        self.assertEqual(kept.ping().get("type"), "result")
        address = system.back.address("component")
        self.assertEqual(self.knock(address, LINK_SECRET), "not-authorized")
        self.assertEqual(kept.ping().get("type"), "result")
        # Whoever has the new one takes the name over; the front, pushed out, comes back with the secret that it has now.
        self.assertIsInstance(self.knock(address, "link-secret-new"), Stream)
        self.assertEqual(kept.wait_closed(), ("remote-connection-failed", True))
        wait_until(lambda: system.front.log().count("linked to the session manager") == 2, "it is linked again")
        self.assertEqual(self.login("alice", "again").ping().get("type"), "result")
        self.assertEqual(system.stop(), [])


class Unprivileged(unittest.TestCase):
    def test_runs_without_home_and_terminal(self):
        server = Server(*LOOPBACK, environment={"HOME": "/nonexistent", "TERM": ""})
        self.assertEqual(server.stop(), [])

    def test_nothing_is_written_to_standard_output(self):
        process = subprocess.Popen([BINARY, *LOOPBACK, "--ready-fd", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        self.assertTrue(re.match(r"\{.*\}$", line.strip()))
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual((out, process.returncode), ("", 0))


if __name__ == "__main__":
    main()
