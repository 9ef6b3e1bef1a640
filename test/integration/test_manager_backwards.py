#!/usr/bin/python3
"""A session manager that says things in the wrong order: stanzas and ends before the session they belong to, refusals before the question's answer, and
what it held, the last first, as jabberd14 does (etc/PROTOCOL.md, section 7). Whoever it concerns gets what is for him, or a clear end, what nobody could be
given goes back, and nobody else notices."""

import tempfile
import unittest

from harness import DOMAIN, LINK_SECRET, PASSWORDS, ROOT, Server, main, readable, secret_file, wait_until
from recording import sections
from scripted_manager import ACCEPT, ScriptedManager
from wire import Stream, body, stanza_error

RECORDING = ROOT / "test" / "data" / "captures" / "A-legacy-jadc2s-head.txt"
BOB, ALICE, ANEW = (f"{who}@{DOMAIN}/{number}" for who, number in (("bob", "b0b"), ("alice", "a11ce"), ("alice", "a11ce2")))


def told(text, identifier="m"):
    return f"<message from='x@notify.{DOMAIN}' id='{identifier}'><body>{text}</body></message>"


def inside(route):
    """The id of the stanza in a route; None: it has none."""
    return route[0].get("id") if len(route) else None


class Backwards(unittest.TestCase):
    def setUp(self):
        self.manager = ScriptedManager()
        self.folder = tempfile.TemporaryDirectory(prefix="couplet-backwards-")
        secret = secret_file(self.folder.name, "secret", LINK_SECRET)
        self.server = Server("--domain", DOMAIN, "--threads", "2", "--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{self.manager.port}",
                             "--sm-id", "jadc2s", "--sm-secret", f"@{secret}", wait=False)  # fmt: skip
        self.link = self.manager.accept()
        self.server.wait_ready()
        self.streams = []
        self.bob = self.log_in("bob", BOB)

    def tearDown(self):
        self.check_bob()
        for stream in self.streams:
            stream.close()
        self.link.close()
        self.manager.close()
        wrong = self.server.stop()
        self.folder.cleanup()
        self.assertEqual(wrong, [])

    def check_bob(self):
        """He is there all the time, and hears and is heard."""
        self.say(BOB, self.bob.c2s, told("still there?", "check"))
        self.assertEqual(body(self.bob.receive()), "still there?")
        self.bob.message(f"x@notify.{DOMAIN}", "yes", "yes")
        route = self.hear()
        self.assertEqual((route.get("type"), route.get("to"), inside(route)), (None, BOB, "yes"))

    # ---- the manager's side ------------------------------------------------------------------------------------

    def say(self, sender, to, child="", more=""):
        self.link.send(f"<route from='{sender}' to='{to}'{more}>{child}</route>")

    def end(self, sender, to, words="Disconnected"):
        self.say(sender, to, more=f" type='error' error='{words}'")

    def started(self, sender, to):
        self.say(sender, to, more=" type='session'")

    def hear(self):
        route = self.link.receive()
        self.assertEqual(route.tag, f"{{{ACCEPT}}}route")
        return route

    def hear_kind(self, kind):
        route = self.hear()
        self.assertEqual(route.get("type"), kind)
        return route

    def returned(self, address):
        """A route that goes back: the id of what is inside."""
        route = self.hear_kind("error")
        self.assertEqual(route.get("to"), address)
        return inside(route)

    # ---- logging in, a step at a time --------------------------------------------------------------------------

    def ask_in(self, user="alice"):
        """The client's stream, with its password on the way; `question` is what the manager has to answer."""

        def come():
            stream = Stream(self.server.address())
            self.streams.append(stream)
            stream.open()
            return None if readable(stream.socket, 0.2) else stream  # closed at once: its thread does not know the link yet

        stream = wait_until(come, "the link is up")
        stream.send(stream.auth_iq(user, "home", PASSWORDS[user]))
        stream.question = self.hear_kind("auth")
        stream.jid, stream.c2s = f"{user}@{DOMAIN}/home", stream.question.get("from")
        return stream

    def believe(self, stream):
        """The password is right."""
        self.say(stream.jid, stream.c2s, f"<iq type='result' id='{inside(stream.question)}'/>", " type='auth'")

    def ask_for_session(self, user="alice"):
        stream = self.ask_in(user)
        self.believe(stream)
        self.assertEqual(self.hear_kind("session").get("to"), stream.jid)
        return stream

    def log_in(self, user, address):
        stream = self.ask_for_session(user)
        self.started(address, stream.c2s)
        self.assertEqual(stream.receive().get("type"), "result")
        return stream

    def check_in(self, alice, address):
        """She has this session, both ways."""
        alice.send("<presence/>")
        self.assertEqual(self.hear_kind(None).get("to"), address)
        self.say(address, alice.c2s, told("welcome"))
        self.assertEqual(body(alice.receive()), "welcome")

    # ---- what comes too early ----------------------------------------------------------------------------------

    def test_stanzas_before_the_session_go_back_and_the_login_goes_on(self):
        alice = self.ask_for_session()
        for n in (3, 2, 1):
            self.say(ALICE, alice.c2s, told("early", f"q{n}"))
        self.started(ALICE, alice.c2s)
        self.assertEqual([self.returned(ALICE) for _ in range(3)], ["q3", "q2", "q1"])
        self.assertEqual(alice.receive().get("type"), "result")
        self.check_in(alice, ALICE)

    def test_the_end_before_the_session(self):
        alice = self.ask_for_session()
        self.end(ALICE, alice.c2s)
        self.started(ALICE, alice.c2s)
        self.assertEqual(alice.receive().get("type"), "result")
        # Her first stanza shows it: the manager knows no such session.
        alice.send("<presence id='p1'/>")
        self.assertEqual(inside(self.hear_kind(None)), "p1")
        self.end(ALICE, alice.c2s, "Invalid Session")
        self.assertEqual(alice.wait_closed(), ("reset", True))

    def test_the_session_before_the_password_is_believed(self):
        alice = self.ask_in()
        self.started(ALICE, alice.c2s)
        self.assertIsNone(self.returned(ALICE))  # nobody asked: it is ended
        self.believe(alice)
        self.hear_kind("session")
        self.started(ANEW, alice.c2s)
        self.assertEqual(alice.receive().get("type"), "result")
        self.check_in(alice, ANEW)

    def test_the_refusal_before_the_password_is_believed(self):
        alice = self.ask_in()
        self.end(alice.jid, alice.c2s, "Session Failed")
        self.assertEqual(stanza_error(alice.receive()), "remote-server-timeout")
        self.believe(alice)  # too late: it logs nobody in
        self.started(ALICE, alice.c2s)
        self.assertIsNone(self.returned(ALICE))
        alice.send(alice.auth_iq("alice", "home", PASSWORDS["alice"]))
        alice.question = self.hear_kind("auth")
        self.believe(alice)
        self.hear_kind("session")
        self.started(ANEW, alice.c2s)
        self.assertEqual(alice.receive().get("type"), "result")
        self.check_in(alice, ANEW)

    def test_the_end_before_the_last_stanzas(self):
        alice = self.log_in("alice", ALICE)
        self.end(ALICE, alice.c2s)
        for n in (2, 1):
            self.say(ALICE, alice.c2s, told("late", f"q{n}"))
        self.assertEqual(alice.wait_closed(), ("conflict", True))
        self.assertEqual([self.returned(ALICE) for _ in range(2)], ["q2", "q1"])

    # ---- the last first, after the link was lost ---------------------------------------------------------------

    def lose_link(self):
        self.link.close()
        self.link = self.manager.accept()

    def play_held(self, ends_first):
        """A stanza that reaches her thread before the news of the lost link does is given to her; later ones go back to the manager."""
        alice = self.log_in("alice", ALICE)
        alice.message(self.bob.jid, "before", "m0")
        self.assertEqual(inside(self.hear()), "m0")
        self.lose_link()
        for n in (3, 2, 1):
            self.say(ALICE, alice.c2s, told("held", f"q{n}"))
        routes = []
        while sum(route.get("type") == "session" for route in routes) < 2:
            routes.append(self.hear())
        asked = {route.get("to"): route.get("from") for route in routes if route.get("type") == "session"}
        self.assertEqual(asked, {alice.jid: alice.c2s, self.bob.jid: self.bob.c2s})
        steps = [lambda: self.started(ANEW, alice.c2s), lambda: self.end(ALICE, alice.c2s)]
        for step in reversed(steps) if ends_first else steps:
            step()
        self.started(BOB, self.bob.c2s)
        self.say(ANEW, alice.c2s, told("welcome", "new"))
        given = []
        while "new" not in given:
            given.append(alice.receive().get("id"))
        alice.send("<presence id='p1'/>")
        while inside(routes[-1]) != "p1":
            routes.append(self.hear())
        self.assertEqual((routes[-1].get("type"), routes[-1].get("to")), (None, ANEW))
        returned = [inside(route) for route in routes if route.get("type") == "error"]
        self.assertEqual(given[:-1] + returned, ["q3", "q2", "q1"])

    def test_held_stanzas_come_the_last_first_while_sessions_are_asked_for(self):
        self.play_held(ends_first=False)

    def test_the_same_and_the_end_of_the_old_session_comes_before_the_new_one(self):
        self.play_held(ends_first=True)

    # ---- as it was recorded ------------------------------------------------------------------------------------

    def test_A22_A23_what_was_held_for_a_c2s_that_was_killed(self):
        recorded = sections(RECORDING)
        held = [line.text for line in recorded["A22"] if line.tag == "SM>C2S" and "<body>queued" in line.text]
        self.assertEqual(len(held), 3)
        self.link.send("".join(held))  # for a client of the c2s of before: '7@jadc2s'
        back = [self.hear_kind("error") for _ in held]
        self.assertEqual([(inside(route), route.get("from")) for route in back], [(f"q{n}", "7@jadc2s") for n in (3, 2, 1)])
        self.assertEqual({route.get("to") for route in back}, {"alice@localhost/56f97895"})

        alice = self.log_in("alice", "alice@localhost/7a56ffa9")
        end = next(line.text for line in recorded["A22b"] if line.tag == "SM>C2S" and "Disconnected" in line.text)
        self.link.send(end.replace("7@jadc2s", alice.c2s))  # of the session of before: not hers
        self.check_in(alice, "alice@localhost/7a56ffa9")

        late = next(line.text for line in recorded["A23"] if line.tag == "SM>C2S" and "queued 4" in line.text)
        self.link.send(late.replace("7@jadc2s", alice.c2s).replace("3faf8610", "7a56ffa9"))
        self.assertEqual(body(alice.receive()), "queued 4")


if __name__ == "__main__":
    main()
