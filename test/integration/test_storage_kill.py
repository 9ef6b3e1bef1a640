#!/usr/bin/python3
"""kill -9 at any moment: what was confirmed is there afterwards: accounts and passwords, rosters, block lists, private XML, vCards,
nodes, messages that wait, archives. An argument says how often: test_storage_kill.py 200; 20 without."""

import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

from accounts_wire import by_plain, change_password, register_iq
from harness import DOMAIN, LOOPBACK, Server, main
from lasting_changes import Keeper
from wire import Closed, Stream, stanza_error

KILLS = int(sys.argv.pop()) if len(sys.argv) > 1 and sys.argv[-1].isdigit() else 20
LOADERS = 4
KEEPERS = 3


class Loader(threading.Thread):
    """Makes accounts and changes their passwords, and notes what it was told and what it only asked for."""

    def __init__(self, address, prefix):
        super().__init__(daemon=True)
        self.address = address
        self.prefix = prefix
        self.confirmed = {}  # name → password
        self.asked = {}  # name → password that may be in force, too
        self.wrong = []

    def run(self):
        try:
            with Stream(self.address) as maker:
                maker.open()
                for n in range(10_000):
                    self.make(maker, f"{self.prefix}-{n}")
        except (OSError, Closed):
            pass  # it was killed

    def make(self, maker, name):
        self.asked[name] = "first"
        self.expect(stanza_error(maker.ask(register_iq(name, "first"))), name)
        self.confirmed[name] = "first"
        if random.random() < 0.3:
            with Stream(self.address) as own:
                own.login(name, "r", "first", how="sasl")
                self.asked[name] = "second"
                self.expect(change_password(own, name, "second"), name)
                self.confirmed[name] = "second"

    def expect(self, refused, name):
        if refused:
            self.wrong.append(f"{name}: {refused}")


class Killed(unittest.TestCase):
    def test_what_was_confirmed_is_there(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}, {KILLS} times", flush=True)
        random.seed(seed)
        folder = tempfile.mkdtemp(prefix="couplet-kill-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.data = os.path.join(folder, "data")
        total = 0
        self.keepers = [Keeper(f"keeper-{n}") for n in range(KEEPERS)]
        server = self.start()
        for round_ in range(KILLS):
            loaders = [Loader(server.address(), f"r{round_}-{n}") for n in range(LOADERS)]
            for keeper in self.keepers:
                keeper.start(server.address())
            for loader in loaders:
                loader.start()
            time.sleep(random.uniform(0.02, 0.5))  # any moment will do: that is what is tested
            server.kill()
            for loader in loaders:
                loader.join()
                self.assertEqual(loader.wrong, [])
            for keeper in self.keepers:
                keeper.thread.join()
            server.forget()
            server = self.start()
            total += self.check(server, loaders)
            self.assertEqual([wrong for keeper in self.keepers for wrong in keeper.check(server.address())], [])
        self.assertEqual(server.stop(), [])
        self.assertGreater(total, KILLS)
        print(f"{total} accounts were confirmed, and are there", flush=True)
        changes = {kind: sum(keeper.counts[kind] for keeper in self.keepers) for kind in self.keepers[0].counts}
        self.assertGreater(min(changes.values()), 0)
        print(", ".join(f"{kind} {count}" for kind, count in changes.items()) + " were confirmed, and are there", flush=True)

    def start(self):
        users = [word for keeper in self.keepers for word in keeper.options()]
        limits = ["--max-archive-messages", 100_000, "--max-archive-bytes", 1 << 30]
        return Server("--data", self.data, "--register", "--threads", 2, *users, *limits, *LOOPBACK)

    def check(self, server, loaders):
        with sqlite3.connect(f"file:{self.data}/couplet.db?mode=ro", uri=True) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            there = {row[0] for row in db.execute("SELECT jid FROM accounts")}
            keys = dict(db.execute("SELECT owner, count(*) FROM scram_keys GROUP BY owner"))
        self.assertEqual(keys, dict.fromkeys(there, 3))  # whole or not at all
        for loader in loaders:
            missing = [name for name in loader.confirmed if f"{name}@{DOMAIN}" not in there]
            self.assertEqual(missing, [])
            # The last ones are those that could be missing.
            for name in list(loader.confirmed)[-3:]:
                right = {loader.confirmed[name], loader.asked[name]}
                found = [password for password in sorted(right) if by_plain(server.address(), name, password) == "success"]
                self.assertEqual(len(found), 1, f"{name}: {found} of {right}")
        return sum(len(loader.confirmed) for loader in loaders)


if __name__ == "__main__":
    main()
