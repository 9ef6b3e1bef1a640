#!/usr/bin/python3
"""Session control (etc/PROTOCOL.md, 9) in front of a manager that says what jabberd14 said, in both of its versions."""

import base64
import hashlib
import hmac
import signal
import tempfile
import unittest
import xml.etree.ElementTree as ET

from harness import DOMAIN, LINK_SECRET, PASSWORDS, SM_ID, Server, main, secret_file
from scripted_manager import ACCEPT, STREAMS, ScriptedManager
from wire import BIND, CLIENT, SASL, Stream, stanza_error

NS = "http://jabberd.jabberstudio.org/ns/session/1.0"
SC = f"xmlns:sc='{NS}'"
SESSION = f"{{{NS}}}session"


def sc(element, name):
    return element.get(f"{{{NS}}}{name}")


def accounts(folder):
    return secret_file(folder, "users", "".join(f"{user}@{DOMAIN}:{secret}\n" for user, secret in PASSWORDS.items()))


class SessionManager(ScriptedManager):
    """Starts what it is asked to, under names like those of jabberd14."""

    def __init__(self):
        super().__init__()
        self.names = iter(f"{0x583BF49B + n:x}" for n in range(1000))
        self.link = None

    def next_route(self):
        route = self.link.receive()
        assert route.tag == f"{{{ACCEPT}}}route", route.tag
        return route

    def start(self, target):
        """Takes the start of a session, and lets it run; answers with (c2s id, sc:c2s, sc:sm)."""
        route = self.next_route()
        command = route[0]
        assert command.tag == SESSION and command.get("action") == "start" and route.get("type") is None, ET.tostring(route)
        assert route.get("to") == command.get("target") == target, ET.tostring(route)
        name = next(self.names)
        connection, c2s = route.get("from"), sc(command, "c2s")
        assert connection == f"{c2s}@{SM_ID}", (connection, c2s)
        self.say(connection, f"<sc:session {SC} action='started' target='{target}' sc:c2s='{c2s}' id='{command.get('id')}' "
                             f"sc:sm='{name}'/>", target)  # fmt: skip
        return connection, c2s, name

    def say(self, to, inside, sender, more=""):
        self.link.send(f"<route to='{to}' from='{sender}'{more}>{inside}</route>")

    def expect(self, action, name):
        route = self.next_route()
        assert route[0].tag == SESSION and (route[0].get("action"), sc(route[0], "sm")) == (action, name), ET.tostring(route)


class Front(unittest.TestCase):
    """Logins are checked here (--users); the manager only hears of sessions."""

    options: tuple = ()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-control-")
        self.addCleanup(folder.cleanup)
        self.manager = SessionManager()
        self.addCleanup(self.manager.close)
        secret = secret_file(folder.name, "secret", LINK_SECRET)
        self.folder = folder.name
        self.server = Server("--domain", DOMAIN, "--threads", "1", "--listen", "127.0.0.1:0", "--users", accounts(folder.name),
                             "--sm", f"127.0.0.1:{self.manager.port}", "--sm-id", SM_ID, "--sm-secret", f"@{secret}",
                             *self.options, wait=False)  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), []))
        self.manager.link = self.manager.accept()
        self.addCleanup(lambda: self.manager.link.close())  # before the server stops, which would wait for it to fall silent
        self.server.wait_ready()

    def logged_in(self, user="alice", resource="home", header=None, **how):
        """A client whose session runs, and its names."""
        stream = Stream(self.server.address(), **how)
        self.addCleanup(stream.close)
        stream.open("1.0")
        stream.receive()
        self.assertEqual(stream.sasl_plain(user, PASSWORDS[user]).tag, f"{{{SASL}}}success")
        stream.splitter.restart()
        stream.send(header or stream.header("1.0"))
        stream.wait_header()
        stream.receive()
        stream.send(f"<iq type='set' id='b'><bind xmlns='{BIND}'><resource>{resource}</resource></bind></iq>")
        names = self.manager.start(f"{user}@{DOMAIN}/{resource}")
        self.assertEqual(stream.receive().get("type"), "result")
        return stream, names


