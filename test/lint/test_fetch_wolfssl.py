#!/usr/bin/python3
"""What scripts/fetch-wolfssl takes for wolfSSL's source, and what it does not: with an apt-get and a dpkg-source of ours."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("src", "wolfssl", "wolfcrypt/src")
OLDEST = (ROOT / "subprojects/wolfssl/oldest-version").read_text().strip()

APT_GET = """#!/bin/sh
case "$*" in *" update") exit 0 ;; esac
cp "$FAKE_PACKAGE"/* .
"""
# The last argument is the folder that it unpacks into.
DPKG_SOURCE = """#!/bin/sh
for into; do :; done
mkdir -p "$into/src" "$into/wolfssl" "$into/wolfcrypt/src"
touch "$into/COPYING" "$into/LICENSING" "$into/src/ssl.c"
"""


@unittest.skipUnless(shutil.which("apt-config") and shutil.which("dpkg"), "there is no apt")
class FetchWolfssl(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)
        for folder in ("scripts", "bin", "package", "subprojects/wolfssl"):
            (self.top / folder).mkdir(parents=True)
        shutil.copy(ROOT / "scripts/fetch-wolfssl", self.top / "scripts")
        self.library = self.top / "subprojects/wolfssl"
        (self.library / "oldest-version").write_text(OLDEST + "\n")
        for name, text in (("apt-get", APT_GET), ("dpkg-source", DPKG_SOURCE)):
            (self.top / "bin" / name).write_text(text)
            (self.top / "bin" / name).chmod(0o755)

    def package(self, version, digest=None):
        """What apt-get brings: a description, and the one part that it names."""
        part = b"sources"
        (self.top / "package/wolfssl.tar.gz").write_bytes(part)
        digest = digest or hashlib.sha256(part).hexdigest()
        (self.top / "package/wolfssl.dsc").write_text(
            f"Source: wolfssl\nVersion: {version}\nChecksums-Sha256:\n {digest} {len(part)} wolfssl.tar.gz\nFiles:\n x\n")

    def fetch(self):
        environment = dict(os.environ, PATH=f"{self.top / 'bin'}:{os.environ['PATH']}", FAKE_PACKAGE=str(self.top / "package"))
        done = subprocess.run([self.top / "scripts/fetch-wolfssl"], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def refused(self, why):
        said = self.fetch()
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("setup: no source of wolfSSL", said)
        self.assertIn(why, said)
        self.assertFalse((self.library / "source").exists())

    def test_security_55_an_older_version_is_not_built(self):
        self.package("5.5.4-2+deb12u1")
        self.refused(f"lacks security fixes, {OLDEST} has them")

    def test_other_digests_than_the_description_has(self):
        self.package(OLDEST, "0" * 64)
        self.refused("digests")

    def test_a_description_without_digests(self):
        self.package(OLDEST, "none")
        self.refused("digests")

    def test_an_older_version_that_is_there_already_goes(self):
        (self.library / "source").mkdir()
        (self.library / "source/.version").write_text("5.5.4-2\n")
        self.package("5.5.4-2")
        self.refused("lacks security fixes")

    def test_what_is_right_is_taken_and_fetched_once(self):
        self.package(OLDEST)
        self.assertIn(OLDEST, self.fetch())
        self.assertEqual((self.library / "source/.version").read_text().strip(), OLDEST)
        for part in PARTS:
            self.assertTrue((self.library / "source" / part).is_dir(), part)
        self.package("1.0")
        self.assertEqual(self.fetch(), "")


if __name__ == "__main__":
    main()
