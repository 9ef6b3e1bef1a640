#!/usr/bin/python3
"""Accounts that last: with --data, over restarts, by every way of logging in; backup, export, import."""

import asyncio
import base64
import hashlib
import hmac
import os
import pathlib
import shutil
import sqlite3
import stat
import tempfile
import threading
import unittest

import slixmpp
from accounts_wire import by_iq_auth, by_plain, change_password, offered_fields, register, remove
from harness import DOMAIN, LINK_SECRET, LOOPBACK, PATIENCE, SM_ID, Server, main, run, secret_file
from wire import Stream

loop = asyncio.new_event_loop()
PASSWORD = "pw-of-dora-81c7"
SCRAM = ("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")


def by_slixmpp(address, user, password, mechanism):
    """"success", or the condition of the failure."""

    async def log_in():
        client = slixmpp.ClientXMPP(f"{user}@{DOMAIN}/slix", password, plugin_config={"feature_mechanisms": {"use_mech": mechanism}})
        done = loop.create_future()

        def tell(what):
            if not done.done():
                done.set_result(what)

        client.add_event_handler("session_start", lambda _: tell("success"))
        client.add_event_handler("failed_auth", lambda stanza: tell(stanza["condition"]))
        client.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        result = await asyncio.wait_for(done, PATIENCE)
        await client.disconnect(wait=2)
        return result

    return asyncio.run_coroutine_threadsafe(log_in(), loop).result(PATIENCE * 2)


class Lasting(unittest.TestCase):
    threads = 1

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-storage-")
        self.data = os.path.join(self.folder, "data")
        self.server = None
        self.logs = ""

    def tearDown(self):
        if self.server:
            self.assertEqual(self.stop(), [])
        shutil.rmtree(self.folder, ignore_errors=True)
        self.assertNotIn(PASSWORD, self.logs)

    def start(self, *more, data=None, **rest):
        arguments = ("--data", data or self.data, "--register", "--threads", self.threads, "--log-level", "debug", *LOOPBACK, *more)
        self.server = Server(*arguments, **rest)
        self.address = self.server.address()
        return self.server

    def stop(self):
        server, self.server = self.server, None
        server.signal()
        server.wait()
        self.logs += server.log()
        return server.stop()

    def restart(self, *more):
        self.assertEqual(self.stop(), [])
        return self.start(*more)

    def log_in(self, user, password):
        return self.enterContext(Stream(self.address).login(user, "home", password, how="sasl"))

    def database(self, sql, *values, file=None):
        with sqlite3.connect(file or os.path.join(self.data, "couplet.db")) as db:
            return db.execute(sql, values).fetchall()


