#!/usr/bin/python3
"""What goes wrong with a disk: at the start one line and exit code 1; later a temporary failure, and nothing that was confirmed is lost."""

import os
import pwd
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from accounts_wire import by_iq_auth, by_plain, change_password, register
from harness import BINARY, LOOPBACK, PATIENCE, Server, main, run
from wire import Stream

PASSWORD = "pw-of-dora-81c7"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-storage-")
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            self.assertEqual(server.stop(), [])

    def start(self, **rest):
        server = Server("--data", self.data, "--register", "--threads", 1, *LOOPBACK, **rest)
        self.servers.append(server)
        return server

    def make_some(self, users=("dora",)):
        server = self.start()
        for user in users:
            self.assertIsNone(register(server.address(), user, PASSWORD))
        self.assertEqual(self.servers.pop().stop(), [])
        self.change("PRAGMA wal_checkpoint(TRUNCATE)")  # a stop that could not wait for somebody leaves the log, which is as good

    def change(self, sql):
        with sqlite3.connect(os.path.join(self.data, "couplet.db")) as db:
            db.executescript(sql)


class AtTheStart(Case):
    def refused(self, *says, **rest):
        result = run("--data", self.data, *LOOPBACK, **rest)
        self.assertEqual(result.returncode, 1, result.stderr)
        last = result.stderr.splitlines()[-1]
        self.assertTrue(last.startswith("couplet: "), result.stderr)
        for text in says:
            self.assertIn(text, last)

    def test_in_use(self):
        server = self.start()
        self.refused(f"is in use by another Couplet (process {server.process.pid})", "name another folder")

    def test_made_by_a_newer_one(self):
        self.make_some()
        self.change("PRAGMA user_version = 99")
        self.refused("couplet.db (--data) was made by a newer Couplet (version 99")

    def test_damaged(self):
        self.make_some()
        with open(os.path.join(self.data, "couplet.db"), "r+b") as file:
            file.write(b"x" * 4096)
        self.refused("is damaged", "Put a backup in its place")

    def test_damaged_behind_its_beginning(self):
        self.make_some()
        with open(os.path.join(self.data, "couplet.db"), "r+b") as file:
            file.seek(4096)
            file.write(b"x" * (os.path.getsize(file.name) - 4096))
        self.refused("couplet.db (--data)", "Put a backup in its place")

    def test_a_folder_that_cannot_be_written(self):
        self.make_some()
        nobody = pwd.getpwnam("nobody")
        os.chmod(os.path.dirname(self.folder), 0o755)
        os.chmod(self.folder, 0o755)
        os.chmod(self.data, 0o555)
        program = os.path.join(self.folder, "couplet")
        shutil.copy(BINARY, program)
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        result = subprocess.run([program, "--data", self.data, *LOOPBACK], capture_output=True, text=True, check=False,
                                timeout=PATIENCE, cwd="/", **as_nobody)  # fmt: skip
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(f"couplet: cannot write {self.data}/couplet.", result.stderr.splitlines()[-1])
        self.assertIn("(--data): Permission denied", result.stderr.splitlines()[-1])

    def test_no_place_at_all(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

        self.refused("couplet.db (--data)", preexec_fn=limit)


class LaterOn(Case):
    """A disk that is full after a while: the size of files is limited, so the log of the database cannot grow."""

    def test_a_full_disk(self):
        self.make_some(("first",))
        server = self.start(limits={resource.RLIMIT_FSIZE: 200_000})
        address = server.address()
        made = ["first"]
        for n in range(500):
            refused = register(address, f"user{n}", PASSWORD)
            if refused:
                break
            made.append(f"user{n}")
        self.assertIn(refused, ("internal-server-error", "resource-constraint"))
        self.assertGreater(len(made), 2)
        # Whoever was told that he has an account has one, and logs in.
        for user in (made[0], made[-1]):
            self.assertEqual(by_plain(address, user, PASSWORD), "success")
            self.assertIsNone(by_iq_auth(address, user, PASSWORD))
        self.assertEqual(by_plain(address, f"user{len(made) - 1}", PASSWORD), "not-authorized")
        # A new password needs less, so it may find a place still.
        now = PASSWORD
        with Stream(address).login(made[-1], "home", PASSWORD, how="sasl") as stream:
            for n in range(100):
                refused = change_password(stream, made[-1], f"another{n}")
                if refused:
                    break
                now = f"another{n}"
        self.assertIn(refused, ("internal-server-error", "resource-constraint"))
        self.assertEqual(by_plain(address, made[-1], now), "success")
        server.wait_log("the storage does not work: what needs it is refused until it does")
        self.assertEqual(self.servers.pop().stop(), [])
        # And when there is place again.
        again = self.start().address()
        for user in made[:-1]:
            self.assertEqual(by_plain(again, user, PASSWORD), "success")
        self.assertEqual(by_plain(again, made[-1], now), "success")
        self.assertIsNone(register(again, "later", PASSWORD))

    def test_a_database_that_cannot_be_read_is_no_wrong_password(self):
        self.make_some()
        server = self.start()
        file = os.path.join(self.data, "couplet.db")
        # What has not been read yet becomes noise, as on a disk that is dying.
        with open(file, "r+b") as damaged:
            damaged.seek(4096)
            damaged.write(os.urandom(os.path.getsize(file) - 4096))
        self.assertEqual(by_plain(server.address(), "dora", PASSWORD), "temporary-auth-failure")
        self.assertEqual(by_iq_auth(server.address(), "dora", PASSWORD), "internal-server-error")
        self.assertNotIn(PASSWORD, server.log())


if __name__ == "__main__":
    main()
