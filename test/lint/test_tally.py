#!/usr/bin/python3
"""What scripts/tally.py makes of the output of test programs."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import tally  # noqa: E402


def count(stdout, result="OK"):
    return tally.count({"name": "x", "stdout": stdout, "result": result})


class Tally(unittest.TestCase):
    def test_doctest_summary(self):
        text = "[doctest] doctest version is \"2.4.9\"\n[doctest] test cases: 12 | 12 passed | 0 failed | 0 skipped\n"
        self.assertEqual(count(text), (12, 0))

    def test_doctest_summary_in_colours(self):
        text = "\x1b[0;36m[doctest] \x1b[0mtest cases:  5 | \x1b[0;32m 4 passed\x1b[0m | \x1b[0;31m1 failed\x1b[0m | 0 skipped\n"
        self.assertEqual(count(text, "FAIL"), (4, 1))

    def test_own_last_line(self):
        self.assertEqual(count("1 passed, 1 failed\nmore\n7 passed, 0 failed\n"), (7, 0))

    def test_silent_program_is_one_test(self):
        self.assertEqual(count(""), (1, 0))

    def test_crash_after_a_good_summary_is_a_failure(self):
        self.assertEqual(count("3 passed, 0 failed\n", "FAIL"), (3, 1))

    def test_timeout_is_a_failure(self):
        self.assertEqual(count("", "TIMEOUT"), (0, 1))

    def test_skipped_program_is_neither(self):
        self.assertEqual(count("", "SKIP"), (0, 0))

    def test_no_stdout(self):
        self.assertEqual(tally.count({"name": "x", "stdout": None, "result": "ERROR"}), (0, 1))


def run(*paths):
    """(exit code, what it printed) of the whole program."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = tally.main([str(path) for path in paths])
    return code, printed.getvalue().splitlines()


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def log(self, name, *entries, end=""):
        path = self.folder / name
        path.write_text("".join(json.dumps(e) + "\n" for e in entries) + end, encoding="utf-8")
        return path

    def entry(self, stdout, result="OK", name="x"):
        return {"name": name, "stdout": stdout, "result": result}

    def test_all_logs_are_added_up(self):
        one = self.log("one", self.entry("2 passed, 0 failed\n"), self.entry(""))
        two = self.log("two", self.entry("5 passed, 0 failed\n"))
        self.assertEqual(run(one, two), (0, ["8 passed, 0 failed"]))

    def test_a_failure_is_named(self):
        log = self.log("log", self.entry("1 passed, 2 failed\n", "FAIL", "bad"), self.entry(""))
        self.assertEqual(run(log), (1, ["FAIL: bad", "2 passed, 2 failed"]))

    def test_a_missing_log_is_a_failure(self):
        code, printed = run(self.log("log", self.entry("")), self.folder / "missing")
        self.assertEqual((code, printed[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("missing", printed[0])

    def test_a_log_that_breaks_off_is_a_failure(self):
        code, printed = run(self.log("log", self.entry("3 passed, 0 failed\n"), end='{"name": "y", "std'))
        self.assertEqual((code, printed[-1]), (1, "3 passed, 1 failed"))

    def test_a_log_of_something_else_is_a_failure(self):
        for line in ("17\n", "{}\n", "[]\n"):
            with self.subTest(line):
                self.assertEqual(run(self.log("log", end=line))[1][-1], "0 passed, 1 failed")

    def test_no_log_and_an_empty_one_are_a_failure(self):
        self.assertEqual(run(), (1, ["no test ran", "0 passed, 1 failed"]))
        self.assertEqual(run(self.log("log")), (1, ["no test ran", "0 passed, 1 failed"]))


class Scripts(unittest.TestCase):
    """What cannot be built or set up ends with the same last line."""

    def last_line(self, *command, **environment):
        env = {**os.environ, **environment}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stdout.splitlines()[-1]

    def test_a_folder_that_was_never_built(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.last_line("scripts/run-tests", folder + "/none"), "0 passed, 1 failed")

    def test_a_folder_that_meson_does_not_know(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "build.ninja").touch()
            self.assertEqual(self.last_line("scripts/run-tests", folder), "0 passed, 1 failed")

    def test_no_folder(self):
        self.assertEqual(self.last_line("scripts/run-tests"), "0 passed, 1 failed")

    def test_a_build_that_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            # Set-up finds all it needs; the rules of this folder end in an error.
            pathlib.Path(folder, "build.ninja").write_text("rule no\n  command = false\nbuild all: no\n", encoding="utf-8")
            self.assertEqual(self.last_line("scripts/test", BUILD_DIR=folder, SETUP="true"), "0 passed, 1 failed")

    def test_a_set_up_that_fails(self):
        self.assertEqual(self.last_line("scripts/test", SETUP="false"), "0 passed, 1 failed")

    def test_the_whole_check(self):
        # What is wrong with its arguments is said before anything is set up.
        self.assertEqual(self.last_line(".ci/run", SETUP="false"), "0 passed, 1 failed")
        with tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder, "was-there")
            set_up = pathlib.Path(folder, "set-up")
            set_up.write_text(f"#!/bin/sh\n: >{trace}\n", encoding="utf-8")
            set_up.chmod(0o755)
            self.assertEqual(self.last_line(".ci/run", "shell_scripts", "no_such_lane", SETUP=str(set_up)), "0 passed, 1 failed")
            self.assertFalse(trace.exists())


if __name__ == "__main__":
    main()
