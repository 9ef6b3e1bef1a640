#!/usr/bin/python3
"""Clients over TLS: other people's TLS stacks, slixmpp's SCRAM, certificates of clients."""

import asyncio
import base64
import contextlib
import os
import re
import shutil
import socket
import ssl
import tempfile
import unittest

import slixmpp
from harness import DOMAIN, LOOPBACK, PASSWORDS, PATIENCE, Deployment, Server, main, run, wait_until
from slixmpp.features.feature_mechanisms.stanza import Auth
from tls_client import STARTTLS, TlsStream, client_context, make_certificate, openssl
from wire import CLIENT, SASL, STREAMS, Stream, stanza_error

LOOP = asyncio.new_event_loop()  # slixmpp leaves tasks behind, which want it to be there at the end
asyncio.set_event_loop(LOOP)


SCRAM = ("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1")  # in the order in which slixmpp tries them


class Slix(slixmpp.ClientXMPP):
    def __init__(self, mechanism, version=None, password=None, user="alice"):
        super().__init__(f"{user}@{DOMAIN}", password or PASSWORDS[user], sasl_mech=mechanism)
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        if version:
            self.ssl_context.maximum_version = version
        self.tried = []  # the mechanisms, in that order
        self.add_filter("out", self.note)
        self.received = asyncio.Queue()
        self.add_event_handler("message", self.received.put_nowait)
        self.done = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", lambda _: self.settle(self["feature_mechanisms"].mech.name))
        self.add_event_handler("failed_all_auth", lambda _: self.settle("refused"))
        self.add_event_handler("disconnected", lambda _: self.settle("disconnected"))

    def note(self, stanza):
        if isinstance(stanza, Auth):
            self.tried.append(stanza["mechanism"])
        return stanza

    def settle(self, how):
        if not self.done.done():
            self.done.set_result(how)


async def away(client):
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(client.disconnect(wait=1), 3)


