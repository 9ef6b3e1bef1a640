#!/usr/bin/python3
"""Adds up what a test run of meson ran: one line `N passed, N failed` at the end, exit code 1 where anything failed.

A test program counts as many as it says: doctest's summary, or a last line `N passed, N failed`. One that says nothing is
one test. A program that ended badly has failed at least once, whatever it said before. A log that is missing or broken off, because
nothing could be built, say, is one failure.

    tally.py TESTLOG.json…
"""

import json
import re
import sys

DOCTEST = re.compile(r"^\[doctest\] test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed", re.MULTILINE)
OURS = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def count(entry):
    """(passed, failed) of one line of meson's log."""
    text = COLOURS.sub("", entry.get("stdout") or "")
    passed = failed = 0
    said = OURS.findall(text)[-1:] or DOCTEST.findall(text)
    for good, bad in said:
        passed += int(good)
        failed += int(bad)
    if entry["result"] == "SKIP":
        return 0, 0
    if entry["result"] in ("OK", "EXPECTEDFAIL"):
        return (passed, failed) if said else (1, 0)
    return passed, max(failed, 1)


def count_log(path):
    """(passed, failed) of a whole log; names what did not pass."""
    passed = failed = 0
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                entry = json.loads(line)
                good, bad = count(entry)
                passed += good
                failed += bad
                if bad or entry["result"] == "SKIP":
                    print(f"{entry['result']}: {entry['name']}")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as why:
        print(f"cannot read the log {path}: {why}")
        failed += 1
    return passed, failed


def main(paths):
    passed = failed = 0
    for path in paths:
        good, bad = count_log(path)
        passed += good
        failed += bad
    if passed + failed == 0:
        print("no test ran")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
