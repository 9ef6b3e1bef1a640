#!/usr/bin/python3
"""Two Couplets as c2s in front of one with the session manager inside: who is at one of them and who is at the other notice nothing of it (doings.py), a
resource is somebody's at one of them only, and whoever was at a front that is gone is gone for the others."""

import shutil
import tempfile
import unittest

import doings
import twisted_world
from harness import DOMAIN, LOOPBACK, Server, main, secret_file
from people import NodePerson, StrophePerson, TwistedPerson
from wire import CLIENT

GRACE = 1  # seconds that a front may be away before its sessions end


class Fronts(unittest.TestCase):
    names = (f"one.{DOMAIN}", f"two.{DOMAIN}")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="couplet-fronts-")
        cls.secrets = [secret_file(cls.folder, name, f"secret-of-{name}") for name in cls.names]
        users = secret_file(cls.folder, "users", "".join(f"{user}@{DOMAIN}:{pw}\n" for user, pw in doings.PASSWORDS.items()))
        c2s = [word for name, secret in zip(cls.names, cls.secrets) for word in ("--c2s", f"{name}:@{secret}")]
        cls.manager = Server("--domain", DOMAIN, "--threads", 2, "--no-clients", "--listen-components", "127.0.0.1:0", *c2s, "--c2s-grace", GRACE,
                             "--users", users)  # fmt: skip
        cls.fronts = [cls.front(place) for place in (0, 1)]

    @classmethod
    def front(cls, place):
        host, port = cls.manager.address("component")
        return Server(*LOOPBACK, "--domain", DOMAIN, "--threads", 2, "--sm", f"{host}:{port}", "--sm-id", cls.names[place], "--sm-secret",
                      f"@{cls.secrets[place]}")  # fmt: skip

    @classmethod
    def tearDownClass(cls):
        wrong = [w for server in (*cls.fronts, cls.manager) for w in server.stop()]
        shutil.rmtree(cls.folder, ignore_errors=True)
        if wrong:
            raise AssertionError("\n".join(wrong))

    def at(self, library, user, resource, place):
        return library(self.fronts[place].address(), user, resource, doings.PASSWORDS[user])


class Apart(doings.Doings, Fronts):
    """Strophe and Node at one of them, Twisted at the other."""

    def make(self, user, resource, place):
        library = TwistedPerson if place else NodePerson if resource == "late" else StrophePerson
        return self.at(library, user, resource, place)

    def test_a_resource_is_at_one_of_them_only(self):
        ann, ben = self.pair()
        self.befriend(ann, ben)
        user = ann.bare.split("@")[0]
        taken = self.person(user, "a", 1)  # the same, at the other front
        self.assertEqual(taken.jid, ann.jid)
        self.assertIn("conflict", ann.condition_of_end())
        ben.chat(taken.jid, "to whom?")
        self.assertEqual(taken.next_text(ben.jid), "to whom?")
        back = self.person(user, "a", 0)
        self.assertEqual(taken.condition_of_end(), "conflict")
        ben.chat(back.jid, "and now?")
        self.assertEqual(back.next_text(ben.jid), "and now?")


class Gone(doings.Doings, Fronts):
    def make(self, user, resource, place):
        return self.at(TwistedPerson, user, resource, place)

    def in_a_room(self, ann, ben):
        room = f"{ann.bare.split('@')[0]}@{doings.SERVICE}"
        for one, nick in ((ann, "Ann"), (ben, "Ben")):
            one.send(f"<presence to='{room}/{nick}'><x xmlns='{doings.MUC}'/></presence>")
            one.hear("presence", None, f"{room}/{nick}")
            if one is ann:
                one.ask("set", f"<query xmlns='{doings.MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>", room)
        return room

    def lose_the_first_front(self, lose):
        ann, ben = self.pair()
        self.befriend(ann, ben)
        room = self.in_a_room(ann, ben)
        lose(self.fronts[0])
        ben.chat(ann.bare, "are you there?")
        ben.hear("presence", "unavailable", ann.jid)
        ben.hear("presence", "unavailable", f"{room}/Ann")
        back = self.person(ann.bare.split("@")[0], "back", 1)
        self.assertEqual(back.next_text(ben.jid), "are you there?")
        ben.hear("presence", None, back.jid)
        self.fronts[0] = self.front(0)
        again = self.person(ann.bare.split("@")[0], "again", 0)
        ben.hear("presence", None, again.jid)
        self.assertIsNotNone(again.hear("presence", None, ben.jid))

    def test_killed(self):
        def kill(front):
            front.kill()
            front.forget()

        self.lose_the_first_front(kill)

    def test_stopped(self):
        self.lose_the_first_front(lambda front: self.assertEqual(front.stop(), []))


# The tests of Doings are those of Apart.
for name in [n for n in dir(doings.Doings) if n.startswith("test_")]:
    setattr(Gone, name, None)


if __name__ == "__main__":
    twisted_world.start()
    main()