def slixmpp_login(address, mechanism=None, version=None, password=None):
    """The mechanism that it logged in with, or what became of it; and those that it tried."""

    async def go():
        client = Slix(mechanism, version, password)
        client.connect(address)
        try:
            return await asyncio.wait_for(client.done, PATIENCE), client.tried
        finally:
            await away(client)

    return LOOP.run_until_complete(go())


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-tls-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.system = None

    def start(self, *client, threads=1, **rest):
        self.system = Deployment(threads=threads, client=("--listen-tls", "127.0.0.1:0", *client), **rest)
        self.addCleanup(lambda: self.assertEqual(self.system.stop(), []))
        self.plain = self.system.address
        self.tls = self.system.front.address("client-tls")

    def test_openssl_by_both_ways_in(self):
        self.start()
        starttls = openssl("s_client", "-connect", "%s:%s" % self.plain, "-starttls", "xmpp", "-xmpphost", DOMAIN)
        self.assertIn("New, TLSv1.3", starttls)
        direct = openssl("s_client", "-connect", "%s:%s" % self.tls, "-alpn", "xmpp-client")
        self.assertIn("ALPN protocol: xmpp-client", direct)
        self.assertIn("Subject Alternative Name", openssl("x509", "-noout", "-text", input_text=direct))
        # One port finds out by itself what comes.
        self.assertIn("New, TLSv1.3", openssl("s_client", "-connect", "%s:%s" % self.plain))
        self.assertIn("New, TLSv1.2", openssl("s_client", "-connect", "%s:%s" % self.tls, "-tls1_2"))
        for old in ("-tls1_1", "-tls1"):
            self.assertIn("alert", openssl("s_client", "-connect", "%s:%s" % self.tls, old, "-cipher", "ALL:@SECLEVEL=0"))
        self.assertIn("alert", openssl("s_client", "-connect", "%s:%s" % self.tls, "-alpn", "http/1.1"))
        self.system.front.wait_log_like('client gone reason="tls_handshake_failed" why="[^"]+"')
        # Forward secrecy only (AES128-GCM-SHA256 has none).
        self.assertIn("alert", openssl("s_client", "-connect", "%s:%s" % self.tls, "-tls1_2", "-cipher", "AES128-GCM-SHA256"))

    def test_resumption(self):
        self.start()
        session = os.path.join(self.folder, "session")
        for version in ("-tls1_2", "-tls1_3"):
            said = openssl("s_client", "-connect", "%s:%s" % self.tls, version, "-sess_out", session, "-ign_eof",
                           input_text=f"<stream:stream xmlns='{CLIENT}' xmlns:stream='{STREAMS}' to='{DOMAIN}' version='1.0'></stream:stream>")  # fmt: skip
            self.assertIn("New, TLS", said)
            self.assertIn("Reused, TLS", openssl("s_client", "-connect", "%s:%s" % self.tls, version, "-sess_in", session))

    def test_slixmpp_scram(self):
        self.start(threads=2)
        binding = ssl.SSLObject.get_channel_binding
        ssl.SSLObject.get_channel_binding = lambda *_: None  # a client that knows of no channel binding
        self.addCleanup(setattr, ssl.SSLObject, "get_channel_binding", binding)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for mechanism in SCRAM:
                # The second time keys are at hand.
                for _ in range(2):
                    self.assertEqual(slixmpp_login(self.plain, mechanism, version), (mechanism, [mechanism]))
                self.assertEqual(slixmpp_login(self.plain, mechanism, version, "wrong")[0], "refused")

    def test_slixmpp_scram_bound_to_the_channel(self):
        """As it is: bound by tls-unique, which is the only type it knows."""
        self.start(threads=2)
        version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(slixmpp_login(self.plain, version=version), ("SCRAM-SHA-512-PLUS", ["SCRAM-SHA-512-PLUS"]))
        for mechanism in SCRAM:
            bound = mechanism + "-PLUS"
            self.assertEqual(slixmpp_login(self.plain, bound, version), (bound, [bound]))
            self.assertEqual(slixmpp_login(self.plain, bound, version, "wrong")[0], "refused")
            # Not bound, it says that it would have been, had that been offered: somebody has cut it out.
            self.assertEqual(slixmpp_login(self.plain, mechanism, version)[0], "refused")

    def test_slixmpp_over_tls_1_3(self):
        """There is no tls-unique there, but slixmpp does not know that: what it tries of SCRAM contradicts what it was offered."""
        self.start(threads=2)
        version = ssl.TLSVersion.TLSv1_3
        everything = [mechanism + "-PLUS" for mechanism in SCRAM] + [*SCRAM, "PLAIN"]
        self.assertEqual(slixmpp_login(self.plain, version=version), ("PLAIN", everything))
        for mechanism in everything[:-1]:
            self.assertEqual(slixmpp_login(self.plain, mechanism, version)[0], "refused", mechanism)

    def chat_by_slixmpp(self, mechanisms):
        """By either way in, and over either version."""

        async def chat():
            alice, bob = Slix(None, ssl.TLSVersion.TLSv1_2), Slix(None, ssl.TLSVersion.TLSv1_3, user="bob")
            try:
                alice.connect(self.plain)
                bob.connect(self.tls, use_ssl=True)
                for client, mechanism in zip((alice, bob), mechanisms):
                    self.assertEqual(await asyncio.wait_for(client.done, PATIENCE), mechanism)
                for number, (sender, receiver) in enumerate(((alice, bob), (bob, alice)) * 3):
                    text = f"{number}: grüße & <küsse> " + "x" * 5000 * number
                    sender.send_message(receiver.boundjid.full, text, mtype="chat")
                    message = await asyncio.wait_for(receiver.received.get(), PATIENCE)
                    self.assertEqual((message["from"], message["body"]), (sender.boundjid, text))
            finally:
                await away(alice)
                await away(bob)

        LOOP.run_until_complete(chat())

    def test_slixmpp_chats(self):
        self.start(threads=2)
        self.chat_by_slixmpp(("SCRAM-SHA-512-PLUS", "PLAIN"))

    def test_slixmpp_where_nothing_is_bound_to_the_channel(self):
        """An operator whose clients are old slixmpp's chooses for them: as it is, it logs in by SCRAM, whatever the version, and PLAIN is not there."""
        self.start("--sasl-mechanism", "SCRAM-SHA-256", threads=2)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertEqual(slixmpp_login(self.plain, version=version), ("SCRAM-SHA-256", ["SCRAM-SHA-256"]))
            self.assertEqual(slixmpp_login(self.plain, version=version, password="wrong"), ("refused", ["SCRAM-SHA-256"]))
        self.chat_by_slixmpp(("SCRAM-SHA-256",) * 2)
        with TlsStream(self.plain, client_context()) as legacy:
            legacy.open()
            for how in ("plain", "digest"):
                answer = legacy.ask(legacy.auth_iq("alice", "old", PASSWORDS["alice"], how))
                self.assertEqual(stanza_error(answer), "service-unavailable")

    def test_every_way_of_one_account(self):
        self.start()
        for how in ("digest", "sasl"):
            for stream in (Stream(self.plain), TlsStream(self.plain, client_context()), TlsStream(self.tls, client_context(), direct=True)):
                with stream:
                    self.assertEqual(stream.login("alice", how=how).ping().get("type"), "result")

    def test_security_08_plaintext_after_starttls(self):
        self.start()
        token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
        for number, between in enumerate(("", "\r\n"), 1):
            with Stream(self.plain) as stream:
                stream.open("1.0")
                stream.receive()
                stream.send(f"{STARTTLS}{between}<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>")
                self.assertEqual(stream.wait_closed(), ("policy-violation", True))
            wait_until(lambda n=number: self.system.front.log().count("plaintext_after_starttls") == n, "the log names the end")

    def test_security_07_tls_required(self):
        self.start("--require-tls")
        stream = Stream(self.plain)
        stream.open("1.0")
        features = stream.receive()
        self.assertEqual([child.tag for child in features if not child.tag.endswith("}limits")], ["{urn:ietf:params:xml:ns:xmpp-tls}starttls"])
        with self.assertRaises(AssertionError):
            Stream(self.plain).login("alice")
        with TlsStream(self.plain, client_context()) as secured:
            self.assertEqual(secured.login("alice", how="sasl").ping().get("type"), "result")

    def test_browsers(self):
        self.start("--http-redirect", "https://example.org/chat")
        with socket.create_connection(self.plain) as browser:
            browser.sendall(b"GET /secret HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = browser.makefile("rb").read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 302 Found\r\nLocation: https://example.org/chat\r\n"), answer)
        self.assertNotIn(b"secret", answer)

    def try_external(self, *files):
        """Whether EXTERNAL is offered to who shows this certificate, what comes of it, and the stream."""
        context = client_context()
        if files:
            context.load_cert_chain(*files)
        stream = TlsStream(self.plain, context)
        self.addCleanup(stream.close)
        stream.open("1.0")
        offered = [m.text for m in stream.receive().iter(f"{{{SASL}}}mechanism")]
        stream.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>=</auth>")
        return "EXTERNAL" in offered, stream.receive().tag.split("}")[1], stream

    def test_client_certificates_with_mail_addresses(self):
        """They will do where there is no address for XMPP, and where one of them is an account's."""
        alice, bob = f"email:alice@{DOMAIN}", f"email:bob@{DOMAIN}"
        for name, names, expected in (("one", f"{bob},email:bob@elsewhere.example", "success"), ("several", f"{alice},{bob}", "failure"),
                                      ("both", f"{alice},otherName:1.3.6.1.5.5.7.8.5;UTF8:nobody@{DOMAIN}", "failure")):  # fmt: skip
            pair = make_certificate(self.folder, name, f"/CN={name}", f"subjectAltName={names}")
            self.start("--tls-client-ca", pair[0])
            self.assertEqual(self.try_external(*pair)[:2], (True, expected), name)
            self.assertEqual(self.system.stop(), [])

    def test_client_certificates(self):
        chain, key = make_certificate(self.folder, "alice", "/CN=somebody", f"subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:alice@{DOMAIN}")
        other, other_key = make_certificate(self.folder, "bob", f"/CN=bob@{DOMAIN}", f"subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:bob@{DOMAIN}")
        self.start("--tls-client-ca", chain)
        offered, answer, stream = self.try_external(chain, key)
        self.assertEqual((offered, answer), (True, "success"))
        self.assertTrue(stream.bind("here").startswith(f"alice@{DOMAIN}/"))
        self.assertEqual(self.try_external()[:2], (False, "failure"))
        self.assertEqual(self.try_external(other, other_key)[:2], (False, "failure"))

    def test_self_signed_is_kept(self):
        data = os.path.join(self.folder, "data")
        seen = []
        for _ in range(2):
            server = Server(*LOOPBACK, "--listen-tls", "127.0.0.1:0", "--data", data)
            with TlsStream(server.address("client-tls"), client_context(), direct=True) as stream:
                seen.append(stream.certificate())
            self.assertEqual(server.stop(), [])
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(os.stat(os.path.join(data, "self-signed.key")).st_mode & 0o777, 0o600)

    def test_bad_files(self):
        chain, key = make_certificate(self.folder, "one", f"/CN={DOMAIN}", f"subjectAltName=DNS:{DOMAIN}")
        _, other = make_certificate(self.folder, "two", f"/CN={DOMAIN}", f"subjectAltName=DNS:{DOMAIN}")
        for words, says in ((("--tls-cert", chain, "--tls-key", other), other), (("--tls-cert", "/nowhere", "--tls-key", key), "/nowhere"),
                            (("--tls-cert", key, "--tls-key", key), key)):  # fmt: skip
            done = run(*words, "--check-config")
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, "^couplet: --tls-cert: [^\n]*" + re.escape(says) + "[^\n]*\n$")

    def test_security_11_a_handshake_that_does_not_go_on(self):
        self.start("--tls-timeout", "1")
        with socket.create_connection(self.tls) as silent, socket.create_connection(self.plain) as half:
            half.sendall(bytes.fromhex("160301"))
            for sock in (silent, half):
                sock.settimeout(PATIENCE)
                self.assertEqual(sock.recv(100), b"")
        wait_until(lambda: self.system.front.log().count('client gone reason="tls_timeout"') == 2, "the log names both ends")


if __name__ == "__main__":
    main()
