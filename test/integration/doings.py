"""What two people do with whatever client they have. Whoever takes these tests says how a client is made: `make(user, resource, place)`, where
place 0 and 1 are addresses of the same service."""

import itertools

from harness import DOMAIN
from wire import CLIENT

SERVICE = f"conference.{DOMAIN}"
DISCO = "http://jabber.org/protocol/disco"
CARBONS = "urn:xmpp:carbons:2"
FORWARD = "urn:xmpp:forward:0"
DELAY = "urn:xmpp:delay"
VCARD = "vcard-temp"
MUC = "http://jabber.org/protocol/muc"
TEXT = "1 &lt; 2 &amp; \"quoted\" 'too' ☕"
READ = "1 < 2 & \"quoted\" 'too' ☕"
PASSWORDS = {f"{name}{n}": f"pw-{name}-{n}" for name in ("ann", "ben") for n in range(40)}
_numbers = itertools.count()


def statuses(presence):
    return {int(s.get("code")) for s in presence.iter(f"{{{MUC}#user}}status")}


class Doings:
    def person(self, user, resource, place=0):
        one = self.make(user, resource, place)
        self.addCleanup(one.leave)
        return one.come()

    def pair(self):
        """Two that know nothing of each other yet, ann at place 0 and ben at place 1."""
        n = next(_numbers)
        return self.person(f"ann{n}", "a", 0), self.person(f"ben{n}", "b", 1)

    def ask_and_grant(self, asks, grants):
        asks.send(f"<presence to='{grants.bare}' type='subscribe'/>")
        grants.hear("presence", "subscribe", asks.bare)
        grants.send(f"<presence to='{asks.bare}' type='subscribed'/>")
        asks.hear("presence", "subscribed", grants.bare)
        asks.hear("presence", None, grants.jid)

    def befriend(self, one, other):
        self.ask_and_grant(one, other)
        self.ask_and_grant(other, one)

    def test_a_roster_is_the_same_in_every_session_of_an_account(self):
        ann, ben = self.pair()
        again = self.person(ann.bare.split("@")[0], "again", 1)
        ann.ask("set", f"<query xmlns='jabber:iq:roster'><item jid='{ben.bare}' name='Ben &amp; co'><group>Friends</group></item></query>")
        for one in (ann, again):
            self.assertEqual(one.next_push(), (ben.bare, "none", None))
            self.assertEqual(one.roster(), {ben.bare: ("none", None, "Ben & co")})
        again.ask("set", f"<query xmlns='jabber:iq:roster'><item jid='{ben.bare}' subscription='remove'/></query>")
        for one in (ann, again):
            self.assertEqual(one.next_push(), (ben.bare, "remove", None))
            self.assertEqual(one.roster(), {})

    def test_subscriptions_both_ways_and_presence(self):
        ann, ben = self.pair()
        self.ask_and_grant(ann, ben)
        self.assertEqual([ann.next_push() for _ in range(2)], [(ben.bare, "none", "subscribe"), (ben.bare, "to", None)])
        self.assertEqual(ben.next_push(), (ann.bare, "from", None))
        self.ask_and_grant(ben, ann)
        self.assertEqual(ann.next_push(), (ben.bare, "both", None))
        self.assertEqual([ben.next_push() for _ in range(2)], [(ann.bare, "from", "subscribe"), (ann.bare, "both", None)])
        ben.send(f"<presence><show>dnd</show><status>{TEXT}</status></presence>")
        busy = ann.hear("presence", None, ben.jid, lambda e: e.find(f"{{{CLIENT}}}show") is not None)
        self.assertEqual((busy.findtext(f"{{{CLIENT}}}show"), busy.findtext(f"{{{CLIENT}}}status")), ("dnd", READ))
        late = self.person(ann.bare.split("@")[0], "late", 0)
        self.assertEqual(late.hear("presence", None, ben.jid).findtext(f"{{{CLIENT}}}show"), "dnd")
        ben.leave()
        for one in (ann, late):
            one.hear("presence", "unavailable", ben.jid)
        # The contact takes it back: first he is gone, then the right to see him is.
        back = self.person(ben.bare.split("@")[0], "back", 1)
        ann.hear("presence", None, back.jid)
        back.send(f"<presence to='{ann.bare}' type='unsubscribed'/>")
        gone = ann.next(lambda e: e.get("from", "").startswith(ben.bare) and e.get("type") in ("unavailable", "unsubscribed"), "the end")
        self.assertEqual((gone.get("type"), gone.get("from")), ("unavailable", back.jid))
        ann.hear("presence", "unsubscribed", ben.bare)
        self.assertEqual(ann.next_push(), (ben.bare, "from", None))

    def test_messages_both_ways_and_carbons(self):
        ann, ben = self.pair()
        also = self.person(ann.bare.split("@")[0], "also", 1)
        for one in (ann, also):
            one.ask("set", f"<enable xmlns='{CARBONS}'/>")
        ben.chat(ann.jid, TEXT)
        self.assertEqual(ann.next_text(ben.jid), READ)
        ann.chat(ben.jid, "and back")
        self.assertEqual(ben.next_text(ann.jid), "and back")
        for kind, sender, text in (("received", ben.jid, READ), ("sent", ann.jid, "and back")):
            copy = also.next(lambda e, kind=kind: e.find(f"{{{CARBONS}}}{kind}") is not None, f"what was {kind}")
            inner = copy.find(f"{{{CARBONS}}}{kind}/{{{FORWARD}}}forwarded/{{{CLIENT}}}message")
            self.assertEqual((copy.get("from"), inner.get("from"), inner.findtext(f"{{{CLIENT}}}body")), (ann.bare, sender, text))

    def test_many_messages_stay_in_order(self):
        ann, ben = self.pair()
        for n in range(100):
            ann.chat(ben.jid if n % 2 else ben.bare, str(n))
        self.assertEqual([int(ben.next_text(ann.jid)) for _ in range(100)], list(range(100)))

    def test_what_was_missed_is_given_at_the_next_login(self):
        ann, ben = self.pair()
        self.befriend(ann, ben)
        ben.leave()
        ann.hear("presence", "unavailable", ben.jid)
        for n in range(3):
            ann.chat(ben.bare, f"missed {n}")
        ann.send(f"<presence type='subscribe' to='{ben.bare}'/>")  # granted already: not asked again
        ann.ask("get", "<ping xmlns='urn:xmpp:ping'/>", DOMAIN)
        back = self.person(ben.bare.split("@")[0], "back", 0)
        for n in range(3):
            message = back.hear("message", "chat", ann.jid)
            self.assertEqual(message.findtext(f"{{{CLIENT}}}body"), f"missed {n}")
            self.assertIsNotNone(message.find(f"{{{DELAY}}}delay"))

    def test_a_vcard_is_seen_by_others(self):
        ann, ben = self.pair()
        ann.ask("set", f"<vCard xmlns='{VCARD}'><FN>Ann {TEXT}</FN></vCard>")
        self.assertEqual(ben.ask("get", f"<vCard xmlns='{VCARD}'/>", ann.bare).findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}FN"), f"Ann {READ}")

    def test_what_there_is_and_pings(self):
        ann, ben = self.pair()
        info = ann.ask("get", f"<query xmlns='{DISCO}#info'/>", DOMAIN)
        features = {e.get("var") for e in info.iter(f"{{{DISCO}#info}}feature")}
        self.assertLessEqual({f"{DISCO}#info", "urn:xmpp:ping", VCARD, CARBONS}, features)
        items = ann.ask("get", f"<query xmlns='{DISCO}#items'/>", DOMAIN)
        self.assertIn(SERVICE, [e.get("jid") for e in items.iter(f"{{{DISCO}#items}}item")])
        ben.ask("get", "<ping xmlns='urn:xmpp:ping'/>", DOMAIN)

    def test_a_room_for_two(self):
        ann, ben = self.pair()
        room = f"{ann.bare.split('@')[0]}-{type(self).__name__.lower()}@{SERVICE}"
        ann.send(f"<presence to='{room}/Ann'><x xmlns='{MUC}'/></presence>")
        self.assertLessEqual({110, 201}, statuses(ann.hear("presence", None, f"{room}/Ann")))
        ann.ask("set", f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>", room)
        ben.send(f"<presence to='{room}/Ben'><x xmlns='{MUC}'/></presence>")
        ben.hear("presence", None, f"{room}/Ann")
        self.assertIn(110, statuses(ben.hear("presence", None, f"{room}/Ben")))
        ann.hear("presence", None, f"{room}/Ben")
        ben.send(f"<message type='groupchat' to='{room}'><body>{TEXT}</body></message>")
        for one in (ann, ben):
            self.assertEqual(one.next_text(f"{room}/Ben", "groupchat"), READ)
        ann.send(f"<message type='groupchat' to='{room}'><subject>Tea</subject></message>")
        for one in (ann, ben):
            one.hear("message", "groupchat", f"{room}/Ann", lambda e: e.findtext(f"{{{CLIENT}}}subject") == "Tea")
        ben.send(f"<presence to='{room}/Ben' type='unavailable'/>")
        self.assertIn(110, statuses(ben.hear("presence", "unavailable", f"{room}/Ben")))
        ann.hear("presence", "unavailable", f"{room}/Ben")
