#!/usr/bin/python3
"""Guests (SASL ANONYMOUS, --anonymous): whoever asks has a session under a name that the server makes up, and when it ends nothing of it is left."""

import base64
import contextlib
import os
import shutil
import sqlite3
import tempfile
import unittest
import xml.etree.ElementTree as ET

from harness import DOMAIN, Deployment, main, wait_until
from wire import CLIENT, SASL, Stream, body, stanza_error

# RFC 4122, version 4.
NAME = f"^[0-9a-f]{{8}}-[0-9a-f]{{4}}-4[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}@{DOMAIN}/here$"
CARD = "<vCard xmlns='vcard-temp'><FN>A guest</FN></vCard>"
NOTES = "<query xmlns='jabber:iq:private'><notes xmlns='urn:notes'>{}</notes></query>"


class Case(unittest.TestCase):
    threads = 1

    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="couplet-anonymous-")
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)

    def start(self, *options):
        self.system = Deployment(threads=self.threads, manager=("--data", self.data, *options))
        self.addCleanup(lambda: self.assertEqual(self.system.stop(), []))

    def stream(self):
        return self.enterContext(Stream(self.system.address))

    def offered(self, stream):
        stream.open("1.0")
        return [mechanism.text for mechanism in stream.receive().iter(f"{{{SASL}}}mechanism")]

    def ask_for_name(self, stream, trace="="):
        stream.send(f"<auth xmlns='{SASL}' mechanism='ANONYMOUS'>{trace}</auth>")
        return stream.receive()

    def guest(self, trace="="):
        stream = self.stream()
        self.assertIn("ANONYMOUS", self.offered(stream))
        self.assertEqual(self.ask_for_name(stream, trace).tag, f"{{{SASL}}}success")
        self.assertRegex(stream.bind("here"), NAME)
        return stream.available()

    def user(self, name):
        return self.stream().login(name, "r").available()

    def leave(self, stream):
        stream.send("</stream:stream>")
        self.assertEqual(stream.wait_closed(), (None, True))

    def stored(self, jid):
        """The tables that have something of this account."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.data, "couplet.db"))) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            columns = {table: {column[1] for column in db.execute(f"PRAGMA table_info({table})")} for table in tables}
            whose = [(table, column) for table in tables for column in ("owner", "jid") if column in columns[table]]
            self.assertLessEqual({("accounts", "jid"), ("entries", "owner"), ("offline", "owner"), ("archive", "owner")}, set(whose))
            return [table for table, column in whose if db.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (jid,)).fetchone()]


class Guests(Case):
    def test_only_who_is_asked_to_takes_them(self):
        for options in ((), ("--register",)):
            self.start(*options)
            stream = self.stream()
            self.assertNotIn("ANONYMOUS", self.offered(stream))
            self.assertIsNotNone(self.ask_for_name(stream).find(f"{{{SASL}}}invalid-mechanism"))
            self.assertEqual(self.system.stop(), [])

    def test_a_guest_is_there_like_anybody_else(self):
        self.start("--anonymous")
        bob, guest = self.user("bob"), self.guest(base64.b64encode("sirhc ü".encode()).decode())
        guest.message(bob.jid, "from nobody you know", "m1")
        got = bob.receive_id("m1")
        self.assertEqual((got.get("from"), body(got)), (guest.jid, "from nobody you know"))
        for to, identifier in ((guest.jid, "m2"), (guest.jid.split("/")[0], "m3")):
            bob.message(to, "hello", identifier)
            self.assertEqual(body(guest.receive_id(identifier)), "hello")
        self.assertEqual(guest.ping().get("type"), "result")
        bob.send(f"<iq type='get' id='q' to='{guest.jid}'><query xmlns='jabber:iq:version'/></iq>")
        asked = guest.receive_id("q")
        guest.send(f"<iq type='result' id='q' to='{asked.get('from')}'><query xmlns='jabber:iq:version'><name>none</name></query></iq>")
        self.assertEqual(bob.receive_id("q").get("type"), "result")

    def test_nothing_of_a_guest_is_left(self):
        self.start("--anonymous")
        bob, guest = self.user("bob"), self.guest()
        bare = guest.jid.split("/")[0]
        for n, payload in enumerate((CARD, NOTES.format("of a guest"))):
            self.assertEqual(guest.ask(f"<iq type='set' id='s{n}'>{payload}</iq>").get("type"), "result")
        vcard = f"<iq type='get' id='v' to='{bare}'><vCard xmlns='vcard-temp'/></iq>"
        self.assertIn("A guest", ET.tostring(bob.ask(vcard), encoding="unicode"))
        guest.message(bob.jid, "said", "m1")
        bob.receive_id("m1")
        wait_until(lambda: "entries" in self.stored(bare), "what the guest keeps is stored while the session lasts")
        self.leave(guest)
        wait_until(lambda: not self.stored(bare), "nothing of the guest is stored")

        for other in (bob, self.guest()):
            self.assertNotEqual(other.jid.split("/")[0], bare)
            for to in (guest.jid, bare):
                other.message(to, "too late", "late")
                self.assertEqual(stanza_error(other.receive_id("late")), "service-unavailable")
            ping = f"<iq type='get' id='p' to='{guest.jid}'><ping xmlns='urn:xmpp:ping'/></iq>"
            self.assertEqual(stanza_error(other.ask(ping)), "service-unavailable")
            self.assertIn(stanza_error(other.ask(vcard)), ("service-unavailable", "item-not-found"))
            notes = other.ask(f"<iq type='get' id='n'>{NOTES.format('')}</iq>")
            self.assertNotIn("of a guest", ET.tostring(notes, encoding="unicode"))
        self.assertEqual(self.stored(bare), [])

    def test_guests_do_not_see_each_other(self):
        self.start("--anonymous")
        first, second = self.guest(), self.guest()
        self.assertNotEqual(first.jid, second.jid)  # though they have asked for the same resource
        for stream in (first, second):
            roster = stream.ask("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
            self.assertEqual(len(roster[0]), 0)
        first.send(f"<presence type='probe' to='{second.jid}'/>")
        first.send("<presence><status>only mine</status></presence>")
        first.ping()
        second.send(f"<iq type='get' id='p' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>")
        came = second.receive()  # and nothing before it
        self.assertEqual((came.tag, came.get("id")), (f"{{{CLIENT}}}iq", "p"))
        self.leave(first)
        self.assertEqual(second.ping().get("type"), "result")

    def test_traces_that_are_none(self):
        self.start("--anonymous")
        for trace, refused in (("!", "incorrect-encoding"), (base64.b64encode(b"\xff").decode(), "malformed-request"),
                               (base64.b64encode(b"x" * 256).decode(), "malformed-request")):  # fmt: skip
            stream = self.stream()
            self.offered(stream)
            answer = self.ask_for_name(stream, trace)
            self.assertIsNotNone(answer.find(f"{{{SASL}}}{refused}"), ET.tostring(answer))
        self.guest(base64.b64encode(b"x" * 255).decode())


class GuestsWithTwoThreads(Guests):
    threads = 2


if __name__ == "__main__":
    main()
