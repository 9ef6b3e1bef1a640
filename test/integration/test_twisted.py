#!/usr/bin/python3
"""Twisted's clients: jabber:iq:auth with a digest on a stream of the generation before XMPP 1.0, and SASL PLAIN on one of 1.0."""

import twisted_world
from harness import DOMAIN, WithDeployment, in_every_role, main
from twisted.words.protocols.jabber import client, error, sasl
from twisted_world import TlsAuthenticator

VERSION = "jabber:iq:version"
DISCO = "http://jabber.org/protocol/disco#info"


class TwistedClients(WithDeployment):
    authenticator = client.BasicAuthenticator
    __test__ = False

    def setUp(self):
        self.clients = []

    def tearDown(self):
        for one in self.clients:
            one.leave()

    def client(self, user, resource, password=None):
        one = twisted_world.Client(user, resource, self.authenticator, password)
        self.clients.append(one)
        return one

    def pair(self):
        alice, bob = self.client("alice", "tw-a"), self.client("bob", "tw-b")
        self.assertEqual(alice.log_in(self.address), f"alice@{DOMAIN}/tw-a")
        self.assertEqual(bob.log_in(self.address), f"bob@{DOMAIN}/tw-b")
        return alice, bob

    def test_messages_both_ways(self):
        alice, bob = self.pair()
        text = "1 < 2 & \"quoted\" 'too' ☕"
        alice.send_message(bob.jid.full(), text)
        there = bob.next_message()
        bob.send_message(there["from"], "and back")
        back = alice.next_message()
        self.assertEqual((there["from"], str(there.body)), (alice.jid.full(), text))
        self.assertEqual((back["from"], str(back.body)), (bob.jid.full(), "and back"))

    def test_five_hundred_messages_in_order(self):
        alice, bob = self.pair()
        for n in range(500):
            alice.send_message(bob.jid.full(), "x", str(n))
        self.assertEqual([int(bob.next_message()["id"]) for _ in range(500)], list(range(500)))

    def test_the_server_answers_a_ping(self):
        alice, _ = self.pair()
        self.assertEqual(alice.ask("get", DOMAIN, "urn:xmpp:ping", "ping")["type"], "result")

    def test_disco_info_of_the_server(self):
        alice, _ = self.pair()
        query = alice.ask("get", DOMAIN, DISCO).query
        identities = [(e["category"], e["type"]) for e in query.elements() if e.name == "identity"]
        features = {e["var"] for e in query.elements() if e.name == "feature"}
        self.assertIn(("server", "im"), identities)
        self.assertLessEqual({DISCO, "urn:xmpp:ping", VERSION}, features)

    def test_version_of_the_server(self):
        alice, _ = self.pair()
        self.assertEqual(str(alice.ask("get", DOMAIN, VERSION).query.firstChildElement()), "Couplet")

    def test_message_to_an_unknown_full_jid_comes_back(self):
        alice, _ = self.pair()
        alice.send_message(f"nobody@{DOMAIN}/x", "?", "lost")
        bounced = alice.next_message()
        self.assertEqual((bounced["type"], bounced["id"]), ("error", "lost"))
        self.assertEqual(error.exceptionFromStanza(bounced).condition, "service-unavailable")

    def test_iq_to_an_unknown_full_jid_comes_back(self):
        alice, _ = self.pair()
        with self.assertRaises(error.StanzaError) as refused:
            alice.ask("get", f"bob@{DOMAIN}/not-there", VERSION)
        self.assertEqual(refused.exception.condition, "service-unavailable")


@in_every_role
class Digest(TwistedClients):
    def test_wrong_password_is_not_authorized(self):
        wrong = self.client("alice", "tw-w", "no such password")
        with self.assertRaises(error.StanzaError) as refused:
            wrong.log_in(self.address)
        self.assertEqual(refused.exception.condition, "not-authorized")
        self.assertEqual(self.client("alice", "tw-w").log_in(self.address), f"alice@{DOMAIN}/tw-w")


@in_every_role
class Plain(TwistedClients):
    authenticator = TlsAuthenticator

    def test_wrong_password_is_not_authorized(self):
        wrong = self.client("alice", "tw-w", "no such password")
        with self.assertRaises(sasl.SASLAuthError) as refused:
            wrong.log_in(self.address)
        self.assertEqual(refused.exception.condition, "not-authorized")
        self.assertEqual(self.client("alice", "tw-w").log_in(self.address), f"alice@{DOMAIN}/tw-w")

    def test_the_old_login_works_beside_the_new_one(self):
        old = twisted_world.Client("bob", "old", client.BasicAuthenticator)
        self.clients.append(old)
        new = self.client("alice", "new")
        old.log_in(self.address)
        new.log_in(self.address)
        new.send_message(old.jid.full(), "to the old one")
        self.assertEqual(str(old.next_message().body), "to the old one")


if __name__ == "__main__":
    twisted_world.start()
    main()