class InFrontOfAnother(Front):
    def test_stanzas_carry_the_names_and_clients_see_none_of_them(self):
        alice, (connection, c2s, name) = self.logged_in()
        alice.send("<message to='bob@localhost' id='m1'><body>hi</body></message>")
        route = self.manager.next_route()
        self.assertEqual((route.get("from"), route.get("to"), route.get("type")), (connection, "alice@localhost/home", None))
        self.assertEqual((sc(route[0], "c2s"), sc(route[0], "sm")), (c2s, name))
        self.manager.say(connection, f"<message from='bob@localhost/work' {SC} sc:c2s='{c2s}' sc:sm='{name}'><body>yo</body></message>",
                         "alice@localhost/home")  # fmt: skip
        self.assertEqual(alice.receive_bytes(), b"<message from='bob@localhost/work'><body>yo</body></message>")
        alice.send("</stream:stream>")
        alice.wait_closed()
        self.manager.expect("end", name)
        for _ in range(2):  # as jabberd14 says it
            self.manager.say(connection, f"<sc:session {SC} action='ended' sc:c2s='{c2s}' sc:sm='{name}'/>", DOMAIN)
        self.logged_in("bob")  # and nothing came of that

    def test_a_client_speaks_for_itself_only(self):
        header = f"<stream:stream xmlns='{CLIENT}' xmlns:stream='{STREAMS}' xmlns:h='{NS}' to='{DOMAIN}' version='1.0'>"
        alice, (_, c2s, name) = self.logged_in(header=header)
        for spoofed in (f"{SC} sc:sm='1' sc:c2s='1'", f"xmlns:zz='{NS}' zz:sm='1'", "h:sm='1' h:c2s='1'", "xmlns:sc='urn:x' sc:sm='1'",
                        "xmlns:q='http://jabberd.jabberstudio.org/ns/session/1&#x2E;0' q:sm='1'"):  # fmt: skip
            alice.send(f"<message {spoofed} to='bob@localhost'/>")
            message = self.manager.next_route()[0]
            self.assertEqual((sc(message, "c2s"), sc(message, "sm")), (c2s, name))
        alice.send(f"<sc:session {SC} action='end' sc:sm='1'/>")
        self.assertEqual(alice.wait_closed(), ("unsupported-stanza-type", True))
        self.manager.expect("end", name)

    def test_a_start_that_fails(self):
        with Stream(self.server.address()) as alice:
            alice.open()
            alice.send(alice.auth_iq("alice", "home", PASSWORDS["alice"], how="password", identifier="1"))
            route = self.manager.next_route()
            failed = ET.tostring(route[0], encoding="unicode").replace(" />", " failed='Session Failed'/>")
            self.manager.say(route.get("from"), failed, "alice@localhost/home")
            self.assertEqual(stanza_error(alice.receive()), "not-allowed")
            alice.send(alice.auth_iq("alice", "home", PASSWORDS["alice"], how="password", identifier="2"))
            route = self.manager.next_route()
            self.manager.say(route.get("from"), ET.tostring(route[0], encoding="unicode"), "alice@localhost/home",
                             " type='error' error='Unable to deliver, destination unknown'")  # fmt: skip
            self.assertEqual(stanza_error(alice.receive()), "not-allowed")
            alice.send(alice.auth_iq("alice", "home", PASSWORDS["alice"], how="password", identifier="3"))
            self.manager.start("alice@localhost/home")
            self.assertEqual(alice.receive().get("type"), "result")

    def test_replaced(self):
        first, (connection, c2s, name) = self.logged_in()
        second, _ = self.logged_in()
        self.manager.say(connection, f"<sc:session {SC} action='ended' sc:c2s='{c2s}' sc:sm='{name}'/>", "alice@localhost/home")
        self.assertEqual(first.wait_closed(), ("conflict", True))
        self.server.wait_log('reason="replaced"')
        second.send("<presence/>")
        self.assertEqual(self.manager.next_route()[0].tag, f"{{{ACCEPT}}}presence")

    def test_a_session_that_a_restarted_manager_does_not_know(self):
        said = {
            "HEAD": (f"<sc:session {SC} action='ended' sc:c2s='{{c2s}}' sc:sm='{{c2s}}' xmlns:ns0='http://jabberd.org/ns/errmsg' "
                     "ns0:msg='Invalid User'/>", ""),
            "both": ("<iq type='get' id='q' to='bob@localhost'/>", " type='error' error='Invalid Session'"),
            "1.6.1": (f"<iq type='get' id='q' to='bob@localhost' {SC} sc:c2s='{{c2s}}' sc:sm='{{name}}'/>",
                      " type='error' error='Invalid User'"),
        }  # fmt: skip
        for version, (inside, more) in said.items():
            with self.subTest(version):
                alice, (connection, c2s, name) = self.logged_in()
                alice.send("<iq type='get' id='q' to='bob@localhost'><query xmlns='x'/></iq>")
                self.manager.next_route()
                self.manager.say(connection, inside.format(c2s=c2s, name=name), "alice@localhost/home", more)
                if version != "HEAD":
                    self.assertEqual(stanza_error(alice.receive()), "service-unavailable")
                self.assertEqual(alice.wait_closed(), ("reset", True))
                self.manager.expect("end", name)
                self.server.wait_log('reason="session_ended"')

    def test_what_a_client_does_not_take_goes_back_and_then_the_session_ends(self):
        alice, (connection, c2s, name) = self.logged_in(receive_buffer=4096)
        many = 800
        filler = "x" * 10_000
        for n in range(many):
            self.manager.say(connection, f"<message id='{n}' from='bob@localhost' to='alice@localhost/home' {SC} sc:c2s='{c2s}' "
                                         f"sc:sm='{name}'><body>{filler}</body></message>", "alice@localhost/home")  # fmt: skip
        self.server.wait_log('reason="slow_consumer"')
        returned, ended = [], False
        # Some are on their way to the client still when it has gone: those that it had before come back behind them.
        while not ended or sorted(returned) != list(range(min(returned, default=0), many)):
            route = self.manager.next_route()
            child = route[0]
            self.assertEqual((route.get("from"), route.get("to"), sc(child, "sm")), (connection, "alice@localhost/home", name))
            ended = child.tag == SESSION
            if ended:
                self.assertEqual(child.get("action"), "end")
            else:
                self.assertEqual((route.get("type"), child.get("from")), ("error", "bob@localhost"))
                returned.append(int(child.get("id")))
        self.assertGreater(min(returned), 0)

    def test_clients_outlive_the_link(self):
        alice, _ = self.logged_in()
        alice.send("<presence/>")
        self.manager.next_route()
        self.manager.link.close()
        self.server.wait_log("is away")
        alice.send("<message to='bob@localhost' id='meanwhile'/>")
        self.manager.link = self.manager.accept()
        connection, c2s, name = self.manager.start("alice@localhost/home")
        for expected in ("presence", "message"):
            route = self.manager.next_route()
            self.assertEqual((route[0].tag.split("}")[1], sc(route[0], "sm")), (expected, name))
        self.manager.say(connection, f"<message id='back' {SC} sc:c2s='{c2s}' sc:sm='{name}'/>", "alice@localhost/home")
        self.assertEqual(alice.receive().get("id"), "back")

    def test_accounts_are_read_again(self):
        secret_file(self.folder, "users", f"alice@{DOMAIN}:another one\ndave@{DOMAIN}:daves\n")
        self.server.signal(signal.SIGHUP)
        self.server.wait_log("configuration read again")
        for user, password in (("alice", "another one"), ("dave", "daves")):
            with Stream(self.server.address()) as stream:
                stream.open("1.0")
                stream.receive()
                self.assertEqual(stream.sasl_plain(user, password).tag, f"{{{SASL}}}success")

    def test_scram(self):
        with Stream(self.server.address()) as alice:
            alice.open("1.0")
            offered = [m.text for m in alice.receive().iter(f"{{{SASL}}}mechanism")]
            self.assertEqual(offered, ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"])
            first = "n=alice,r=fyko+d2lbbFgONRv9qkxdawL"
            alice.send(f"<auth xmlns='{SASL}' mechanism='SCRAM-SHA-256'>{base64.b64encode(b'n,,' + first.encode()).decode()}</auth>")
            challenge = base64.b64decode(alice.receive().text).decode()
            given = dict(part.split("=", 1) for part in challenge.split(","))
            salted = hashlib.pbkdf2_hmac("sha256", PASSWORDS["alice"].encode(), base64.b64decode(given["s"]), int(given["i"]))
            key = hmac.digest(salted, b"Client Key", "sha256")
            bare = f"c=biws,r={given['r']}"
            signature = hmac.digest(hashlib.sha256(key).digest(), f"{first},{challenge},{bare}".encode(), "sha256")
            proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
            alice.send(f"<response xmlns='{SASL}'>{base64.b64encode(f'{bare},p={proof}'.encode()).decode()}</response>")
            self.assertEqual(alice.receive().tag, f"{{{SASL}}}success")
            alice.open("1.0")
            alice.receive()
            alice.send(f"<iq type='set' id='b'><bind xmlns='{BIND}'><resource>home</resource></bind></iq>")
            self.manager.start("alice@localhost/home")
            self.assertEqual(alice.receive().get("type"), "result")


class WithoutGrace(Front):
    options = ("--sm-grace", "0")

    def test_a_link_that_is_lost(self):
        alice, (_, _, name) = self.logged_in()
        self.manager.link.close()
        self.assertEqual(alice.wait_closed(), ("remote-connection-failed", True))
        self.manager.link = self.manager.accept()
        self.manager.expect("end", name)
        # jabberd14 kept the session meanwhile, and what it kept for it comes now.
        self.manager.say(f"0123456789abcdef01234567@{SM_ID}", f"<message id='kept' {SC} sc:c2s='1' sc:sm='{name}'/>", DOMAIN)
        route = self.manager.next_route()
        self.assertEqual((route.get("type"), route[0].get("id"), sc(route[0], "sm")), ("error", "kept", name))
        self.manager.expect("end", name)


class FirstGenerationAlways(Front):
    """--sm-protocol route: also after a login that we checked."""

    options = ("--sm-protocol", "route")

    def test_a_session_route(self):
        with Stream(self.server.address()) as alice:
            alice.open()
            alice.send(alice.auth_iq("alice", "home", PASSWORDS["alice"], how="password"))
            route = self.manager.next_route()
            self.assertEqual((route.get("type"), route.get("to"), len(route)), ("session", "alice@localhost/home", 0))
            self.manager.link.send(f"<route type='session' from='alice@localhost/57c1e755' to='{route.get('from')}'/>")
            self.assertEqual(alice.receive().get("type"), "result")
            alice.send("<presence/>")
            self.assertEqual(self.manager.next_route().get("to"), "alice@localhost/57c1e755")


if __name__ == "__main__":
    main()
