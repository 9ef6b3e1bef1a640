#!/usr/bin/python3
"""Clients that people use, over TLS: go-sendxmpp, libstrophe, Gajim's library; and several of them with the same account.

The newer go-sendxmpp and libstrophe that scripts/fetch-clients gets know SCRAM that is bound to the channel, the former also SASL2 with Bind 2.
"""

import base64
import os
import pathlib
import re
import unittest

import twisted_world
from harness import DOMAIN, PASSWORDS, WithDeployment, main, secret_file, wait_until
from nbxmpp_client import DIRECT, STARTTLS, Gajim, wait_on_loop
from tls_client import TlsStream, client_context
from tool import Tool
from wire import CLIENT, Stream, body

STROPHE = os.environ.get("COUPLET_STROPHE_ECHO", "")
NEWER = pathlib.Path(__file__).parent / "newer"
TEXT = "1 < 2 & \"quoted\" 'too' ☕"


class WithPrograms(WithDeployment):
    """A server, Bob, and programs that log in as Alice."""

    threads = 2
    sendxmpp_program = "go-sendxmpp"
    strophe_environment = {}
    options = {"client": ("--listen-tls", "127.0.0.1:0")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tls = cls.system.front.address("client-tls")

    def setUp(self):
        self.bob = self.enterContext(TlsStream(self.tls, client_context(), direct=True).login("bob", "friend", how="sasl")).available()

    def next_message(self):
        return self.bob.receive_until(lambda e: e.tag == f"{{{CLIENT}}}message")

    def sendxmpp(self, *words, direct=True, password=None):
        """Its port and password are in a file, as its users have them."""
        port = self.tls[1] if direct else self.address[1]
        settings = f"username: alice@{DOMAIN}\npassword: {password or PASSWORDS['alice']}\njserver: 127.0.0.1:{port}\n"
        file = secret_file(self.system.secrets, "sendxmpprc", settings)
        return self.enterContext(Tool(self.sendxmpp_program, "-d", "-n", "-f", file, *(["-t"] if direct else []), *words))

    def listening_sendxmpp(self, jid_in="jid"):
        """One that prints what comes, and the JID that it got."""
        listener = self.sendxmpp("-l")
        listener.wait_said(f"<{jid_in}>")
        jid = listener.said().split(f"<{jid_in}>")[1].split(f"</{jid_in}>")[0]
        listener.wait_said(f"from='{jid}'")  # its presence: messages for the account reach it
        return listener, jid

    def strophe(self, way="starttls", password=None):
        port = self.tls[1] if way == "direct" else self.address[1]
        self.assertTrue(os.access(STROPHE, os.X_OK), "COUPLET_STROPHE_ECHO names no program: build/test/integration/strophe/strophe_echo")
        environment = {**self.strophe_environment, "COUPLET_TEST_PASSWORD": PASSWORDS["alice"] if password is None else password}
        return self.enterContext(Tool(STROPHE, way, port, f"alice@{DOMAIN}/strophe-{way}", environment=environment))


class Clients(WithPrograms):
    # ---- go-sendxmpp -------------------------------------------------------------------------------------------------

    def send_by_sendxmpp(self, text, direct):
        sender = self.sendxmpp(self.bob.jid, direct=direct)
        sender.write(text + "\n")
        said = sender.finish()
        self.assertEqual(sender.process.returncode, 0, said)
        message = self.next_message()
        self.assertEqual(body(message).strip(), text)
        self.assertTrue(message.get("from").startswith(f"alice@{DOMAIN}/go-sendxmpp"), message.get("from"))

    def test_sendxmpp_direct_tls(self):
        self.send_by_sendxmpp(TEXT, direct=True)

    def test_sendxmpp_starttls(self):
        self.send_by_sendxmpp(TEXT, direct=False)  # it ends the line after <starttls/>

    def test_sendxmpp_receives(self):
        listener, jid = self.listening_sendxmpp()
        self.bob.message(jid, "to the listener")
        listener.wait_said("to the listener")
        self.assertIsNone(listener.process.poll())

    # ---- libstrophe --------------------------------------------------------------------------------------------------

    def test_strophe(self):
        for way in ("starttls", "direct"):
            client = self.strophe(way)
            jid = f"alice@{DOMAIN}/strophe-{way}"
            client.wait_said(f"online as {jid}, secured")
            self.assertIn("SASL SCRAM-SHA-512 auth successful", client.said())
            for text in (TEXT, "quit"):
                self.bob.message(jid, text)
                message = self.next_message()
                self.assertEqual((message.get("from"), body(message)), (jid, f"echo: {text}"))
            said = client.finish()
            self.assertEqual(client.process.returncode, 0, said)
            self.assertIn("</stream:stream>", said)

    def test_strophe_with_a_wrong_password(self):
        client = self.strophe(password="wrong")
        said = client.finish()
        self.assertEqual(client.process.returncode, 1)
        self.assertIn("not-authorized", said)
        self.assertNotIn("online as", said)

    # ---- nbxmpp ------------------------------------------------------------------------------------------------------

    def test_nbxmpp(self):
        for kind, port in ((STARTTLS, self.address[1]), (DIRECT, self.tls[1])):
            gajim = Gajim("alice", "gajim", port, kind)
            self.assertEqual(gajim.log_in(), f"alice@{DOMAIN}/gajim")
            self.assertEqual(gajim.mechanisms, ["SCRAM-SHA-512"])
            gajim.send(self.bob.jid, TEXT)
            message = self.next_message()
            self.assertEqual((message.get("from"), body(message)), (f"alice@{DOMAIN}/gajim", TEXT))
            self.bob.message(message.get("from"), "and back")
            back = gajim.next_message()
            self.assertEqual((str(back.getFrom()), back.getBody()), (self.bob.jid, "and back"))
            gajim.leave()

    def test_nbxmpp_with_a_wrong_password(self):
        gajim = Gajim("alice", "gajim", self.address[1], STARTTLS, password="wrong")
        self.assertEqual(gajim.log_in(), "not-authorized")
        wait_on_loop(lambda: "disconnected" in gajim.happened, "nbxmpp has left")

    # ---- one account -------------------------------------------------------------------------------------------------

    def test_one_account_by_digest_by_plain_and_by_scram(self):
        old = twisted_world.Client("alice", "digest")  # jabber:iq:auth, as before XMPP 1.0
        self.assertEqual(old.log_in(self.address), f"alice@{DOMAIN}/digest")
        self.addCleanup(old.leave)
        plain, plain_jid = self.listening_sendxmpp()
        self.assertNotIn("<challenge", plain.said())
        scram = self.strophe()
        scram.wait_said("SASL SCRAM-SHA-512 auth successful")
        scram.wait_said("online as ")
        for to in (old.jid.full(), plain_jid, f"alice@{DOMAIN}/strophe-starttls"):
            self.bob.message(to, f"for {to}")
        self.assertEqual(str(old.next_message().body), f"for {old.jid.full()}")
        plain.wait_said(f"for {plain_jid}")
        self.assertEqual(body(self.next_message()), f"echo: for alice@{DOMAIN}/strophe-starttls")
        # No password is in the log, whichever way it came.
        wait_until(lambda: self.system.front.log().count(f'client logged in jid="alice@{DOMAIN}') >= 3, "the log names the three")
        self.assertNotIn(PASSWORDS["alice"], self.system.front.log())


def initial_response(said, element):
    """The message that began the login, of what a client told of itself."""
    found = re.search(rf"<{element}[^>]*>([A-Za-z0-9+/=]+)<", said)
    return base64.b64decode(found[1]).decode() if found else ""


@unittest.skipUnless((NEWER / ".complete").exists(), "there are no newer clients: scripts/fetch-clients gets them, where they can be had")
class NewerClients(WithPrograms):
    sendxmpp_program = str(NEWER / "usr/bin/go-sendxmpp")
    strophe_environment = {"LD_LIBRARY_PATH": ":".join(str(f.parent) for f in NEWER.glob("usr/lib/*/libstrophe.so.0"))}

    def test_sendxmpp_is_bound_to_the_channel(self):
        for direct in (True, False):
            for hash_name in ("SHA-512", "SHA-256", "SHA-1"):
                mechanism = f"SCRAM-{hash_name}-PLUS"
                with self.subTest(mechanism, direct=direct):
                    sender = self.sendxmpp("--scram-mech-pinning", mechanism, self.bob.jid, direct=direct)
                    sender.write(TEXT + "\n")
                    said = sender.finish()
                    self.assertEqual(sender.process.returncode, 0, said)
                    self.assertIn(f"mechanism='{mechanism}'", said)
                    self.assertTrue(initial_response(said, "initial-response").startswith("p=tls-exporter,,"), said)
                    self.assertIn("<bound xmlns='urn:xmpp:bind:0'", said)
                    message = self.next_message()
                    self.assertEqual(body(message).strip(), TEXT)
                    self.assertTrue(message.get("from").startswith(f"alice@{DOMAIN}/go-sendxmpp."), message.get("from"))

    def test_sendxmpp_that_is_bound_receives(self):
        listener, jid = self.listening_sendxmpp("authorization-identifier")
        self.assertIn("mechanism='SCRAM-SHA-512-PLUS'", listener.said())
        for text in ("to the one that is bound", "and once more"):
            self.bob.message(jid, text)
            listener.wait_said(text)
        self.assertIsNone(listener.process.poll())

    def test_sendxmpp_takes_the_best_by_itself(self):
        sender = self.sendxmpp(self.bob.jid)
        sender.write(TEXT + "\n")
        self.assertIn("mechanism='SCRAM-SHA-512-PLUS'", sender.finish())
        self.assertEqual(body(self.next_message()).strip(), TEXT)

    def test_sendxmpp_with_a_wrong_password(self):
        sender = self.sendxmpp(self.bob.jid, password="wrong")
        sender.write(TEXT + "\n")
        said = sender.finish()
        self.assertNotEqual(sender.process.returncode, 0)
        self.assertIn("mechanism='SCRAM-SHA-512-PLUS'", said)
        self.assertIn("<not-authorized", said)

    def test_strophe_is_bound_to_the_channel(self):
        for way in ("starttls", "direct"):
            client = self.strophe(way)
            jid = f"alice@{DOMAIN}/strophe-{way}"
            client.wait_said(f"online as {jid}, secured")
            said = client.said()
            self.assertIn("SASL SCRAM-SHA-512-PLUS auth successful", said)
            self.assertTrue(initial_response(said, "auth").startswith("p=tls-exporter,,"), said)
            for text in (TEXT, "quit"):
                self.bob.message(jid, text)
                message = self.next_message()
                self.assertEqual((message.get("from"), body(message)), (jid, f"echo: {text}"))
            client.finish()
            self.assertEqual(client.process.returncode, 0)

    def test_strophe_with_a_wrong_password(self):
        client = self.strophe(password="wrong")
        said = client.finish()
        self.assertEqual(client.process.returncode, 1)
        self.assertIn("SCRAM-SHA-512-PLUS", said)
        self.assertIn("not-authorized", said)
        self.assertNotIn("online as", said)


if __name__ == "__main__":
    twisted_world.start()
    main()
