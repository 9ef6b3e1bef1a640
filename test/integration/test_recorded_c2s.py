#!/usr/bin/python3
"""The original jadc2s as a c2s of our session manager: what it wrote in the recordings is written to ours, with the names that sessions have today, and
what it is answered says the same as jabberd14 did then, apart from the differences that are named here.

Not played: A17 (bodies that are not in the recording), and from A19 on and S08, where the manager or jadc2s is stopped: test_link_survives.py and
test_manager_backwards.py do that."""

import unittest
import xml.etree.ElementTree as ET
from collections import Counter

from harness import DOMAIN, LINK_SECRET, ROOT, Server, main
from recording import sections
from scripted_manager import ACCEPT, linked_c2s

CAPTURES = ROOT / "test" / "data" / "captures"
SC = "{http://jabberd.jabberstudio.org/ns/session/1.0}"


OF_LOGINS = [
    # An unknown name looks like a known one (SECURITY: names are not told).
    "- 7 auth iq ag2 error not-authorized",
    "+ 7 auth iq ag2 result",
    # Neither password nor digest is no wrong password (XEP-0078 section 3.3).
    "- 7 auth iq au3 error not-authorized",
    "+ 7 auth iq au3 error not-acceptable",
    # Who does not know a namespace says service-unavailable (RFC 6120 section 8.4), and so does a server for those who do not exist (RFC 6121 section 8.5.1).
    "- 7 iq un1 error recipient-unavailable",
    "+ 7 iq un1 error service-unavailable",
    "- 7 iq un2 error item-not-found",
    "+ 7 iq un2 error service-unavailable",
    "- 7 iq se1 error recipient-unavailable",
    "+ 7 iq se1 error service-unavailable",
    "- 7 iq bi1 error recipient-unavailable",
    "+ 7 iq bi1 error service-unavailable",
    "- 7 message m3 error item-not-found nobody@localhost 'x'",
    "+ 7 message m3 error service-unavailable nobody@localhost",
    # A result is never answered (RFC 6120 section 8.2.3).
    "- 7 iq zz1 error recipient-unavailable",
    # Whether what had waited has arrived is asked.
    "+ 9 iq offline-1 get",
    # Pushes have ids (RFC 6121 section 2.1.6), and a request for a subscription reaches those who are there (section 3.1.3).
    "- 7 iq set",
    "- 7 iq set",
    "+ 7 iq push1 set",
    "+ 7 iq push2 set",
    "+ 8 presence subscribe alice@localhost",
    # Why a session ends has its own word each time.
    "- 7 ended or failed: Disconnected",
    "+ 7 ended or failed: Replaced by new connection",
    "+ 7 ended or failed: Account removed",
]
# The name "a b" in the form, and another's in the route: the route counts for both.
OF_THE_HEAD = ["- 7 auth iq reg1 error not-acceptable", "+ 7 auth iq reg1 error conflict"]
OF_SASL = [
    # It said so twice each time.
    "- 8 ended",
    # Two sessions with the same resource: the first one ends at once, and what it says then finds nothing.
    "- 7 iq ro2 result",
    "+ 7 ended or failed: Invalid Session",
    "+ 7 ended or failed: Invalid Session",
    "+ 8 ended or failed: Invalid Session",
    "+ 8 ended or failed: Invalid Session",
]


def local(tag):
    return tag.split("}")[-1]


def condition_of(stanza):
    """The condition of an error, whatever the words and the code are."""
    found = [local(c.tag) for e in stanza if local(e.tag) == "error" for c in e if local(c.tag) != "text"]
    return found[0] if found else ""


def says(route):
    """What a route to a c2s says, in a line; nothing: a presence, of which managers send more or fewer."""
    who = route.get("to", "").split("@")[0]
    kind = route.get("type", "")
    if kind == "error":
        return f"{who} ended or failed: {route.get('error', '')}"
    child = route[0] if len(route) else None
    if kind == "session":
        return f"{who} has a session"
    if child is None:
        return ""
    name = local(child.tag)
    if name == "session":
        return " ".join(filter(None, (who, child.get("action"), "failed" if child.get("failed") else "", child.get("target", ""))))
    if name == "presence" and child.get("type") not in ("subscribe", "subscribed", "unsubscribe", "unsubscribed"):
        return ""
    body = "".join(e.text or "" for e in child if local(e.tag) == "body")
    error = condition_of(child) if child.get("type") == "error" else ""
    words = (who, kind, name, child.get("id"), child.get("type"), error, child.get("from") if name != "iq" else "", repr(body) if body else "")
    return " ".join(filter(None, words))


