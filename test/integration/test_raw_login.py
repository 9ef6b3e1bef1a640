#!/usr/bin/python3
"""Logging in, byte by byte: both generations, wrong tries, pieces, everything at once, the same resource twice."""

import base64
import xml.etree.ElementTree as ET

from harness import DOMAIN, PASSWORDS, WithDeployment, in_every_role, main
from scram_client import SASL2
from tls_client import TlsStream, client_context
from wire import AUTH, BIND, CLIENT, REGISTER, SASL, STREAMS, Stream, body, stanza_error, stream_error

LIMITS = "urn:xmpp:stream-limits:0"


class Streams(WithDeployment):
    __test__ = False

    def setUp(self):
        self.streams = []

    def tearDown(self):
        for stream in self.streams:
            stream.close()

    def stream(self, **rest):
        self.streams.append(Stream(self.address, **rest))
        return self.streams[-1]

    def login(self, user, resource="r", **rest):
        return self.stream().login(user, resource, **rest)


@in_every_role
class Legacy(Streams):
    def test_header_answer_is_of_the_same_generation(self):
        header = self.stream().open()
        self.assertEqual(header["from"], DOMAIN)
        self.assertGreaterEqual(len(header["id"]), 16)
        self.assertNotIn("version", header)

    def test_fields_are_offered(self):
        stream = self.stream()
        stream.open()
        answer = stream.ask(f"<iq type='get' id='f'><query xmlns='{AUTH}'><username>alice</username></query></iq>")
        self.assertEqual(answer.get("type"), "result")
        fields = {child.tag.split("}")[1] for child in answer[0]}
        self.assertLessEqual({"username", "password", "digest", "resource"}, fields)

    def test_unknown_user_looks_like_any_other(self):
        stream = self.stream()
        stream.open()
        answer = stream.ask(f"<iq type='get' id='f'><query xmlns='{AUTH}'><username>nobody</username></query></iq>")
        if answer.get("type") == "error":
            self.assertEqual(stanza_error(answer), "not-authorized")
        else:
            self.assertEqual(answer.get("type"), "result")
        refused = stream.ask(stream.auth_iq("nobody", "r", "x"))
        self.assertEqual(stanza_error(refused), "not-authorized")

    def test_digest_and_password(self):
        for how in ("digest", "password"):
            stream = self.login("alice", how, how=how)
            self.assertEqual(stream.ping().get("type"), "result")

    def test_second_try_on_the_same_stream(self):
        stream = self.stream()
        stream.open()
        for how in ("digest", "password"):
            refused = stream.ask(stream.auth_iq("alice", "again", "wrong-secret-xyz", how))
            self.assertEqual(stanza_error(refused), "not-authorized")
        self.assertEqual(stream.ask(stream.auth_iq("alice", "again", PASSWORDS["alice"])).get("type"), "result")
        self.assertEqual(stream.ping().get("type"), "result")

    def test_refusal_does_not_repeat_the_password(self):
        stream = self.stream()
        stream.open()
        stream.send(stream.auth_iq("alice", "r", "wrong-secret-xyz", "password"))
        self.assertNotIn(b"wrong-secret-xyz", stream.receive_bytes())

    def test_stanza_before_login_ends_the_stream(self):
        stream = self.stream()
        stream.open()
        stream.message(f"bob@{DOMAIN}", "too early")
        self.assertEqual(stream.wait_closed(), ("not-authorized", True))

    def test_registration_is_off_unless_asked_for(self):
        stream = self.stream()
        stream.open()
        wish = f"<query xmlns='{REGISTER}'><username>dave</username><password>dave-pw</password></query>"
        stream.send(f"<iq type='set' id='reg'>{wish}</iq>")
        answer = stream.receive()
        self.assertTrue(stanza_error(answer) or stream_error(answer))
        with self.assertRaises(AssertionError):
            self.login("dave", password="dave-pw")

    def test_one_byte_at_a_time(self):
        stream = self.stream()
        for byte in stream.header():
            stream.send(byte)
        stream.wait_header()
        for byte in stream.auth_iq("alice", "slow", PASSWORDS["alice"]) + "<presence/>":
            stream.send(byte)
        self.assertEqual(stream.receive_id("auth").get("type"), "result")
        self.assertEqual(stream.ping().get("type"), "result")

    def test_everything_in_one_write(self):
        bob = self.login("bob", "all").available()
        stream = self.stream()
        stream.send(
            stream.header()
            + stream_iq("alice", "all", PASSWORDS["alice"])
            + f"<presence/><message to='bob@{DOMAIN}/all' id='m1'><body>at once</body></message>"
            + f"<iq type='get' id='p' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
        stream.wait_header()
        self.assertEqual(stream.receive_id("auth").get("type"), "result")
        self.assertEqual(stream.receive_id("p").get("type"), "result")
        self.assertEqual(body(bob.receive_id("m1")), "at once")

    def test_same_resource_replaces_the_older_session(self):
        old = self.login("alice", "same").available()
        new = self.login("alice", "same").available()
        self.assertEqual(old.wait_closed(), ("conflict", True))
        bob = self.login("bob", "watch")
        bob.message(f"alice@{DOMAIN}/same", "to the new one", "m1")
        self.assertEqual(body(new.receive_id("m1")), "to the new one")
        self.assertEqual(new.ping().get("type"), "result")

    def test_other_resource_stays(self):
        first = self.login("alice", "one").available()
        second = self.login("alice", "two").available()
        self.assertEqual(first.ping().get("type"), "result")
        self.assertEqual(second.ping().get("type"), "result")

    def test_sender_is_overwritten(self):
        alice, bob = self.login("alice", "from"), self.login("bob", "from").available()
        alice.send(f"<message from='carol@{DOMAIN}/x' to='bob@{DOMAIN}/from' id='m1'><body>who?</body></message>")
        # Either refused outright (RFC 6120 section 8.1.2.1 allows both) or delivered with the true sender.
        answer = bob.receive_id("m1")
        self.assertEqual(answer.get("from"), f"alice@{DOMAIN}/from")

    def test_names_are_prepared(self):
        stream = self.stream()
        stream.open(to="LOCALHOST")
        self.assertEqual(stream.ask(stream.auth_iq("ALICE", "Case", PASSWORDS["alice"], "password")).get("type"), "result")
        bob = self.login("bob", "case").available()
        bob.message(f"Alice@{DOMAIN}/Case", "hello", "m1")
        self.assertEqual(body(stream.receive_id("m1")), "hello")

    def test_footer_is_answered(self):
        stream = self.login("alice", "bye").available()
        stream.send("</stream:stream>")
        self.assertEqual(stream.wait_closed(), (None, True))

    def test_white_space_between_stanzas(self):
        stream = self.login("alice", "blank")
        stream.send(" \n\t ")
        self.assertEqual(stream.ping().get("type"), "result")

    def test_text_arrives_as_it_was(self):
        alice, bob = self.login("alice", "text"), self.login("bob", "text").available()
        for number, text in enumerate(["a<b>&amp;'\"", "  blanks  ", "é ☕ 𝔘 \u200b", "]]>", "x" * 100_000]):
            alice.message(bob.jid, text, f"m{number}")
            self.assertEqual(body(bob.receive_id(f"m{number}")), text)

    def test_nested_namespaces_arrive_as_they_were(self):
        alice, bob = self.login("alice", "ns"), self.login("bob", "ns").available()
        alice.send(
            f"<message to='{bob.jid}' id='m1'><f:x xmlns:f='urn:f' f:a='1'><y xmlns='urn:y'><f:z/></y></f:x>"
            f"<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='{CLIENT}'><body>in</body></message></forwarded></message>"
        )
        got = bob.receive_id("m1")
        x = got.find("{urn:f}x")
        self.assertEqual(x.get("{urn:f}a"), "1")
        self.assertIsNotNone(x.find("{urn:y}y/{urn:f}z"))
        self.assertEqual(got.findtext(f"{{urn:xmpp:forward:0}}forwarded/{{{CLIENT}}}message/{{{CLIENT}}}body"), "in")


def stream_iq(user, resource, password):
    return (
        f"<iq type='set' id='auth'><query xmlns='{AUTH}'><username>{user}</username><password>{password}</password>"
        f"<resource>{resource}</resource></query></iq>"
    )


@in_every_role
class Sasl(Streams):
    def features(self, stream):
        header = stream.open("1.0")
        self.assertEqual(header["version"], "1.0")
        features = stream.receive()
        self.assertEqual(features.tag, f"{{{STREAMS}}}features")
        return features

    def test_features_before_and_after_login(self):
        stream = self.stream()
        before = self.features(stream)
        mechanisms = [m.text for m in before.iter(f"{{{SASL}}}mechanism")]
        self.assertIn("PLAIN", mechanisms)
        self.assertIsNone(before.find(f"{{{BIND}}}bind"))
        self.assertEqual(stream.sasl_plain("alice", PASSWORDS["alice"]).tag, f"{{{SASL}}}success")
        after = self.features(stream)
        self.assertIsNotNone(after.find(f"{{{BIND}}}bind"))
        self.assertIsNone(after.find(f"{{{SASL}}}mechanisms"))

    def test_login_and_resource(self):
        stream = self.login("alice", "sasl", how="sasl")
        self.assertEqual(stream.jid, f"alice@{DOMAIN}/sasl")
        self.assertEqual(stream.ping().get("type"), "result")

    def test_server_chooses_a_resource_where_none_is_asked_for(self):
        names = set()
        for _ in range(3):
            stream = self.stream()
            self.features(stream)
            stream.sasl_plain("alice", PASSWORDS["alice"])
            names.add(stream.bind(None))
            self.assertEqual(stream.ping().get("type"), "result")
        self.assertEqual(len(names), 3)

    def test_second_try_on_the_same_stream(self):
        stream = self.stream()
        self.features(stream)
        refused = stream.sasl_plain("alice", "wrong-secret-xyz")
        self.assertIsNotNone(refused.find(f"{{{SASL}}}not-authorized"), ET.tostring(refused))
        self.assertEqual(stream.sasl_plain("alice", PASSWORDS["alice"]).tag, f"{{{SASL}}}success")
        stream.bind("again")
        self.assertEqual(stream.ping().get("type"), "result")

    def test_unknown_user_looks_like_a_wrong_password(self):
        stream = self.stream()
        self.features(stream)
        self.assertIsNotNone(stream.sasl_plain("nobody", "x").find(f"{{{SASL}}}not-authorized"))

    def test_one_byte_at_a_time(self):
        stream = self.stream()
        for byte in stream.header("1.0"):
            stream.send(byte)
        stream.wait_header()
        stream.receive()
        token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
        for byte in f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>":
            stream.send(byte)
        self.assertEqual(stream.receive().tag, f"{{{SASL}}}success")
        stream.bind("slow")
        self.assertEqual(stream.ping().get("type"), "result")

    def test_everything_in_one_write(self):
        token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
        stream = self.stream()
        stream.send(
            stream.header("1.0")
            + f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>"
            + stream.header("1.0")
            + f"<iq type='set' id='bind'><bind xmlns='{BIND}'><resource>at-once</resource></bind></iq>"
            + f"<iq type='get' id='p' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
        stream.wait_header()
        stream.receive()
        self.assertEqual(stream.receive().tag, f"{{{SASL}}}success")
        data = stream.splitter.rest
        stream.splitter.restart()
        stream.splitter.rest = b""
        stream.elements += stream.splitter.feed(data)
        stream.wait_header()
        jid = stream.receive_id("bind").findtext(f"{{{BIND}}}bind/{{{BIND}}}jid")
        self.assertEqual(jid, f"alice@{DOMAIN}/at-once")
        self.assertEqual(stream.receive_id("p").get("type"), "result")

    def test_initial_response_may_come_later(self):
        stream = self.stream()
        self.features(stream)
        stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'/>")
        self.assertEqual(stream.receive().tag, f"{{{SASL}}}challenge")
        token = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
        stream.send(f"<response xmlns='{SASL}'>{token}</response>")
        self.assertEqual(stream.receive().tag, f"{{{SASL}}}success")

    def test_bound_resource_replaces_the_older_session(self):
        old = self.login("alice", "same", how="sasl").available()
        new = self.login("alice", "same", how="sasl").available()
        self.assertEqual(old.wait_closed(), ("conflict", True))
        self.assertEqual(new.ping().get("type"), "result")

    def test_generations_replace_each_other(self):
        old = self.login("alice", "mixed").available()
        self.login("alice", "mixed", how="sasl").available()
        self.assertEqual(old.wait_closed(), ("conflict", True))

    def test_session_request_of_rfc_3921_is_answered(self):
        stream = self.login("alice", "session", how="sasl")
        answer = stream.ask("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>")
        self.assertEqual(answer.get("type"), "result")


@in_every_role
class Sasl2(Streams):
    def authenticate(self, mechanism_text, claimed=None):
        """The server's answer, on a stream whose header is of `claimed`."""
        stream = TlsStream(self.address, client_context())
        self.streams.append(stream)
        header = stream.header("1.0")
        stream.send(header if claimed is None else header.replace(" to=", f" from='{claimed}' to="))
        self.assertEqual(stream.wait_header().get("to"), claimed)
        self.assertIsNotNone(stream.receive().find(f"{{{SASL2}}}authentication"))
        text = base64.b64encode(mechanism_text.encode()).decode()
        stream.send(f"<authenticate xmlns='{SASL2}' mechanism='PLAIN'><initial-response>{text}</initial-response></authenticate>")
        return stream.receive()

    def test_authorization_identity_is_that_of_the_header(self):
        """XEP-0388: where both are given."""
        alice, bob = f"alice@{DOMAIN}", f"bob@{DOMAIN}"
        for claimed, wanted, taken in ((None, alice, True), (alice, alice, True), (alice, "", True), (bob, "", True), (bob, alice, False)):
            answer = self.authenticate(f"{wanted}\0alice\0{PASSWORDS['alice']}", claimed)
            if taken:
                self.assertEqual(answer.findtext(f"{{{SASL2}}}authorization-identifier"), alice, (claimed, wanted))
            else:
                self.assertIsNotNone(answer.find(f"{{{SASL}}}invalid-authzid"), (claimed, wanted))


@in_every_role
class Limits(Streams):
    """What the features say of the limits (XEP-0478), before the login and after it, is what holds."""

    options = {"client": ("--max-stanza-bytes", "20000", "--idle-timeout", "3600")}

    def limits_of(self, stream):
        found = [{child.tag: child.text for child in limits} for limits in stream.receive() if limits.tag == f"{{{LIMITS}}}limits"]
        self.assertEqual(len(found), 1)
        return {tag.replace(f"{{{LIMITS}}}", ""): int(text) for tag, text in found[0].items()}

    def padded(self, size, before, after):
        return before + "x" * (size - len(before) - len(after)) + after

    def test_before_and_after_a_login(self):
        stream = self.stream()
        stream.open("1.0")
        before = self.limits_of(stream)
        self.assertEqual(before, {"max-bytes": 8192, "idle-seconds": 3600})
        # As long as it may be, and answered; a byte more on another stream is too much.
        auth = f"<auth xmlns='{SASL}' mechanism='X'>", "</auth>"
        stream.send(self.padded(before["max-bytes"], *auth))
        self.assertEqual(stream.receive()[0].tag, f"{{{SASL}}}invalid-mechanism")
        longer = self.stream()
        longer.open("1.0")
        longer.receive()
        longer.send(self.padded(before["max-bytes"] + 1, *auth))
        self.assertEqual(longer.wait_closed(), ("policy-violation", True))

        self.assertEqual(stream.sasl_plain("alice", PASSWORDS["alice"]).tag, f"{{{SASL}}}success")
        stream.open("1.0")
        after = self.limits_of(stream)
        self.assertEqual(after, {"max-bytes": 20000, "idle-seconds": 3600})
        stream.ask(f"<iq type='set' id='b'><bind xmlns='{BIND}'/></iq>")
        request = f"<iq type='get' id='long' to='{DOMAIN}'><x xmlns='urn:x'>", "</x></iq>"
        stream.send(self.padded(after["max-bytes"], *request))
        self.assertEqual(stream.receive_id("long").get("type"), "error")
        stream.send(self.padded(after["max-bytes"] + 1, *request))
        self.assertEqual(stream.wait_closed(), ("policy-violation", True))


class NoIdleLimit(Streams):
    """Without --idle-timeout nothing is said of it."""

    def test_features(self):
        stream = self.stream()
        stream.open("1.0")
        limits = [element for element in stream.receive() if element.tag == f"{{{LIMITS}}}limits"]
        self.assertEqual([[child.tag for child in one] for one in limits], [[f"{{{LIMITS}}}max-bytes"]])


@in_every_role
class Registration(Streams):
    # Whoever keeps the accounts says whether new ones may be made; a c2s in front only asks it.
    options = {"manager": ("--register",)}

    def register(self, stream, user, password, identifier):
        fields = f"<username>{user}</username>" + (f"<password>{password}</password>" if password else "")
        return stream.ask(f"<iq type='set' id='{identifier}'><query xmlns='{REGISTER}'>{fields}</query></iq>")

    def test_account_is_made_and_works(self):
        stream = self.stream()
        stream.open()
        fields = stream.ask(f"<iq type='get' id='g'><query xmlns='{REGISTER}'/></iq>")
        names = {child.tag.split("}")[1] for child in fields[0]}
        self.assertLessEqual({"username", "password"}, names)
        self.assertEqual(self.register(stream, "dave", "dave-pw", "r1").get("type"), "result")
        self.assertEqual(self.login("dave", password="dave-pw").ping().get("type"), "result")

    def test_taken_name_is_a_conflict(self):
        stream = self.stream()
        stream.open()
        self.assertEqual(stanza_error(self.register(stream, "alice", "stolen", "r1")), "conflict")
        self.assertEqual(self.login("alice").ping().get("type"), "result")

    def test_missing_password_is_not_acceptable(self):
        stream = self.stream()
        stream.open()
        self.assertIn(stanza_error(self.register(stream, "erin", None, "r1")), ("not-acceptable", "bad-request"))

    def test_it_is_offered_as_a_feature(self):
        stream = self.stream()
        stream.open("1.0")
        features = stream.receive()
        self.assertIsNotNone(features.find("{http://jabber.org/features/iq-register}register"))


if __name__ == "__main__":
    main()
