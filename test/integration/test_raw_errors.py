#!/usr/bin/python3
"""What a client may not do, and what it is told."""

import base64
import codecs

from harness import DOMAIN, PASSWORDS, WithDeployment, main
from wire import AUTH, BIND, CLIENT, SASL, STREAMS, Stream, stanza_error

HEADER = f"<stream:stream xmlns='{CLIENT}' xmlns:stream='{STREAMS}' to='{DOMAIN}' version='1.0'>"
# What is sent first → the condition of the stream error.
FIRST_BYTES = {
    "no_xmpp": (b"EHLO localhost\r\n", "not-well-formed"),
    "other_root": (b"<html>", "bad-format"),
    "other_stream_namespace": (HEADER.replace(STREAMS, "urn:x").encode(), "invalid-namespace"),
    "other_content_namespace": (HEADER.replace(CLIENT, "jabber:server").encode(), "invalid-namespace"),
    "unknown_host": (HEADER.replace(f"'{DOMAIN}'", "'example.net'").encode(), "host-unknown"),
    "host_that_is_no_domain": (HEADER.replace(f"'{DOMAIN}'", "'a b'").encode(), "improper-addressing"),
    "other_encoding": (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + HEADER.encode(), "unsupported-encoding"),
    "utf_16": (codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le"), "unsupported-encoding"),
    "dtd": (b"<!DOCTYPE stream [<!ENTITY a 'b'>]>" + HEADER.encode(), "restricted-xml"),
    "duplicate_attribute": (HEADER.replace(" version", " to='x' version").encode(), "not-well-formed"),
    "header_over_the_limit": (HEADER.replace("version", f"a='{'x' * 300_000}' version").encode(), "policy-violation"),
}
# What is sent after login → the condition of the stream error.
AFTER_LOGIN = {
    "comment": ("<!-- x -->", "restricted-xml"),
    "processing_instruction": ("<?php x?>", "restricted-xml"),
    "entity": ("<message><body>&foo;</body></message>", "restricted-xml"),
    "mismatched_tags": ("<message><body></message>", "not-well-formed"),
    "undeclared_prefix": ("<message><x:y/></message>", "not-well-formed"),
    "null_reference": ("<message><body>&#0;</body></message>", "not-well-formed"),
    "control_character": ("<message><body>\x01</body></message>", "not-well-formed"),
    "overlong_utf_8": (b"<message><body>\xc0\x80</body></message>", "not-well-formed"),
    "surrogate": (b"<message><body>\xed\xa0\x80</body></message>", "not-well-formed"),
    "text_between_stanzas": ("hello", "not-well-formed"),
    "depth": ("<message>" + "<a>" * 2000, "policy-violation"),
    "attributes": ("<message " + " ".join(f"a{n}=''" for n in range(2000)) + "/>", "policy-violation"),
    "stanza_over_the_limit": (f"<message><body>{'x' * 300_000}</body></message>", "policy-violation"),
    "unknown_element": ("<foo xmlns='urn:example:foo'/>", "unsupported-stanza-type"),
    "unknown_element_of_the_content_namespace": ("<foo/>", "unsupported-stanza-type"),
    "message_of_another_namespace": ("<message xmlns='jabber:server'><body/></message>", "invalid-namespace"),
    "route": ("<route to='c@localhost' from='s@localhost'/>", "unsupported-stanza-type"),
    "handshake": ("<handshake xmlns='jabber:component:accept'/>", "invalid-namespace"),
    "second_header": (HEADER + "</stream:stream>", "unsupported-stanza-type"),
    "second_login": (f"<auth xmlns='{SASL}' mechanism='PLAIN'>AA==</auth>", "policy-violation"),
}  # fmt: skip


class Case(WithDeployment):
    __test__ = False

    def setUp(self):
        self.streams = []

    def tearDown(self):
        for stream in self.streams:
            stream.close()
        # Whatever happened: others are served.
        with Stream(self.address) as other:
            self.assertEqual(other.login("carol", "after").ping().get("type"), "result")

    def stream(self):
        self.streams.append(Stream(self.address))
        return self.streams[-1]

    def features(self):
        stream = self.stream()
        stream.open("1.0")
        stream.receive()
        return stream


class FirstBytes(Case):
    def test_version_from_the_future_is_served_as_the_one_that_we_know(self):
        stream = self.stream()
        self.assertEqual(stream.open("2.0")["version"], "1.0")
        self.assertEqual(stream.receive().tag, f"{{{STREAMS}}}features")


class AfterLogin(Case):
    pass


def first_bytes_case(data, condition):
    def test(self):
        stream = self.stream()
        stream.try_send(data)
        self.assertEqual(stream.wait_closed(), (condition, True))
        # RFC 6120 section 4.9.1.2: a header comes before the error.
        self.assertIsNotNone(stream.splitter.header)

    return test


def after_login_case(data, condition):
    def test(self):
        stream = self.stream().login("alice", "e")
        stream.try_send(data)
        self.assertEqual(stream.wait_closed(), (condition, True))

    return test


for name, (data, condition) in FIRST_BYTES.items():
    setattr(FirstBytes, f"test_{name}", first_bytes_case(data, condition))
for name, (data, condition) in AFTER_LOGIN.items():
    setattr(AfterLogin, f"test_{name}", after_login_case(data, condition))


class Sasl(Case):
    def failure(self, text):
        stream = self.features()
        stream.send(text)
        answer = stream.receive()
        self.assertEqual(answer.tag, f"{{{SASL}}}failure")
        return answer[0].tag.split("}")[1]

    def test_security_28_login_in_the_name_of_another(self):
        token = base64.b64encode(f"bob@{DOMAIN}\0alice\0{PASSWORDS['alice']}".encode()).decode()
        self.assertEqual(self.failure(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>"), "invalid-authzid")

    def test_own_name_as_authorisation_identity(self):
        stream = self.features()
        answer = stream.sasl_plain("alice", PASSWORDS["alice"], f"alice@{DOMAIN}")
        self.assertEqual(answer.tag, f"{{{SASL}}}success")

    def test_base64_that_is_none(self):
        self.assertEqual(self.failure(f"<auth xmlns='{SASL}' mechanism='PLAIN'>!!!!</auth>"), "incorrect-encoding")

    def test_plain_with_too_few_parts(self):
        self.assertEqual(self.failure(f"<auth xmlns='{SASL}' mechanism='PLAIN'>YWxpY2U=</auth>"), "malformed-request")

    def test_abort(self):
        stream = self.features()
        stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'/>")
        self.assertEqual(stream.receive().tag, f"{{{SASL}}}challenge")
        stream.send(f"<abort xmlns='{SASL}'/>")
        self.assertEqual(stream.receive()[0].tag, f"{{{SASL}}}aborted")
        self.assertEqual(stream.sasl_plain("alice", PASSWORDS["alice"]).tag, f"{{{SASL}}}success")

    def test_too_many_attempts(self):
        stream = self.features()
        for _ in range(5):
            stream.sasl_plain("alice", "wrong")
        condition, footer = stream.wait_closed()
        self.assertEqual((condition, footer), ("policy-violation", True))

    def test_security_27_other_host_after_login(self):
        stream = self.features()
        stream.sasl_plain("alice", PASSWORDS["alice"])
        stream.splitter.restart()
        stream.send(stream.header("1.0", "example.net"))
        self.assertEqual(stream.wait_closed(), ("host-unknown", True))

    def test_stanza_before_binding(self):
        stream = self.features()
        stream.sasl_plain("alice", PASSWORDS["alice"])
        stream.open("1.0")
        stream.receive()
        stream.message(f"bob@{DOMAIN}", "too early")
        self.assertEqual(stream.wait_closed(), ("not-authorized", True))

    def test_resource_that_is_none(self):
        stream = self.features()
        stream.sasl_plain("alice", PASSWORDS["alice"])
        stream.open("1.0")
        stream.receive()
        answer = stream.ask(
            f"<iq type='set' id='b'><bind xmlns='{BIND}'><resource>{'r' * 2000}</resource></bind></iq>"
        )
        self.assertEqual(stanza_error(answer), "bad-request")


class OldLogin(Case):
    def test_names_that_are_no_names(self):
        for user in ("a b", "a@b", "a/b", "", "\u3000"):
            stream = self.stream()
            stream.open()
            answer = stream.ask(stream.auth_iq(user, "r", "x", "password"))
            self.assertEqual(stanza_error(answer), "not-acceptable", user)

    def test_missing_resource(self):
        stream = self.stream()
        stream.open()
        answer = stream.ask(
            f"<iq type='set' id='a'><query xmlns='{AUTH}'><username>alice</username><password>{PASSWORDS['alice']}</password></query></iq>"
        )
        self.assertEqual(stanza_error(answer), "not-acceptable")


if __name__ == "__main__":
    main()
