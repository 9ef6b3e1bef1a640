#!/usr/bin/python3
"""The operator's certificates: files and folders that are right, and what is said of those that are not."""

import hashlib
import os
import re
import shutil
import signal
import ssl
import tempfile
import unittest

from harness import DOMAIN, LOOPBACK, Server, main, run
from tls_client import TlsStream, client_context, make_certificate, openssl

FIRST, SECOND, THIRD = "a.example", "b.example", "c.example"


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


def shown(server, name=None):
    """The SHA-256 of the certificate that a client gets who asks for this name, as the log writes it."""
    with TlsStream(server.address("client-tls"), client_context(), direct=True, server_name=name) as stream:
        return fingerprint(stream.certificate())


def fingerprint(der):
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


class Folders(WithFolder):
    """--tls-cert FOLDER: a pair for each domain."""

    def setUp(self):
        super().setUp()
        self.pairs = os.path.join(self.folder, "pairs")
        os.mkdir(self.pairs)
        self.expected = {name: self.add(name) for name in (SECOND, FIRST)}

    def make(self, name):
        made = os.path.join(self.folder, "made")
        os.makedirs(made, exist_ok=True)
        return make_certificate(made, name, f"/CN={name}", f"subjectAltName=DNS:{name}")

    def add(self, name):
        """NAME.pem and NAME.key in the folder; the fingerprint."""
        for path in self.make(name):
            shutil.copy(path, self.pairs)
        return self.fingerprint_in(os.path.join(self.pairs, name + ".pem"))

    def fingerprint_in(self, path):
        return fingerprint(ssl.PEM_cert_to_DER_cert(self.read(path)))

    def start(self, *words):
        server = Server(*LOOPBACK, "--threads", 1, "--listen-tls", "127.0.0.1:0", "--domain", FIRST, "--domain", SECOND, "--domain", THIRD, *words)
        self.addCleanup(lambda: self.assertEqual(server.stop(), []))
        return server

    def test_each_domain_has_its_own(self):
        server = self.start("--tls-cert", self.pairs)
        for name, expected in self.expected.items():
            self.assertEqual(shown(server, name), expected)
            server.wait_log_like(f'certificate names="{name}" sha256="{expected}" until=')
        # Whoever asks for none, or for one that is not there, gets the first: folders are read in the order of their names.
        self.assertEqual(shown(server), self.expected[FIRST])
        self.assertEqual(shown(server, THIRD), self.expected[FIRST])

    def test_a_pair_that_is_added_is_seen_at_renewal(self):
        server = self.start("--tls-cert", self.pairs)
        # As certbot has it.
        chain, key = self.make(THIRD)
        os.mkdir(os.path.join(self.pairs, THIRD))
        shutil.copy(chain, os.path.join(self.pairs, THIRD, "fullchain.pem"))
        shutil.copy(key, os.path.join(self.pairs, THIRD, "privkey.pem"))
        server.signal(signal.SIGHUP)
        server.wait_log("configuration read again")
        self.assertEqual(shown(server, THIRD), self.fingerprint_in(chain))
        self.assertEqual(shown(server, SECOND), self.expected[SECOND])
        # One that is not whole changes nothing.
        os.remove(os.path.join(self.pairs, SECOND + ".key"))
        server.signal(signal.SIGHUP)
        server.wait_log_like(f"the old one stays why=.*--tls-cert: {self.pairs}/{SECOND}.pem has no key beside it")
        self.assertEqual(shown(server, SECOND), self.expected[SECOND])

    def test_a_folder_and_a_file(self):
        chain, key = self.make(THIRD)
        server = self.start("--tls-cert", chain, "--tls-key", key, "--tls-cert", self.pairs)
        self.assertEqual(shown(server), self.fingerprint_in(chain))
        self.assertEqual(shown(server, SECOND), self.expected[SECOND])

    def test_folders_that_are_no_good(self):
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        other = self.make("other.example")[1]
        mixed = shutil.copytree(self.pairs, os.path.join(self.folder, "mixed"))
        shutil.copy(other, os.path.join(mixed, FIRST + ".key"))
        for words, flag, says in ((("--tls-cert", empty), "--tls-cert", f"{empty} has no certificates in it"),
                                  (("--tls-cert", mixed), "--tls-cert", f"{mixed}/{FIRST}.key has the key of another certificate"),
                                  (("--tls-cert", self.pairs, "--tls-key", other), "--tls-key", "belongs to no --tls-cert FILE")):  # fmt: skip
            done = run(*LOOPBACK, *words, "--check-config")
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, f"^couplet: {flag}: {says}[^\n]*\n$")


class SelfSigned(WithFolder):
    """The certificate that the server makes, where nobody gives it one."""

    said = re.compile(r'a self-signed certificate is used: [^"]* names="([^"]*)" sha256="([0-9A-F:]*)" until="([^"]*)"')

    def seen(self, *domains, data=True):
        """Starts and stops a server for these domains; names and fingerprint as the log has them, which is what a client sees."""
        words = [word for domain in domains for word in ("--domain", domain)]
        server = Server(*LOOPBACK, "--listen-tls", "127.0.0.1:0", *words, *(("--data", os.path.join(self.folder, "data")) if data else ()))
        names, sha256, until = server.wait_log_like(self.said.pattern).groups()
        self.assertEqual(sha256, shown(server, domains[-1]))
        self.assertRegex(until, "^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC$")
        self.assertEqual(len(self.said.findall(server.log())), 1)
        # A renewal finds the same one, and says so again.
        server.signal(signal.SIGHUP)
        server.wait_log("configuration read again")
        self.assertEqual([found[1] for found in self.said.findall(server.log())], [sha256, sha256])
        self.assertEqual(server.stop(), [])
        return names, sha256

    def test_it_is_kept_while_the_domains_are_in_it(self):
        first = self.seen(FIRST, SECOND)
        self.assertEqual(first[0], f"{FIRST} {SECOND}")
        self.assertEqual(self.seen(FIRST, SECOND), first)
        self.assertEqual(self.seen(SECOND), first)
        more = self.seen(FIRST, SECOND, THIRD)
        self.assertEqual(more[0], f"{FIRST} {SECOND} {THIRD}")
        self.assertNotEqual(more[1], first[1])
        self.assertEqual(self.seen(THIRD, FIRST), more)

    def test_without_a_folder_each_start_has_its_own(self):
        self.assertNotEqual(self.seen(DOMAIN, data=False)[1], self.seen(DOMAIN, data=False)[1])

    def test_one_that_is_damaged_is_made_anew(self):
        first = self.seen(DOMAIN)
        os.truncate(os.path.join(self.folder, "data", "self-signed.key"), 10)
        second = self.seen(DOMAIN)
        self.assertNotEqual(second[1], first[1])
        self.assertEqual(self.seen(DOMAIN), second)


if __name__ == "__main__":
    main()
