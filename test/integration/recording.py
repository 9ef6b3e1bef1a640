"""Reads recorded conversations (test/data/captures) and plays them: the clients' and the session manager's lines are said as recorded, with
the ids of today, and what the server says is compared with what was recorded."""

import hashlib
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

from harness import wait_until
from wire import CLIENT, STREAM_ERRORS, STREAMS, Closed, Splitter, Stream

LINE = re.compile(r"^ +\d+\.\d{3} (\S+) +(.*)$")
# One namespace for the eyes of a comparison: the link has another name for it than the client.
STANZA_NAMESPACES = ("jabber:component:accept", "jabber:server")


class Line(NamedTuple):
    tag: str
    text: str


def sections(path):
    """{name: [Line…]}, in the order of the file; the name is the first word of the title."""
    found = {}
    lines = None
    for row in path.read_text(encoding="utf-8").splitlines():
        if row.startswith("=== "):
            lines = found.setdefault(row.split()[1], [])
        elif lines is not None and (match := LINE.match(row)):
            lines.append(Line(match.group(1), match.group(2)))
        elif lines and row and not row.startswith("#"):
            # An element with line breaks in it.
            lines[-1] = Line(lines[-1].tag, lines[-1].text + "\n" + row)
    return found


def canonical(element, drop=()):
    """What has to be the same, without the order of attributes. Of an error: its condition, not its words or what it repeats."""
    tag = element.tag
    for namespace in STANZA_NAMESPACES:
        tag = tag.replace(f"{{{namespace}}}", f"{{{CLIENT}}}")
    attributes = {k: v for k, v in element.attrib.items() if k not in drop}
    children = list(element)
    if element.get("type") == "error" and tag.split("}")[1] in ("iq", "message", "presence"):
        conditions = [c.tag for e in children if e.tag.endswith("}error") for c in e if not c.tag.endswith("}text")]
        return (tag, tuple(sorted(attributes.items())), tuple(conditions))
    if tag == f"{{{STREAMS}}}error":
        return (tag, tuple(c.tag for c in children if c.tag != f"{{{STREAM_ERRORS}}}text"))
    inside = tuple(canonical(child) for child in children)
    text = (element.text or "") + "".join(child.tail or "" for child in children)
    return (tag, tuple(sorted(attributes.items())), text.strip(), inside)


class Player:
    """`passwords`: what the recorded clients used, so that digests can be made for today's stream ids."""

    def __init__(self, server_address, link, passwords):
        self.address = server_address
        self.link = link
        self.passwords = passwords
        self.streams = {}  # tag → Stream
        self.ids = {}  # recorded client id → today's
        self.login_ids = {}  # id of a recorded iq of a login → the one that the server gave it on the link
        self.stream_ids = {}  # recorded → today's
        self.heard = {}  # tag → Splitter of what was recorded for that client
        self.at = None  # the line that is played

    # ---- one line ----------------------------------------------------------------------------------------------

    def play(self, lines):
        for line in lines:
            self.at = line
            if "NOTIFY" in line.tag:
                continue  # the receiver of connection notices
            if line.tag == "C2S>SM":
                self.expect_route(line.text)
            elif line.tag == "SM>C2S":
                self.link.send(self.answer(line.text))
            elif line.tag.startswith(">"):
                self.expect_at_client(line.tag[1:], line.text)
            elif line.tag.endswith(">"):
                self.say(line.tag[:-1], line.text)

    def stream(self, tag):
        if tag not in self.streams:
            # The same connection under the name that its user is called by later.
            self.streams[tag] = self.streams["CLI"]
        return self.streams[tag]

    def say(self, tag, text):
        if text.startswith("<?xml") or text.startswith("<stream:stream"):
            self.streams[tag] = Stream(self.address)
            self.heard[tag] = Splitter()
        self.stream(tag).send(self.translate(text))

    def translate(self, text):
        """Puts today's ids and digests in the place of the recorded ones."""
        for recorded, today in self.ids.items():
            text = text.replace(f"'{recorded}'", f"'{today}'")
        for recorded, today in self.stream_ids.items():
            text = text.replace(f"'{recorded}'", f"'{today}'")
            for password in self.passwords:
                old, new = (hashlib.sha1((i + password).encode()).hexdigest() for i in (recorded, today))
                text = text.replace(old, new)
        return text

    def answer(self, text):
        """What the manager says. The iq of a login has the id that the server gave it."""
        text = self.translate(text)
        if "type='auth'" in text[: text.index(">")]:
            text = re.sub(r"(<iq [^>]*?id=')([^']*)'", lambda m: m.group(1) + self.login_ids[m.group(2)] + "'", text, count=1)
        return text

    def expect_route(self, text):
        recorded = ET.fromstring(f"<s xmlns='jabber:component:accept'>{text}</s>")[0]
        if not recorded.tag.endswith("}route"):
            return  # connection notices, which nobody asked for
        given = self.link.receive()
        name = recorded.get("from")
        if recorded.get("type") in ("auth", "session"):
            self.ids[name] = given.get("from")
        if recorded.get("type") == "auth":
            self.login_ids[recorded[0].get("id")] = given[0].get("id")
        recorded = ET.fromstring(f"<s xmlns='jabber:component:accept'>{self.translate(text)}</s>")[0]
        self.compare(self.route(recorded), self.route(given), text)

    @staticmethod
    def route(element):
        """The echoed child of a session start is free; the sender inside a stanza is the manager's to set."""
        outer = tuple(sorted((k, v) for k, v in element.attrib.items() if k in ("from", "to", "type")))
        if element.get("type") == "session":
            return outer
        drop = ("from", "id") if element.get("type") == "auth" else ("from",)
        return outer, tuple(canonical(child, drop) for child in element)

    def expect_at_client(self, tag, text):
        stream = self.stream(tag)
        if text == "<EOF>":
            stream.wait_closed()
            return
        splitter = self.heard.get(tag) or self.heard["CLI"]
        header_before = splitter.header
        elements = splitter.feed(self.translate(text).encode())
        if splitter.header is not header_before:
            recorded = ET.fromstring(splitter.header + b"</stream:stream>")
            given = stream.wait_header()
            self.stream_ids[recorded.get("id")] = given["id"]
            if given["from"] != recorded.get("from"):
                raise AssertionError(f"header from {given['from']}")
        for element in elements:
            recorded = splitter.parse(element)
            given = stream.receive()
            # The recorded manager's roster pushes have no id; ours may give them one.
            drop = () if "id" in recorded.attrib else ("id",)
            self.compare(canonical(recorded, drop), canonical(given, drop), text)
        if splitter.ended and not stream.splitter.ended:
            try:
                while not stream.splitter.ended:
                    stream.pull()
            except Closed:
                pass
            if not stream.splitter.ended:
                raise AssertionError("the stream was not ended with a footer")

    @staticmethod
    def compare(recorded, given, line):
        if recorded != given:
            raise AssertionError(f"\n  line:     {line}\n  recorded: {recorded}\n  given:    {given}")

    def wait_open(self):
        """Until the server knows that the link is up."""

        def come():
            with Stream(self.address) as stream:
                try:
                    stream.open()
                    stream.send("</stream:stream>")
                    return stream.wait_closed()[0] is None
                except Closed:
                    return False

        wait_until(come, "the link is up")
