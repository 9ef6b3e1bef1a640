#!/usr/bin/python3
"""The operator's side: what a start takes from command line, environment and files, and what a wrong one says."""

import hashlib
import os
import socket
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, DOMAIN, LOOPBACK, PASSWORDS, PATIENCE, Server, main, run, sanitized, secret_file, wait_until
from wire import Stream


class Starts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-operator-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def refused(self, code, *arguments, says):
        """Ends with the code, and says in one line what was wrong."""
        done = run(*arguments)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, said)
        for text in says:
            self.assertIn(text, said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        return said

    def test_version(self):
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_help_names_every_flag_of_the_contract(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for flag in ("--domain", "--alias", "--listen", "--listen-components", "--no-clients", "--allow-plaintext", "--user", "--users",
                     "--register", "--c2s", "--sm", "--sm-id", "--sm-secret", "--max-stanza-bytes", "--max-bytes-per-second",
                     "--max-connects-per-ip", "--max-connections", "--max-unauthenticated-bytes", "--max-outbox-bytes",
                     "--max-manager-queue-bytes", "--header-timeout", "--login-timeout", "--bind-timeout", "--idle-timeout",
                     "--manager-timeout", "--shutdown-timeout", "--ready-file", "--ready-fd", "--log-level", "--log-format",
                     "--threads", "--config", "--version", "--check-config", "--import-jadc2s"):  # fmt: skip
            self.assertIn(flag, done.stdout)

    def test_unknown_flag_is_wrong_usage(self):
        self.refused(2, "--no-such-flag", says=["no-such-flag"])

    def test_bad_values_are_wrong_usage_and_name_the_flag(self):
        for flag, value in (("--listen", "nowhere"), ("--listen", "127.0.0.1:99999"), ("--threads", "many"), ("--domain", "a b"),
                            ("--user", "alice"), ("--max-stanza-bytes", "-1"), ("--log-level", "loud"), ("--sm", "host"),
                            ("--max-connects-per-ip", "5")):  # fmt: skip
            self.refused(2, *LOOPBACK, flag, value, says=[flag])

    def test_wrong_usage_does_not_repeat_a_secret(self):
        for arguments in (("--user", "not a jid:very-secret-1"), ("--c2s", "a b:very-secret-1")):
            self.assertNotIn("very-secret-1", self.refused(2, *LOOPBACK, *arguments, says=[arguments[0]]))

    def test_missing_users_file_is_named(self):
        done = run(*LOOPBACK, "--users", "/nonexistent/users.txt")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent/users.txt", done.stderr)

    def test_missing_secret_file_is_told_without_what_may_be_a_secret(self):
        # Whoever has a secret that begins with @ would read it in the log.
        for flag, value in (("--user", f"alice@{DOMAIN}:@very-secret-4"), ("--c2s", "x.localhost:@very-secret-4")):
            self.assertNotIn("very-secret-4", self.refused(2, *LOOPBACK, flag, value, says=[flag, "cannot read"]))

    def test_wrong_line_of_a_users_file_is_named_but_not_quoted(self):
        path = secret_file(self.folder, "users", f"alice@{DOMAIN}:one\nvery-secret-2\n")
        said = self.refused(2, *LOOPBACK, "--users", path, says=[path, "2"])
        self.assertNotIn("very-secret-2", said)

    def test_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused(1, "--domain", DOMAIN, "--log-level", "error", "--listen", address, says=[address])

    def test_check_config_of_a_good_one(self):
        ready = os.path.join(self.folder, "ready")
        done = run("--check-config", *LOOPBACK, "--user", f"alice@{DOMAIN}:pw", "--ready-file", ready)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.exists(ready))

    def test_check_config_of_a_bad_one(self):
        self.refused(2, "--check-config", "--threads", "x", says=["--threads"])

    def test_import_of_a_jadc2s_file(self):
        """What is printed is a file to start with: it tries the session manager that jadc2s had, with its secret."""
        with socket.create_server(("127.0.0.1", 0)) as manager:
            manager.settimeout(PATIENCE)
            port = manager.getsockname()[1]
            path = secret_file(
                self.folder,
                "jadc2s.xml",
                f"<jadc2s><sm><host>127.0.0.1</host><port>{port}</port><id>c2s.localhost</id><secret>very-secret-5</secret></sm>"
                f"<local><id>{DOMAIN}</id><ip>127.0.0.1</ip><port>5222</port></local><io><flash/></io></jadc2s>",
            )
            done = run("--import-jadc2s", path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("unknown setting", done.stdout)
            toml = secret_file(self.folder, "imported.toml", done.stdout)
            checked = run("--config", toml, "--check-config")
            self.assertEqual(checked.returncode, 0, checked.stderr)
            # The port is one that the kernel chooses, as everywhere in these tests: a flag beats the file.
            process = subprocess.Popen([BINARY, "--config", toml, "--listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                with manager.accept()[0] as link:
                    link.settimeout(PATIENCE)
                    header = link.recv(4096)
                    self.assertIn(b"to='c2s.localhost'", header.replace(b'"', b"'"))
                    link.sendall(b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='i' from='c2s.localhost'>")
                    self.assertIn(hashlib.sha1(b"ivery-secret-5").hexdigest().encode(), link.recv(4096))
            finally:
                process.terminate()
                said = process.communicate(timeout=PATIENCE)[1]
            self.assertNotIn(b"very-secret-5", said)

    def test_import_of_a_wrong_jadc2s_file(self):
        path = secret_file(self.folder, "jadc2s.xml", "<jadc2s>\n<sm><secret>very-secret-6</sm>\n</jadc2s>\n")
        self.assertNotIn("very-secret-6", self.refused(2, "--import-jadc2s", path, says=["--import-jadc2s", f"{path}:2: is no XML"]))
        self.refused(2, "--import-jadc2s", "/nonexistent/jadc2s.xml", says=["--import-jadc2s", "/nonexistent/jadc2s.xml"])

    def test_configuration_file(self):
        users = secret_file(self.folder, "users", f"alice@{DOMAIN}:{PASSWORDS['alice']}\n")
        path = secret_file(self.folder, "couplet.toml", f'domain = ["{DOMAIN}"]\nlisten = ["127.0.0.1:0"]\nusers = "{users}"\nthreads = 1\n')
        server = Server("--config", path)
        with Stream(server.address()) as stream:
            self.assertEqual(stream.login("alice").ping().get("type"), "result")
        self.assertEqual(server.stop(), [])

    def test_configuration_file_with_an_unknown_key(self):
        path = secret_file(self.folder, "couplet.toml", 'no_such_key = "x"\n')
        done = run("--config", path, "--check-config")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no_such_key", done.stderr)

    def test_flag_beats_environment(self):
        done = run("--check-config", *LOOPBACK, "--threads", "1", env={**os.environ, "COUPLET_THREADS": "not a number"})
        self.assertEqual(done.returncode, 0, done.stderr)
        server = Server(*LOOPBACK, "--domain", "flag.localhost", environment={"COUPLET_DOMAIN": "env.localhost"})
        with Stream(server.address()) as stream:
            self.assertEqual(stream.open(to="flag.localhost")["from"], "flag.localhost")
        self.assertEqual(server.stop(), [])

    def test_environment(self):
        server = Server(*LOOPBACK, environment={"COUPLET_DOMAIN": "env.localhost"})
        with Stream(server.address()) as stream:
            self.assertEqual(stream.open(to="env.localhost")["from"], "env.localhost")
        self.assertEqual(server.stop(), [])

    def test_alias(self):
        server = Server(*LOOPBACK, "--domain", DOMAIN, "--alias", f"chat.localhost={DOMAIN}", "--user", f"alice@{DOMAIN}:{PASSWORDS['alice']}")
        with Stream(server.address()) as stream:
            self.assertEqual(stream.open(to="chat.localhost")["from"], DOMAIN)
            self.assertEqual(stream.ask(stream.auth_iq("alice", "a", PASSWORDS["alice"])).get("type"), "result")
        self.assertEqual(server.stop(), [])

    def test_ten_thousand_accounts(self):
        path = secret_file(self.folder, "users", "".join(f"user{n}@{DOMAIN}:pw{n}\n" for n in range(10_000)))
        took = {}
        for accounts in ((), ("--users", path)):
            before = time.monotonic()
            server = Server(*LOOPBACK, *accounts)
            took[bool(accounts)] = time.monotonic() - before
            if not accounts:
                self.assertEqual(server.stop(), [])
        if not sanitized():
            # Ready in tens of milliseconds, and 200 ms more for the file: generous, as the machine is not ours alone.
            self.assertLess(took[False], 1)
            self.assertLess(took[True] - took[False], 1)
        with Stream(server.address()) as stream:
            self.assertEqual(stream.login("user9999", password="pw9999").ping().get("type"), "result")
        self.assertEqual(server.stop(), [])


class ReadyFile(unittest.TestCase):
    """It is there while the server is ready, and says nothing of another one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-operator-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "ready.json")

    def test_one_of_an_earlier_process_is_gone_though_the_start_fails(self):
        secret_file(os.path.dirname(self.path), "ready.json", "{}")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--ready-file", self.path)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(os.path.exists(self.path))

    def test_it_goes_when_the_server_stops(self):
        server = Server(*LOOPBACK)
        server.signal()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(os.listdir(server.folder), ["log"])
        self.assertEqual(server.stop(), [])

    def test_another_process_keeps_its_own(self):
        server = Server(*LOOPBACK)
        secret_file(server.folder, "new", "another one's")
        os.rename(os.path.join(server.folder, "new"), server.ready_path)
        server.signal()
        self.assertEqual(server.wait(), 0)
        self.assertTrue(os.path.exists(server.ready_path))
        self.assertEqual(server.stop(), [])

    def test_what_a_process_of_the_same_number_left_is_no_obstacle(self):
        # exec keeps the number of the process.
        script = ': >"$1.$$.tmp"; exec "$0" --listen 127.0.0.1:0 --ready-file "$1"'
        process = subprocess.Popen(["/bin/sh", "-c", script, BINARY, self.path], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: os.path.exists(self.path) or process.poll() is not None, "it is ready")
        self.assertIsNone(process.poll())
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["ready.json"])
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)


if __name__ == "__main__":
    main()
