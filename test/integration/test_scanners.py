#!/usr/bin/python3
"""What programs that look for weaknesses in TLS find: testssl.sh, sslscan, gnutls-cli, openssl s_client."""

import json
import os
import shutil
import tempfile
import unittest
import xml.etree.ElementTree as ET

from harness import DOMAIN, PATIENCE, Deployment, main
from tls_client import openssl
from tool import use

RSA_NAME = "rsa.localhost"
SUITES_13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
WORSE_THAN_LOW = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}
# Checks that testssl.sh says it could not make, and why that tells nothing about the server.
NOT_MADE = {
    # It compares how many bytes went each way, which short TLS 1.3 handshakes deceive. test_tls.py and test_tls_running.py resume sessions.
    "sessionresumption_ticket",
    "sessionresumption_ID",
    # The openssl of the machine that it runs on has no engine for GOST.
    "engine_problem",
}
# Without these the program has not looked.
FOUND = {
    "SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered", "TLS1_1": "not offered", "TLS1_2": "offered",
    "TLS1_3": "offered with final", "cipherlist_NULL": "not offered", "cipherlist_aNULL": "not offered", "cipherlist_EXPORT": "not offered",
    "cipherlist_LOW": "not offered", "cipherlist_3DES_IDEA": "not offered", "cipherlist_AVERAGE": "not offered",
    "cipherlist_STRONG": "offered", "cipher_order": "server", "cert_chain_of_trust": "passed.", "secure_renego": "supported",
    "secure_client_renego": "not vulnerable", "CCS": "not vulnerable", "heartbleed": "not vulnerable, no heartbeat extension",
    "SWEET32": "not vulnerable", "LUCKY13": "not vulnerable",
}  # fmt: skip


def make_authority(folder):
    chain, key = os.path.join(folder, "ca.pem"), os.path.join(folder, "ca.key")
    said = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30, "-subj", "/CN=Authority",
                   "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", key, "-out", chain)  # fmt: skip
    assert os.path.exists(chain), said
    return chain, key


def make_signed(folder, name, authority, *kind):
    """Certificate and key. Nobody fetches the list of what was revoked, but scanners want one to be named."""
    chain, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    said = openssl("req", "-x509", "-CA", authority[0], "-CAkey", authority[1], "-newkey", *kind, "-nodes", "-days", 80,
                   "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE",
                   "-addext", "crlDistributionPoints=URI:http://localhost/none.crl", "-keyout", key, "-out", chain)  # fmt: skip
    assert os.path.exists(chain), said
    return chain, key


