#!/usr/bin/python3
"""Couplet as c2s alone (--sm) in front of a session manager that stands on Twisted's own component server and router."""

import hashlib
import itertools
import queue
import socket
import tempfile
import unittest

import twisted_world
from harness import DOMAIN, LINK_SECRET, PASSWORDS, PATIENCE, SM_ID, Server, main, readable, secret_file, wait_until
from twisted.internet import reactor
from twisted.words.protocols.jabber import component, xmlstream
from twisted.words.xish import domish
from twisted_world import on_reactor
from wire import AUTH, Stream, body, stanza_error

ACCEPT = "jabber:component:accept"


class Manager:
    """What stands at the domain in Twisted's router: accounts, sessions, and the delivery of messages to full JIDs."""

    def __init__(self):
        self.router = component.Router()
        self.router.addRoute(DOMAIN, self)
        self.numbers = itertools.count(0x100000)
        self.by_address = {}  # session address → (full JID, c2s id)
        self.refuse_sessions = False
        self.silent = False
        self.returned = queue.Queue()
        self.links = queue.Queue()

    def addObserver(self, *_):
        """The router wants to hear us; we call it ourselves."""

    # ---- from the router ---------------------------------------------------------------------------------------

    def send(self, route):
        if route.name != "route" or self.silent:
            return
        child = route.firstChildElement()
        kind = route.getAttribute("type")
        if kind == "auth":
            self.answer(route, "auth", self.check(route["to"], child))
        elif kind == "session":
            self.start_session(route, child)
        elif kind == "error":
            self.by_address.pop(route["to"], None)
            self.returned.put(child)
        elif route["to"] in self.by_address:
            self.deliver(self.by_address[route["to"]], child)
        else:
            self.answer(route, "error", child, error="Invalid Session")

    def answer(self, route, kind, child, **more):
        self.route(route["to"], route["from"], kind, child, **more)

    def route(self, sender, to, kind, child, **more):
        element = domish.Element((ACCEPT, "route"), attribs={"from": sender, "to": to, **more})
        if kind:
            element["type"] = kind
        if child is not None:
            element.addChild(child)
        self.router.route(element)

    def check(self, to, iq):
        """The iq that answers a jabber:iq:auth query."""
        user = to.split("@")[0]
        result = domish.Element((ACCEPT, "iq"), attribs={"id": iq["id"], "type": "result"})
        query = iq.query
        if iq["type"] == "get":
            fields = result.addElement((AUTH, "query"))
            for name in ("username", "digest", "password", "resource"):
                fields.addElement(name)
            return result
        secret = PASSWORDS.get(user, "")
        given = query.password and str(query.password)
        if query.digest:
            given = str(query.digest)
            secret = hashlib.sha1((query.digest["sid"] + secret).encode()).hexdigest()
        if "/" in to and user in PASSWORDS and given == secret:
            return result
        result["type"] = "error"
        error = result.addElement("error")
        error["code"], error["type"] = "401", "auth"
        error.addElement(("urn:ietf:params:xml:ns:xmpp-stanzas", "not-authorized"))
        return result

    def start_session(self, route, child):
        if self.refuse_sessions:
            self.answer(route, "error", None, error="Session Failed")
            return
        address = f"{route['to'].split('/')[0]}/{next(self.numbers):x}"
        old = [a for a, (jid, _) in self.by_address.items() if jid == route["to"]]
        self.by_address[address] = (route["to"], route["from"])
        self.route(address, route["from"], "session", child)
        for other in old:
            _, c2s = self.by_address.pop(other)
            self.route(other, c2s, "error", None, error="Disconnected")

    def deliver(self, sender, stanza):
        stanza["from"] = sender[0]
        for address, (jid, c2s) in self.by_address.items():
            if jid == stanza.getAttribute("to"):
                self.route(address, c2s, None, stanza)
                return
        stanza["to"], stanza["from"], stanza["type"] = sender[0], stanza.getAttribute("to", DOMAIN), "error"
        error = stanza.addElement("error")
        error["type"] = "cancel"
        error.addElement(("urn:ietf:params:xml:ns:xmpp-stanzas", "service-unavailable"))
        address = next(a for a, s in self.by_address.items() if s == sender)
        self.route(address, sender[1], None, stanza)


def listen(manager, secret=LINK_SECRET, port=0):
    factory = component.XMPPComponentServerFactory(manager.router, secret)
    factory.addBootstrap(xmlstream.STREAM_AUTHD_EVENT, manager.links.put)
    return on_reactor(lambda: reactor.listenTCP(port, factory, interface="127.0.0.1"))


