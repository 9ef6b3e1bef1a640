#!/usr/bin/python3
"""Who is told of logins and logouts (--notify): by messages over the link, and by messages to those whom our own session manager serves."""

import re
import tempfile
import unittest

import test_session_control as outside
from harness import DOMAIN, LINK_SECRET, PASSWORDS, SM_ID, Server, WithDeployment, in_every_role, main, run, secret_file
from test_session_control import SessionManager
from tls_client import TlsStream, client_context
from wire import CLIENT, REGISTER, Stream

NS = "http://amessage.info/protocol/connectionstate"
WHOM = f"conn@notify.{DOMAIN}"


def update(jid, what, address="127.0.0.1", tls=""):
    return f"<update xmlns='{NS}'><jid>{jid}</jid><{what}/><ip>{address}</ip>{tls}</update>"


def tls_part(sock):
    """What the other side of the connection says of it."""
    cipher, _, bits = sock.cipher()
    return f"<tls><version>{sock.version()}</version><cipher>{cipher}</cipher><bits secret='{bits}' algorithm='{bits}'/></tls>"


class OverTheLink(outside.Front):
    """Logins are checked here, so that every way in leads to a session that the manager starts."""

    options = ("--notify", WHOM, "--notify", f"watch.{DOMAIN}", "--proxy-from", "127.0.0.9")

    def next_notice(self, connection, text):
        """The next two things on the link, to the letter."""
        for to in (WHOM, f"watch.{DOMAIN}"):
            expected = f"<message to='{to}' from='{connection}'>{text}</message>"
            self.assertEqual(self.manager.link.receive_bytes().decode(), expected)

    def begin(self, stream, resource, how="sasl", user="alice"):
        """Logs in and lets the session run; answers with (c2s id, sc:sm)."""
        if how == "sasl":
            stream.open("1.0")
            stream.receive()
            stream.sasl_plain(user, PASSWORDS[user])
            stream.open("1.0")
            stream.receive()
            stream.send(f"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>")
        else:
            stream.open()
            stream.send(stream.auth_iq(user, resource, PASSWORDS[user], "plain", "b"))
        connection, _, name = self.manager.start(f"{user}@{DOMAIN}/{resource}")
        self.assertEqual(stream.receive_id("b").get("type"), "result")
        return connection, name

    def test_sasl_and_legacy_logins_and_their_ends(self):
        for how in ("sasl", "legacy"):
            with Stream(self.server.address()) as stream:
                connection, name = self.begin(stream, f"r-{how}", how)
                self.next_notice(connection, update(f"alice@{DOMAIN}/r-{how}", "login"))
            self.manager.expect("end", name)
            self.next_notice(connection, update(f"alice@{DOMAIN}/r-{how}", "logout"))

    def test_tls_says_how_strong_it_is(self):
        with TlsStream(self.server.address(), client_context()) as stream:
            tls = tls_part(stream.socket)
            self.assertIn("TLSv1.3", tls)
            connection, name = self.begin(stream, "tls")
            self.next_notice(connection, update(f"alice@{DOMAIN}/tls", "login", tls=tls))
            stream.send("</stream:stream>")
            self.manager.expect("end", name)
            self.next_notice(connection, update(f"alice@{DOMAIN}/tls", "logout", tls=tls))

    def test_nobody_hears_of_those_who_get_no_session(self):
        with Stream(self.server.address()) as stream:
            stream.open()
            self.assertEqual(stream.ask(stream.auth_iq("alice", "r", "wrong", "plain")).get("type"), "error")
            stream.send("</stream:stream>")
            stream.wait_closed()
        with Stream(self.server.address()) as stream:
            stream.open()
            stream.send(f"<iq type='set' id='r'><query xmlns='{REGISTER}'><username>dave</username><password>x</password></query></iq>")
            route = self.manager.next_route()
            self.manager.say(route.get("from"), "<iq type='result' id='" + route[0].get("id") + "'/>", route.get("to"), " type='auth'")
            self.assertEqual(stream.receive_id("r").get("type"), "result")
        with Stream(self.server.address()) as stream:  # what comes next is about this one
            connection, _ = self.begin(stream, "after")
            self.next_notice(connection, update(f"alice@{DOMAIN}/after", "login"))

    def test_the_address_is_what_a_proxy_told(self):
        class Proxied(Stream):
            def connect(self, address):
                self.socket.bind(("127.0.0.9", 0))
                super().connect(address)
                self.send("PROXY TCP4 127.0.0.77 127.0.0.1 40000 5222\r\n")

        with Proxied(self.server.address()) as stream:
            connection, _ = self.begin(stream, "p", "legacy")
            self.next_notice(connection, update(f"alice@{DOMAIN}/p", "login", "127.0.0.77"))

    def test_what_comes_back_is_counted_and_nothing_more(self):
        with Stream(self.server.address()) as stream:
            connection, name = self.begin(stream, "back")
            self.next_notice(connection, update(f"alice@{DOMAIN}/back", "login"))
            self.manager.link.send(
                f"<message from='{WHOM}' to='{connection}' type='error'>{update('x@y/z', 'login')}<error code='502' type='wait'>"
                "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
            )
            self.manager.say(connection, f"<message xmlns:sc='{outside.NS}' sc:sm='{name}' id='m'/>", f"alice@{DOMAIN}/back")
            self.assertEqual(stream.receive().get("id"), "m")
            self.server.signal()
            self.manager.expect("end", name)
            self.next_notice(connection, update(f"alice@{DOMAIN}/back", "logout"))
        self.manager.link.close()
        self.server.wait()
        self.server.wait_log_like(r'notices="4" notices-returned="1" notices-lost="0"')