class Accounts(Lasting):
    def test_registered_and_there_after_a_restart_by_every_way_in(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", PASSWORD))
        self.assertEqual(register(self.address, "dora", "another"), "conflict")
        for _ in range(2):
            for mechanism in SCRAM:
                self.assertEqual(by_slixmpp(self.address, "dora", PASSWORD, mechanism), "success")
                self.assertEqual(by_slixmpp(self.address, "dora", "wrong", mechanism), "not-authorized")
            for _ in range(2):  # the second time it is remembered
                self.assertEqual(by_plain(self.address, "dora", PASSWORD), "success")
            self.assertEqual(by_plain(self.address, "dora", "wrong"), "not-authorized")
            self.assertEqual(by_plain(self.address, "nobody", PASSWORD), "not-authorized")
            self.assertIsNone(by_iq_auth(self.address, "dora", PASSWORD))
            self.assertEqual(by_iq_auth(self.address, "dora", "wrong"), "not-authorized")
            self.assertEqual(register(self.address, "dora", "another"), "conflict")
            self.restart()

    def test_nothing_on_the_disk_holds_the_password(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", PASSWORD))
        self.assertEqual(by_plain(self.address, "dora", PASSWORD), "success")
        for file in pathlib.Path(self.data).iterdir():
            self.assertNotIn(PASSWORD.encode(), file.read_bytes(), file)
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file)
        # PBKDF2 of that password, and nothing weaker.
        ((salt, count, stored),) = self.database("SELECT salt, iterations, stored_key FROM scram_keys WHERE hash = 256")
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, count)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        self.assertEqual(stored, hashlib.sha256(client_key).digest())
        self.assertGreaterEqual(count, 10_000)

    def test_a_new_password_lasts_and_the_old_one_does_not(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", "the first"))
        self.assertEqual(by_plain(self.address, "dora", "the first"), "success")
        self.assertIsNone(change_password(self.log_in("dora", "the first"), "dora", PASSWORD))
        for _ in range(2):
            self.assertEqual(by_plain(self.address, "dora", "the first"), "not-authorized")
            self.assertEqual(by_plain(self.address, "dora", PASSWORD), "success")
            self.assertEqual(by_slixmpp(self.address, "dora", PASSWORD, "SCRAM-SHA-512"), "success")
            self.restart()

    def test_removed_is_gone(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", PASSWORD))
        dora = self.log_in("dora", PASSWORD)
        self.assertIsNone(remove(dora))
        self.assertEqual(dora.wait_closed(), ("not-authorized", True))
        for _ in range(2):
            self.assertEqual(by_plain(self.address, "dora", PASSWORD), "not-authorized")
            self.assertEqual(self.database("SELECT count(*) FROM scram_keys"), [(0,)])
            self.restart()
        self.assertIsNone(register(self.address, "dora", PASSWORD))

    def test_digests_only_where_passwords_are_kept(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", PASSWORD))
        for name in ("dora", "nobody", ""):
            self.assertEqual(offered_fields(self.address, name), ["password", "resource", "username"])
        self.assertEqual(by_iq_auth(self.address, "dora", PASSWORD, "digest"), "not-authorized")
        self.restart("--store-passwords")
        self.assertEqual(by_iq_auth(self.address, "dora", PASSWORD, "digest"), "not-authorized")  # it was not kept
        self.assertIsNone(register(self.address, "emil", PASSWORD))
        self.restart("--store-passwords")
        self.assertEqual(offered_fields(self.address, "emil"), ["digest", "password", "resource", "username"])
        self.assertIsNone(by_iq_auth(self.address, "emil", PASSWORD, "digest"))
        self.assertEqual(by_iq_auth(self.address, "emil", "wrong", "digest"), "not-authorized")
        self.assertIsNone(by_iq_auth(self.address, "emil", PASSWORD))

    def test_the_configuration_comes_first_and_is_the_operators(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", PASSWORD))
        users = secret_file(self.folder, "users", f"dora@{DOMAIN}:configured-6d\nemil@{DOMAIN}:configured-6e\n")
        self.restart("--users", users)
        for mechanism in SCRAM:
            self.assertEqual(by_slixmpp(self.address, "dora", "configured-6d", mechanism), "success")
        self.assertEqual(by_plain(self.address, "dora", PASSWORD), "not-authorized")
        self.assertEqual(by_plain(self.address, "emil", "configured-6e"), "success")
        emil = self.log_in("emil", "configured-6e")
        self.assertEqual(change_password(emil, "emil", "would be gone"), "not-allowed")
        self.assertEqual(remove(emil), "not-allowed")
        self.assertEqual(self.database("SELECT jid FROM accounts"), [(f"dora@{DOMAIN}",)])
        self.restart()
        self.assertEqual(by_plain(self.address, "dora", PASSWORD), "success")
        self.assertEqual(by_plain(self.address, "emil", "configured-6e"), "not-authorized")

    def test_in_front_of_the_session_manager(self):
        link = secret_file(self.folder, "link", LINK_SECRET)
        role_three = ("--no-clients", "--c2s", f"{SM_ID}:@{link}", "--listen-components", "127.0.0.1:0", "--data", self.data, "--register")
        for known in (False, True):
            back = Server(*role_three)
            host, port = back.address("component")
            front = Server(*LOOPBACK, "--sm", f"{host}:{port}", "--sm-id", SM_ID, "--sm-secret", f"@{link}")
            address = front.address()
            self.assertEqual(register(address, "dora", PASSWORD), "conflict" if known else None)
            self.assertEqual(by_plain(address, "dora", PASSWORD), "success")
            self.assertEqual(by_plain(address, "dora", "wrong"), "not-authorized")
            self.assertIsNone(by_iq_auth(address, "dora", PASSWORD))
            self.assertEqual(front.stop() + back.stop(), [])


class AccountsOnTwoThreads(Accounts):
    threads = 2


class Chores(Lasting):
    def done(self, *arguments, code=0):
        result = run(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertNotIn(PASSWORD, result.stderr)
        return result.stdout if code == 0 else result.stderr

    def test_a_backup_of_a_running_server_is_a_database(self):
        self.start()
        self.assertIsNone(register(self.address, "dora", PASSWORD))
        file = os.path.join(self.folder, "backup.db")
        self.done("--backup", file, "--data", self.data)
        self.assertIsNone(register(self.address, "late", PASSWORD))
        self.assertEqual(self.database("SELECT jid FROM accounts", file=file), [(f"dora@{DOMAIN}",)])
        self.assertEqual(self.database("PRAGMA integrity_check", file=file), [("ok",)])
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertEqual(self.stop(), [])
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        shutil.copy(file, os.path.join(other, "couplet.db"))
        self.start(data=other)
        self.assertEqual(by_slixmpp(self.address, "dora", PASSWORD, "SCRAM-SHA-256"), "success")
        self.assertEqual(by_plain(self.address, "late", PASSWORD), "not-authorized")

    def test_exported_and_imported(self):
        self.start()
        for user in ("dora", "emil"):
            self.assertIsNone(register(self.address, user, PASSWORD))
        file = os.path.join(self.folder, "export.xml")
        self.done("--export", file, "--data", self.data)
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertEqual(self.done("--export", "-", "--data", self.data), pathlib.Path(file).read_text("utf-8"))
        # Not while somebody else uses it.
        self.assertIn("is in use by another Couplet (process ", self.done("--import", file, "--data", self.data, code=1))
        self.assertEqual(self.stop(), [])
        other = os.path.join(self.folder, "other")
        self.done("--import", file, "--data", other)
        again = run("--import", file, "--data", other)
        self.assertEqual(again.stderr, "couplet: note: 2 accounts were there already, and stay as they are\ncouplet: 0 accounts imported\n")
        self.start(data=other)
        for mechanism in SCRAM:
            self.assertEqual(by_slixmpp(self.address, "dora", PASSWORD, mechanism), "success")
        self.assertEqual(by_plain(self.address, "emil", PASSWORD), "success")

    def test_keys_of_another_server(self):
        """Other salts and counts, and fewer hashes; one with a password."""
        salt = b"salt of another server"
        salted = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 4096)
        stored = hashlib.sha1(hmac.digest(salted, b"Client Key", "sha1")).digest()
        server = hmac.digest(salted, b"Server Key", "sha1")
        keys = "".join(f"<{name}>{base64.b64encode(value).decode()}</{name}>" for name, value in
                       (("salt", salt), ("server-key", server), ("stored-key", stored)))  # fmt: skip
        text = (
            f"<server-data xmlns='urn:xmpp:pie:0'><host jid='{DOMAIN}'><user name='dora'>"
            f"<scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-1'><iter-count>4096</iter-count>{keys}"
            f"</scram-credentials><query xmlns='jabber:iq:privacy'/></user><user name='emil' password='{PASSWORD}'/></host>"
            "<host jid='elsewhere.example'><user name='x' password='y'/></host></server-data>"
        )
        file = secret_file(self.folder, "theirs.xml", text)
        result = run("--import", file, "--data", self.data)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.splitlines(), [
            "couplet: note: elsewhere.example is not among the domains served (--domain)",
            "couplet: note: left out, since it is not stored here: query (jabber:iq:privacy), 1 time",
            "couplet: 3 accounts imported",
        ])  # fmt: skip
        self.start()
        self.server.wait_log("accounts of domains that are not served stay where they are stored")
        self.assertEqual(by_slixmpp(self.address, "dora", PASSWORD, "SCRAM-SHA-1"), "success")
        self.assertEqual(by_plain(self.address, "dora", PASSWORD), "success")
        for mechanism in SCRAM:
            self.assertEqual(by_slixmpp(self.address, "emil", PASSWORD, mechanism), "success")
        self.assertEqual(self.database("SELECT count(*) FROM accounts WHERE password IS NOT NULL"), [(0,)])

    def test_what_cannot_be_done_is_one_line(self):
        broken = secret_file(self.folder, "broken.xml", "<server-data xmlns='urn:xmpp:pie:0'><host jid='a.example'>")
        for arguments, says in (
            (("--backup", os.path.join(self.folder, "b"), "--data", self.data), "No such file or directory"),
            (("--export", "-", "--data", self.data), "No such file or directory"),
            (("--import", "/nonexistent", "--data", self.data), "cannot read /nonexistent (--import): No such file"),
            (("--import", broken, "--data", self.data), "broken.xml (--import): it is not complete"),
        ):
            error = self.done(*arguments, code=1)
            self.assertIn(says, error)
            self.assertEqual(error.count("\n"), 1, error)
        self.assertFalse(os.path.exists(self.data))  # nothing was made of it
        for arguments in (("--export", "-"), ("--backup", "x", "--export", "y", "--data", "z"), ("--store-passwords",)):
            self.assertEqual(self.done(*arguments, code=2).count("\n"), 1)


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.set_event_loop(loop)
    main()