class Scanners(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="couplet-scan-")
        cls.authority = make_authority(cls.folder)
        elliptic = make_signed(cls.folder, DOMAIN, cls.authority, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        # A key for RSA makes suites possible that have no forward secrecy.
        rsa = make_signed(cls.folder, RSA_NAME, cls.authority, "rsa:2048")
        files = [word for chain, key in (elliptic, rsa) for word in ("--tls-cert", chain, "--tls-key", key)]
        cls.system = Deployment(threads=2, client=("--listen-tls", "127.0.0.1:0", "--alias", f"127.0.0.1={DOMAIN}", *files))
        cls.starttls = cls.system.address[1]
        cls.direct = cls.system.front.address("client-tls")[1]

    @classmethod
    def tearDownClass(cls):
        wrong = cls.system.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)
        if wrong:
            raise AssertionError("\n".join(wrong))

    def test_testssl(self):
        report = os.path.join(self.folder, "testssl.json")
        said = use("testssl", "--quiet", "--color", 0, "--warnings", "batch", "--nodns", "none", "--ip", "127.0.0.1", "--add-ca", self.authority[0],
                   "--connect-timeout", 5, "--openssl-timeout", 5, "--starttls", "xmpp", "--xmpphost", DOMAIN,
                   "--protocols", "--std", "--server-preference", "--server-defaults", "--vulnerable", "--jsonfile", report,
                   f"{DOMAIN}:{self.starttls}", seconds=PATIENCE * 15)  # fmt: skip
        self.assertTrue(os.path.exists(report), said)
        with open(report, encoding="utf-8") as file:
            found = json.load(file)
        self.assertEqual([f for f in found if f["severity"] in WORSE_THAN_LOW], [])
        self.assertLessEqual({f["id"] for f in found if f["severity"] == "WARN"}, NOT_MADE)
        findings = {f["id"]: f["finding"] for f in found}
        self.assertEqual({name: findings.get(name) for name in FOUND}, FOUND)

    def assert_suites(self, *options):
        """What sslscan is served: TLS 1.2 and 1.3, and in both forward secrecy only."""
        report = os.path.join(self.folder, "sslscan.xml")
        said = use("sslscan", "--ipv4", f"--xml={report}", *options)
        self.assertTrue(os.path.exists(report), said)
        test = ET.parse(report).getroot().find("ssltest")
        self.assertIsNotNone(test, said)
        enabled = {p.get("type") + p.get("version") for p in test.iter("protocol") if p.get("enabled") == "1"}
        self.assertEqual(enabled, {"tls1.2", "tls1.3"})
        suites = {(c.get("sslversion"), c.get("cipher")) for c in test.iter("cipher")}
        self.assertEqual({suite for version, suite in suites if version == "TLSv1.3"}, SUITES_13)
        older = {suite for version, suite in suites if version != "TLSv1.3"}
        self.assertTrue(older)
        self.assertEqual([suite for suite in older if not suite.startswith("ECDHE-")], [])
        self.assertEqual([v.attrib for v in test.iter("heartbleed") if v.get("vulnerable") != "0"], [])

    def test_sslscan(self):
        # By address: a bare machine may have nothing that knows "localhost".
        self.assert_suites("--starttls-xmpp", f"--sni-name={DOMAIN}", f"127.0.0.1:{self.starttls}")
        self.assert_suites(f"--sni-name={DOMAIN}", f"127.0.0.1:{self.direct}")
        self.assert_suites(f"--sni-name={RSA_NAME}", f"127.0.0.1:{self.direct}")

    def gnutls(self, priority, name=DOMAIN):
        return use("gnutls-cli", "--starttls-proto=xmpp", f"--x509cafile={self.authority[0]}", f"--sni-hostname={name}", f"--verify-hostname={name}",
                   f"--priority={priority}", "--port", self.starttls, "127.0.0.1")  # fmt: skip

    def test_gnutls(self):
        for version, begins in (("1.2", "(TLS1.2-X.509)-(ECDHE-"), ("1.3", "(TLS1.3-X.509)-(ECDHE-")):
            for name in (DOMAIN, RSA_NAME):
                said = self.gnutls(f"NORMAL:-VERS-ALL:+VERS-TLS{version}", name)
                self.assertIn("Status: The certificate is trusted", said)
                self.assertIn(f"Description: {begins}", said)
                self.assertIn("Handshake was completed", said)
        legacy = "LEGACY:%COMPAT:%UNSAFE_RENEGOTIATION:-VERS-ALL:"
        for priority in (legacy + "+VERS-TLS1.0", legacy + "+VERS-TLS1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA"):
            said = self.gnutls(priority, RSA_NAME)
            self.assertNotIn("Handshake was completed", said)
            self.assertRegex(said, "fatal alert.*Handshake failed|Received alert .*(Handshake failed|protocol version)")

    def test_openssl_one_suite_after_the_other(self):
        names = openssl("ciphers", "-tls1_2", "-s", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").strip().split(":")
        self.assertGreater(len(names), 40)
        served = set()
        for sni in (DOMAIN, RSA_NAME):
            for suite in names:
                said = openssl("s_client", "-connect", f"127.0.0.1:{self.starttls}", "-starttls", "xmpp", "-xmpphost", DOMAIN, "-servername", sni,
                               "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")  # fmt: skip
                if f"Cipher is {suite}\n" in said:
                    served.add(suite)
                else:
                    self.assertRegex(said, "alert|no ciphers available", suite)
        kinds = {f"ECDHE-{key}-{rest}" for key in ("ECDSA", "RSA") for rest in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
        self.assertEqual(served, kinds)

    def test_openssl_old_versions(self):
        for old in ("-tls1", "-tls1_1"):
            said = openssl("s_client", "-connect", f"127.0.0.1:{self.starttls}", "-starttls", "xmpp", "-xmpphost", DOMAIN, old,
                           "-cipher", "ALL:@SECLEVEL=0")  # fmt: skip
            self.assertRegex(said, "alert (protocol version|handshake failure)")
            self.assertIn("Cipher is (NONE)", said)


if __name__ == "__main__":
    main()