def end(port):
    on_reactor(port.stopListening)


class BehindTwisted(unittest.TestCase):
    def setUp(self):
        self.manager = Manager()
        self.port = listen(self.manager)
        self.folder = tempfile.TemporaryDirectory(prefix="couplet-sm-")
        self.streams = []
        self.server = self.start()
        self.link = self.manager.links.get(timeout=PATIENCE)

    def start(self, *more):
        secret = secret_file(self.folder.name, "secret", LINK_SECRET)
        return Server("--domain", DOMAIN, "--threads", "2", "--listen", "127.0.0.1:0", "--sm",
                      f"127.0.0.1:{self.port.getHost().port}", "--sm-id", SM_ID, "--sm-secret", f"@{secret}", "--log-level", "debug", *more)  # fmt: skip

    def tearDown(self):
        for stream in self.streams:
            stream.close()
        wrong = self.server.stop()
        end(self.port)
        self.folder.cleanup()
        self.assertEqual(wrong, [])

    def open(self):
        """A stream that is open; right after the link came up the server may not know it yet."""

        def come():
            stream = Stream(self.server.address())
            self.streams.append(stream)
            stream.open()
            stream.send(f"<iq type='get' id='g'><query xmlns='{AUTH}'><username>alice</username></query></iq>")
            try:
                return stream if stream.receive().get("type") == "result" else None
            except Exception:  # closed: no link yet
                return None

        return wait_until(come, "the link to the manager is up")

    def login(self, user, resource):
        stream = self.open()
        answer = stream.ask(stream.auth_iq(user, resource, PASSWORDS[user]))
        self.assertEqual(answer.get("type"), "result")
        stream.jid = f"{user}@{DOMAIN}/{resource}"
        return stream

    def test_messages_both_ways(self):
        alice, bob = self.login("alice", "a"), self.login("bob", "b")
        alice.message(bob.jid, "there & <back>", "m1")
        there = bob.receive_id("m1")
        bob.message(there.get("from"), "again", "m2")
        self.assertEqual((there.get("from"), body(there)), (alice.jid, "there & <back>"))
        self.assertEqual(body(alice.receive_id("m2")), "again")

    def test_sasl_client_behind_it(self):
        self.open()
        stream = Stream(self.server.address())
        self.streams.append(stream)
        stream.login("alice", "s", how="sasl")
        stream.message("nobody@localhost/x", "?", "m1")
        self.assertEqual(stanza_error(stream.receive_id("m1")), "service-unavailable")

    def test_wrong_password_then_the_right_one(self):
        stream = self.open()
        self.assertEqual(stanza_error(stream.ask(stream.auth_iq("alice", "a", "wrong"))), "not-authorized")
        self.assertEqual(stream.ask(stream.auth_iq("alice", "a", PASSWORDS["alice"])).get("type"), "result")

    def test_same_resource_replaces_the_older_session(self):
        old, new = self.login("alice", "a"), self.login("alice", "a")
        self.assertEqual(old.wait_closed(), ("conflict", True))
        bob = self.login("bob", "b")
        bob.message(new.jid, "to the new one", "m1")
        self.assertEqual(body(new.receive_id("m1")), "to the new one")

    def test_refused_session_leaves_the_stream_open(self):
        stream = self.open()
        self.manager.refuse_sessions = True
        self.assertEqual(stanza_error(stream.ask(stream.auth_iq("alice", "a", PASSWORDS["alice"]))), "not-allowed")
        self.manager.refuse_sessions = False
        self.assertEqual(stream.ask(stream.auth_iq("alice", "a", PASSWORDS["alice"])).get("type"), "result")

    def test_the_end_of_a_client_is_told(self):
        stream = self.login("alice", "a")
        wait_until(lambda: len(self.manager.by_address) == 1, "the session is there")
        stream.reset()
        wait_until(lambda: not self.manager.by_address, "the session is gone")

    def test_route_for_nobody_comes_back(self):
        self.login("alice", "a")
        message = domish.Element((ACCEPT, "message"), attribs={"to": f"bob@{DOMAIN}/gone", "id": "m1"})
        message.addElement("body", content="for nobody")
        sender = f"bob@{DOMAIN}/abcdef"
        on_reactor(lambda: self.manager.route(sender, f"0123456789abcdef01234567@{SM_ID}", None, message))
        returned = self.manager.returned.get(timeout=PATIENCE)
        self.assertEqual((returned["id"], str(returned.body)), ("m1", "for nobody"))

    def without_grace(self):
        """The same, where clients are told at once that the manager is gone."""
        self.assertEqual(self.server.stop(), [])
        self.server = self.start("--sm-grace", "0")
        self.link = self.manager.links.get(timeout=PATIENCE)

    def test_clients_outlive_the_link(self):
        alice, bob = self.login("alice", "a"), self.login("bob", "b")
        number = self.port.getHost().port
        end(self.port)
        on_reactor(self.link.transport.abortConnection)
        self.server.wait_log("is away")
        alice.message(bob.jid, "meanwhile", "m1")
        self.manager.by_address.clear()
        self.port = listen(self.manager, port=number)
        self.assertEqual(body(bob.receive_id("m1")), "meanwhile")
        self.assertEqual({jid for jid, _ in self.manager.by_address.values()}, {alice.jid, bob.jid})

    def test_link_lost_and_found(self):
        self.without_grace()
        alice = self.login("alice", "a")
        number = self.port.getHost().port
        end(self.port)
        on_reactor(self.link.transport.abortConnection)
        self.assertEqual(alice.wait_closed(), ("remote-connection-failed", True))
        late = Stream(self.server.address())
        self.streams.append(late)
        late.try_send(late.header())
        self.assertEqual(late.wait_closed(), ("remote-connection-failed", True))
        self.manager.by_address.clear()
        self.port = listen(self.manager, port=number)
        self.manager.links.get(timeout=PATIENCE)
        again = self.login("alice", "a")
        again.message(f"nobody@{DOMAIN}/x", "?", "m1")
        self.assertEqual(stanza_error(again.receive_id("m1")), "service-unavailable")

    def test_graceful_end_of_the_link(self):
        self.without_grace()
        alice = self.login("alice", "a")
        on_reactor(self.link.sendFooter)
        on_reactor(self.link.transport.loseConnection)
        self.assertEqual(alice.wait_closed(), ("remote-connection-failed", True))
        self.manager.links.get(timeout=PATIENCE)
        self.login("alice", "a")


