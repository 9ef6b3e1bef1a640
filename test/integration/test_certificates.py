#!/usr/bin/python3
"""The operator's certificates: files and folders that are right, and what is said of those that are not."""

import os
import re
import signal
import tempfile
import unittest

from harness import LOOPBACK, Server, main, run
from tls_client import make_certificate, openssl


def make_expired(folder, name):
    """An authority's certificate of yesterday; its file."""
    path = os.path.join(folder, name)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", path + ".key",
            "-out", path + ".csr")  # fmt: skip
    said = openssl("x509", "-req", "-in", path + ".csr", "-signkey", path + ".key", "-days", "-1", "-out", path + ".pem")
    assert os.path.exists(path + ".pem"), said
    return path + ".pem"


class WithFolder(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory(prefix="couplet-certificates-")
        self.addCleanup(held.cleanup)
        self.folder = held.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()


class BadFiles(WithFolder):
    """What --check-config finds, so that no start fails for it later."""

    def refused(self, flag, says, *words):
        for more in (("--check-config",), ()):
            done = run(*LOOPBACK, *words, *more)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr, f"^couplet: {flag}: {says}\n$")

    def test_authorities(self):
        old = make_expired(self.folder, "old-authority")
        date = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC"
        for flag, words in (("--tls-client-ca", ()), ("--component-ca", ("--component", "a.localhost", "--component-tls-listen", "127.0.0.1:0"))):
            for file, says in (("/nowhere/ca.pem", "/nowhere/ca.pem is missing"), (self.folder, f"{self.folder} is not a file"),
                               (self.write("text.pem", "nothing of use"), ".*/text.pem has no certificate in it"),
                               (old, rf"{re.escape(old)} has a certificate \(old-authority\) that expired on {date}")):  # fmt: skip
                self.refused(flag, says, *words, flag, file)

    def test_keys(self):
        chain, key = make_certificate(self.folder, "good")
        self.refused("--tls-key", "/nowhere/at/all is missing", "--tls-cert", chain, "--tls-key", "/nowhere/at/all")
        self.refused("--tls-key", ".*text.key is not in PEM", "--tls-cert", chain, "--tls-key", self.write("text.key", ""))
        self.refused("--tls-cert", "/nowhere/at/all is missing", "--tls-cert", "/nowhere/at/all", "--tls-key", key)
        self.refused("--tls-cert", f"{chain} has no private key in it", "--tls-cert", chain)
        self.assertEqual(run(*LOOPBACK, "--tls-cert", chain, "--tls-key", key, "--check-config").returncode, 0)

    def test_an_authority_that_is_renewed(self):
        """Both certificates are in the file: the one that has expired is left out, and said."""
        old, (new, _) = make_expired(self.folder, "old-authority"), make_certificate(self.folder, "new-authority")
        both = self.write("both.pem", self.read(old) + self.read(new))
        server = Server(*LOOPBACK, "--tls-client-ca", both)
        server.wait_log_like(r'an authority is left out what="\S*both.pem has a certificate \(old-authority\) that expired on ')
        self.write("both.pem", self.read(old))
        server.signal(signal.SIGHUP)
        server.wait_log_like(r"the old one stays why=.*--tls-client-ca: \S*both.pem has a certificate \(old-authority\) that expired on ")
        self.assertEqual(server.stop(), [])


if __name__ == "__main__":
    main()