@in_every_role
class WithOurOwnManager(WithDeployment):
    options = {"client": ("--notify", f"carol@{DOMAIN}", "--notify", f"nobody@{DOMAIN}")}

    def next_notice(self, carol):
        while NS.encode() not in (text := carol.receive_bytes()) or b"<jid>carol@" in text:
            pass  # that of another test has just left, maybe
        found = re.fullmatch(r"<message to='carol@localhost' from='localhost/([^']*)'>(<update.*</update>)</message>", text.decode())
        self.assertIsNotNone(found, text)
        if self.role == "one":
            self.assertRegex(found[1], "^[0-9a-f]{16}$")
        else:
            self.assertRegex(found[1], f"^[0-9a-f]{{24}}@{SM_ID}$")
        return found[1], found[2]

    def leave(self, stream, carol):
        """Before the next test, which would hear of it."""
        stream.close()
        self.assertIn("<logout/>", self.next_notice(carol)[1])

    def test_a_user_is_told(self):
        with Stream(self.address) as carol:
            carol.login("carol", "watch").available()
            for n, how in enumerate(("sasl", "digest", "sasl")):
                with Stream(self.address) as alice:
                    alice.login("alice", f"r{n}", how=how)
                    first, text = self.next_notice(carol)
                    self.assertEqual(text, update(alice.jid, "login"))
                again, text = self.next_notice(carol)
                self.assertEqual((again, text), (first, update(alice.jid, "logout")))

    def test_a_second_login_with_the_resource_is_told_apart_from_the_first(self):
        with Stream(self.address) as carol, Stream(self.address) as old, Stream(self.address) as new:
            carol.login("carol", "watch").available()
            old.login("alice", "same")
            first, _ = self.next_notice(carol)
            new.login("alice", "same")
            both = {self.next_notice(carol), self.next_notice(carol)}  # of two connections: in any order
            self.assertIn((first, update(new.jid, "logout")), both)
            self.assertEqual({text for sender, text in both if sender != first}, {update(new.jid, "login")})
            self.leave(new, carol)

    def test_resources_are_escaped(self):
        with Stream(self.address) as carol, Stream(self.address) as alice:
            carol.login("carol", "watch").available()
            alice.login("alice", "<r>&'\"")
            self.assertEqual(self.next_notice(carol)[1], update(f"alice@{DOMAIN}/&lt;r&gt;&amp;'\"", "login"))
            self.leave(alice, carol)

    def test_a_client_cannot_write_one(self):
        """It comes from who wrote it."""
        with Stream(self.address) as carol, Stream(self.address) as bob:
            carol.login("carol", "watch").available()
            bob.login("bob", "b", how="digest")
            self.next_notice(carol)
            bob.send(f"<message from='{DOMAIN}/0123456789abcdef' to='carol@{DOMAIN}'>{update('x@y/z', 'login')}</message>")
            got = carol.receive_until(lambda e: e.tag == f"{{{CLIENT}}}message")
            self.assertEqual(got.get("from"), bob.jid)
            self.leave(bob, carol)


class Counted(unittest.TestCase):
    def test_those_that_nobody_takes_are_counted_by_whose_client_it_was(self):
        with tempfile.TemporaryDirectory(prefix="couplet-notices-") as folder:
            link = secret_file(folder, "link", LINK_SECRET)
            back = Server("--no-clients", "--c2s", f"{SM_ID}:@{link}", "--listen-components", "127.0.0.1:0",
                          "--user", f"alice@{DOMAIN}:{PASSWORDS['alice']}")  # fmt: skip
            host, port = back.address("component")
            front = Server("--listen", "127.0.0.1:0", "--sm", f"{host}:{port}", "--sm-id", SM_ID, "--sm-secret", f"@{link}",
                           "--notify", f"nobody@{DOMAIN}", "--notify", "elsewhere.example", "--log-level", "debug")  # fmt: skip
            with Stream(front.address()) as alice:
                alice.login("alice", "r")
                front.wait_log_like(r"(?s)a notice came back.*a notice came back")
                self.assertIsNotNone(alice.ping())  # and nothing came before the answer
            front.wait_log_like(r"(?s)(a notice came back.*){4}")
            front.signal()
            front.wait()
            front.wait_log_like(r'notices="4" notices-returned="4" notices-lost="0"')
            self.assertEqual(front.stop(), [])
            back.signal()
            back.wait()
            back.wait_log_like(r'notices="0" notices-returned="0"')
            self.assertEqual(back.stop(), [])

    def test_bad_values(self):
        for value in ("a b@c", "", "@x", "x@", "a@b/"):
            done = run("--listen", "127.0.0.1:0", "--notify", value)
            self.assertEqual(done.returncode, 2, value)
            self.assertIn("--notify", done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1)


if __name__ == "__main__":
    main()
