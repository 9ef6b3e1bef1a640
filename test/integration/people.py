"""Clients of three libraries that a test leads in the same way: stanzas go in as text and come out as elements. Each library logs in as it
likes best, and reads and writes XML itself.

COUPLET_STROPHE_TALK: the client made of libstrophe; default build/test/integration/strophe/strophe_talk.
"""

import itertools
import os
import pathlib
import queue
import re
import time
import xml.etree.ElementTree as ET

import twisted_world
from harness import DOMAIN, PATIENCE, ROOT
from tool import Tool
from twisted.words.protocols.jabber import xmlstream
from twisted.words.xish import domish
from wire import CLIENT

FOLDER = pathlib.Path(__file__).resolve().parent
STROPHE = os.environ.get("COUPLET_STROPHE_TALK") or str(ROOT / "build/test/integration/strophe/strophe_talk")
ROSTER = "jabber:iq:roster"
_numbers = itertools.count(1)


def element_of(text):
    """With the default namespace of a client's stream around it, if it has none."""
    return ET.fromstring(f"<x xmlns='{CLIENT}'>{text}</x>")[0]


class Person:
    """What all have; a library says how to log in, `write` and `read` (the next stanza within so many seconds, or None), and to leave."""

    def __init__(self, user):
        self.bare = f"{user}@{DOMAIN}"
        self.jid = None
        self.heard = []  # and not asked for yet

    def send(self, text):
        self.write(text)
        return self

    def next(self, accept, what):
        """The first stanza that is accepted, of those that came before as well; the others are kept."""
        end = time.monotonic() + PATIENCE
        looked = 0
        while True:
            for number in range(looked, len(self.heard)):
                if accept(self.heard[number]):
                    return self.heard.pop(number)
            looked = len(self.heard)
            came = self.read(max(end - time.monotonic(), 0))
            if came is not None:
                self.heard.append(came)
            elif time.monotonic() >= end:
                heard = "\n".join(ET.tostring(e, encoding="unicode") for e in self.heard)
                raise AssertionError(f"{self.jid} never heard {what}, but:\n{heard}")

    def hear(self, name, kind=None, sender=None, accept=lambda _: True):
        def fits(e):
            return e.tag == f"{{{CLIENT}}}{name}" and e.get("type") == kind and sender in (None, e.get("from")) and accept(e)

        return self.next(fits, f"{name} of type {kind} from {sender}")

    def ask(self, kind, payload, to=None):
        """An iq and its answer."""
        identifier = f"q{next(_numbers)}"
        receiver = f" to='{to}'" if to else ""
        self.send(f"<iq type='{kind}' id='{identifier}'{receiver}>{payload}</iq>")
        answer = self.next(lambda e: e.get("id") == identifier and e.get("type") in ("result", "error"), f"an answer to {payload}")
        if answer.get("type") == "error":
            raise AssertionError(ET.tostring(answer, encoding="unicode"))
        return answer

    def roster(self):
        """{JID: (subscription, ask, name)}, as the server has it."""
        items = self.ask("get", f"<query xmlns='{ROSTER}'/>").iter(f"{{{ROSTER}}}item")
        return {i.get("jid"): (i.get("subscription"), i.get("ask"), i.get("name")) for i in items}

    def next_push(self):
        """The item of the next roster push, as (JID, subscription, ask)."""
        push = self.next(lambda e: e.get("type") == "set" and e.find(f"{{{ROSTER}}}query") is not None, "a roster push")
        item = push.find(f"{{{ROSTER}}}query/{{{ROSTER}}}item")
        return item.get("jid"), item.get("subscription"), item.get("ask")

    def come(self):
        """Roster and presence, as clients begin."""
        self.roster()
        self.send("<presence/>")
        self.hear("presence", sender=self.jid)
        return self

    def chat(self, to, text, identifier="m"):
        return self.send(f"<message type='chat' to='{to}' id='{identifier}'><body>{text}</body></message>")

    def next_text(self, sender=None, kind="chat"):
        text = self.hear("message", kind, sender, lambda e: e.find(f"{{{CLIENT}}}body") is not None)
        return text.findtext(f"{{{CLIENT}}}body")


class TwistedPerson(Person):
    """STARTTLS, PLAIN; its own dialect of XML trees."""

    def __init__(self, address, user, resource, password):
        super().__init__(user)
        self.client = twisted_world.Client(user, resource, twisted_world.TlsAuthenticator, password)
        self.errors = queue.Queue()
        self.client.factory.addBootstrap(xmlstream.STREAM_ERROR_EVENT, lambda failure: self.errors.put(failure.value.condition))
        self.jid = self.client.log_in(address)

    def write(self, text):
        self.client.send(self._domish(element_of(text)))

    def _domish(self, element):
        uri, name = element.tag[1:].split("}")
        copy = domish.Element((uri, name))
        copy.attributes.update(element.attrib)
        if element.text:
            copy.addContent(element.text)
        for child in element:
            copy.addChild(self._domish(child))
        return copy

    def read(self, seconds):
        try:
            return element_of(self.client.stanzas.get(timeout=seconds).toXml())
        except queue.Empty:
            return None

    def condition_of_end(self):
        return self.errors.get(timeout=PATIENCE)

    def leave(self):
        self.client.leave()


class Led(Person):
    """A program of its own (strophe/talk.cpp, node/talk.mjs)."""

    def __init__(self, user, words, password, **rest):
        super().__init__(user)
        self.tool = Tool(*words, environment={"COUPLET_TEST_PASSWORD": password, "NODE_TLS_REJECT_UNAUTHORIZED": "0"}, **rest)
        try:
            self.tool.wait_said("online as ")
        except BaseException:
            self.tool.kill()
            raise
        self.jid = re.search(r"online as (\S+)\n", self.tool.said()).group(1)
        self.at = 0

    def write(self, text):
        self.tool.write(text + "\n")

    def read(self, seconds):
        end = time.monotonic() + seconds
        while True:
            said = self.tool.said()
            whole = said.find("\n", self.at)
            if whole < 0:
                if time.monotonic() > end:
                    return None
                time.sleep(0.005)
                continue
            line, self.at = said[self.at : whole], whole + 1
            if line.startswith("<") and not line.startswith("<stream:"):
                return element_of(line)

    def condition_of_end(self):
        self.tool.wait_said("ended: ")
        return self.tool.said().split("ended: ")[1]

    def leave(self):
        if self.tool.process.poll() is None:
            self.tool.finish()
        self.tool.kill()


class StrophePerson(Led):
    """STARTTLS, SCRAM-SHA-512."""

    def __init__(self, address, user, resource, password):
        super().__init__(user, (STROPHE, address[1], f"{user}@{DOMAIN}/{resource}"), password)


class NodePerson(Led):
    """STARTTLS, SASL2, Bind 2: what it asks for is the beginning of its resource."""

    def __init__(self, address, user, resource, password):
        super().__init__(user, ("node", "talk.mjs", address[1], user, resource), password, cwd=FOLDER / "node")