class Recorded(unittest.TestCase):
    def setUp(self):
        self.names = {}  # of sessions: recorded → today's
        self.questions = 0
        self.server = Server("--domain", DOMAIN, "--threads", "1", "--no-clients", "--register", "--c2s", f"jadc2s:{LINK_SECRET}",
                             "--listen-components", "127.0.0.1:0")  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), []))
        self.link = linked_c2s(self.server.address("component"), "jadc2s")
        self.addCleanup(self.link.close)

    def translate(self, text):
        for recorded, today in self.names.items():
            text = text.replace(recorded, today)
        return text

    def learn(self, recorded, given):
        """The session that both answers are of."""
        def name(route):
            return route.get("from") if route.get("type") == "session" else route[0].get(SC + "sm") if len(route) else None

        if says(recorded) == says(given) and name(recorded) and says(recorded).endswith(("has a session",)) or "started" in says(recorded):
            self.names[name(recorded)] = name(given)

    def all_that_comes(self, pending):
        """Until the manager has worked on all that it was sent: it answers this question behind it. `pending`: a login's answer, which may take longer."""
        self.questions += 1
        query = "<query xmlns='jabber:iq:auth'><username>nobody</username></query>"
        self.link.send(f"<route type='auth' from='99@jadc2s' to='nobody@{DOMAIN}'><iq id='done-{self.questions}' type='get'>{query}</iq></route>")
        came = []
        done = False
        while not done or (pending and not any(r.get("to") == pending and r.get("type") == "auth" for r in came)):
            route = self.link.receive()
            if len(route) and route[0].get("id") == f"done-{self.questions}":
                done = True
            else:
                came.append(route)
                self.answer_as_a_client(route)
        return came

    def answer_as_a_client(self, route):
        """Our manager asks whether what had waited has arrived."""
        if len(route) and local(route[0].tag) == "iq" and route[0].get("type") == "get":
            to = f" to='{route[0].get('from')}'" if route[0].get("from") else ""
            answer = f"<iq type='error' id='{route[0].get('id')}'{to}/>"
            self.link.send(f"<route from='{route.get('to')}' to='{route.get('from')}'>{answer}</route>")

    def play(self, recording, wanted):
        """All that the manager said to it, then and now."""
        then, now = Counter(), Counter()
        for name, lines in sections(CAPTURES / recording).items():
            if name not in wanted:
                continue
            recorded, given = [], []
            for at, line in enumerate(lines):
                if line.tag == "SM>C2S" and line.text.startswith("<route"):
                    recorded.append(ET.fromstring(f"<s xmlns='{ACCEPT}'>{line.text}</s>")[0])
                if line.tag != "C2S>SM" or not line.text.startswith("<route"):
                    continue
                text = self.translate(line.text)
                self.link.send(text)
                is_login = "type='auth'" in text[: text.index(">")]
                came = self.all_that_comes(text.split("from='")[1].split("'")[0] if is_login else None)
                given += came
                answers = []
                for other in lines[at + 1 :]:
                    if other.tag == "C2S>SM" and other.text.startswith("<route"):
                        break
                    if other.tag == "SM>C2S" and other.text.startswith("<route"):
                        answers.append(ET.fromstring(f"<s xmlns='{ACCEPT}'>{other.text}</s>")[0])
                for a in answers:
                    for g in came:
                        if says(a) and says(a) == says(g):
                            self.learn(a, g)
            then.update(filter(None, map(says, recorded)))
            now.update(filter(None, map(says, given)))
        now.update(filter(None, map(says, self.all_that_comes(None))))
        return then, now

    def check(self, recording, wanted, *differences):
        """`differences`: {what only one of both said: why}, "-": jabberd14, "+": ours."""
        recorded, given = self.play(recording, wanted)
        self.assertGreater((recorded & given).total(), 15)
        found = [f"- {line}" for line in (recorded - given).elements()] + [f"+ {line}" for line in (given - recorded).elements()]
        expected = [line for lines in differences for line in lines]
        self.assertEqual(sorted(found), sorted(expected))

    def test_logins_of_the_head(self):
        self.check("A-legacy-jadc2s-head.txt", WANTED_A, OF_LOGINS, OF_THE_HEAD)

    def test_logins_of_161(self):
        self.check("A-legacy-jadc2s-161.txt", WANTED_A, OF_LOGINS)

    def test_sasl_of_the_head(self):
        self.check("S-sasl-jadc2s-head.txt", WANTED_S, OF_SASL, ["- 8 ended"])

    def test_sasl_of_161(self):
        self.check("S-sasl-jadc2s-161.txt", WANTED_S, OF_SASL, ["- 8 ended or failed: Invalid User"])


WANTED_A = [f"A{n:02}" for n in range(3, 19) if n != 17]
WANTED_S = [f"S{n:02}" for n in (0, 1, 2, 3, 4, 5, 6, 7, 9)]
if __name__ == "__main__":
    main()