class Refused(unittest.TestCase):
    def test_wrong_secret_is_told_and_ends_the_start(self):
        manager = Manager()
        port = listen(manager, "another secret")
        with tempfile.TemporaryDirectory(prefix="couplet-sm-") as folder:
            secret = secret_file(folder, "secret", LINK_SECRET)
            server = Server("--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{port.getHost().port}", "--sm-id", SM_ID,
                            "--sm-secret", f"@{secret}", wait=False)  # fmt: skip
            self.assertEqual(server.wait(), 1)
            self.assertIn("--sm-secret", server.log())
            self.assertNotIn(LINK_SECRET, server.log())
            self.assertEqual(server.stop(expect=1), [])
        end(port)

    def test_silent_manager_is_given_up(self):
        silent = socket.create_server(("127.0.0.1", 0))
        with tempfile.TemporaryDirectory(prefix="couplet-sm-") as folder:
            secret = secret_file(folder, "secret", LINK_SECRET)
            server = Server("--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{silent.getsockname()[1]}", "--sm-id", SM_ID,
                            "--sm-secret", f"@{secret}", "--manager-timeout", "1", wait=False)  # fmt: skip
            silent.settimeout(PATIENCE + 10)  # its own patience is ten seconds
            first, _ = silent.accept()
            second, _ = silent.accept()  # it has given the first one up
            for link in (first, second, silent):
                link.close()
            self.assertEqual(server.stop(), [])

    def test_manager_that_does_not_answer_a_login(self):
        manager = Manager()
        port = listen(manager)
        with tempfile.TemporaryDirectory(prefix="couplet-sm-") as folder:
            secret = secret_file(folder, "secret", LINK_SECRET)
            server = Server("--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{port.getHost().port}", "--sm-id", SM_ID,
                            "--sm-secret", f"@{secret}", "--manager-timeout", "1")  # fmt: skip
            manager.links.get(timeout=PATIENCE)

            def come():
                """A stream that the server does not close at once for want of a link."""
                stream = Stream(server.address())
                stream.open()
                if not readable(stream.socket, 0.2):
                    return stream
                stream.close()
                return None

            stream = wait_until(come, "the link is up")
            manager.silent = True
            stream.send(stream.auth_iq("alice", "a", PASSWORDS["alice"]))
            self.assertEqual(stream.wait_closed(), ("remote-connection-failed", True))
            stream.close()
            self.assertEqual(server.stop(), [])
        end(port)


if __name__ == "__main__":
    twisted_world.start()
    main()
