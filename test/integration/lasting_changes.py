"""Changes of all that an account keeps, each with a number in it, and what of them is there: for servers that are killed."""

import random
import threading
from xml.sax.saxutils import quoteattr

from harness import DOMAIN
from wire import CLIENT, Closed, Stream, body, stanza_error

PASSWORD = "pw-of-keepers-3e1f"
MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
PUBSUB = "http://jabber.org/protocol/pubsub"
BLOCKING = "urn:xmpp:blocking"
ROSTER = "jabber:iq:roster"
# What has one value. Those with a list (what messages lead to) are apart.
KINDS = ("roster", "blocked", "private", "vcard", "node")
LISTS = ("sent", "waiting", "received")  # the archive of the sender; what waits for the receiver, and its archive


class Keeper:
    """An account, one that is away, and what they should have: `confirmed`, and what was asked for when the server was killed."""

    def __init__(self, name):
        self.name, self.away = name, f"{name}-away"
        self.number = 0
        self.confirmed = {}  # (kind, name) → value; None: it is not there
        self.asked = {}  # the same: at most one, under way
        self.newest = {}  # list → the id in the archive behind which this round begins
        self.counts = dict.fromkeys((*KINDS, *LISTS), 0)
        self.wrong = []
        self.forget_lists()

    def options(self):
        return [word for name in (self.name, self.away) for word in ("--user", f"{name}@{DOMAIN}:{PASSWORD}")]

    def forget_lists(self):
        """A round's messages: the receiver takes them behind it."""
        self.told = {name: [] for name in LISTS}
        self.under_way = None  # the body of a message
        self.open_lists = ()  # those that it need not be in

    # ---- changes -----------------------------------------------------------------------------------------------

    def start(self, address):
        self.stream = Stream(address).login(self.name, "r", PASSWORD, how="sasl")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            with self.stream:
                while not self.wrong:
                    self.number += 1
                    getattr(self, "change_" + random.choice((*KINDS, "messages")))(str(self.number))
        except TimeoutError:
            self.wrong.append(f"{self.name}: no answer to {self.asked or self.under_way}")
        except (OSError, Closed):
            pass  # it was killed
        except Exception as unexpected:
            self.wrong.append(f"{self.name}: {unexpected!r}")

    def change(self, key, value, payload):
        self.asked = {key: value}
        self.expect(self.stream.ask(f"<iq type='set' id='c{self.number}'>{payload}</iq>"), key)
        self.confirmed[key] = value
        self.asked = {}
        self.counts[key[0]] += 1

    def expect(self, answer, what):
        if refused := stanza_error(answer):
            self.wrong.append(f"{self.name}, {what}: {refused}")

    def change_roster(self, number):
        jid = f"contact-{random.randrange(4)}@{DOMAIN}"
        goes = self.confirmed.get(("roster", jid)) and random.random() < 0.2
        change = "subscription='remove'" if goes else f"name='{number}'"
        self.change(("roster", jid), None if goes else number, f"<query xmlns='{ROSTER}'><item jid='{jid}' {change}/></query>")

    def change_blocked(self, number):
        before = self.confirmed.get(("blocked", "all")) or ()
        if len(before) > 3:
            verb, whom, after = "unblock", before[0], before[1:]
        else:
            verb, whom = "block", f"{number}@blocked.example"
            after = (*before, whom)
        self.change(("blocked", "all"), after, f"<{verb} xmlns='{BLOCKING}'><item jid='{whom}'/></{verb}>")

    def change_private(self, number):
        space = f"urn:example:{random.randrange(3)}"
        self.change(("private", space), number, f"<query xmlns='jabber:iq:private'><n xmlns='{space}'>{number}</n></query>")

    def change_vcard(self, number):
        self.change(("vcard", "own"), number, f"<vCard xmlns='vcard-temp'><FN>{number}</FN></vCard>")

    def change_node(self, number):
        node = f"urn:example:node:{random.randrange(3)}"
        item = f"<item id='current'><n xmlns='urn:example:n'>{number}</n></item>"
        self.change(("node", node), number, f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'>{item}</publish></pubsub>")

    def change_messages(self, number):
        """What is read from the storage of an account comes after what was to be written for it before."""
        self.under_way, self.open_lists = number, LISTS
        self.stream.message(f"{self.away}@{DOMAIN}", number, f"m{number}")
        self.stream.ask(f"<iq type='get' id='v{number}' to='{self.away}@{DOMAIN}'><vCard xmlns='vcard-temp'/></iq>")
        self.note("waiting", "received")
        found, _, _ = page(self.stream, f"a{number}", "<before/>", 1)
        if found != [number]:
            self.wrong.append(f"{self.name}: {found} is the newest in the archive, not {number}")
        self.note("sent")

    def note(self, *lists):
        self.open_lists = [name for name in self.open_lists if name not in lists]
        for name in lists:
            self.told[name].append(self.under_way)
            self.counts[name] += 1

    # ---- what is there -----------------------------------------------------------------------------------------

    def check(self, address):
        """Answers with what is wrong, and goes on from what is there."""
        wrong, self.wrong = self.wrong, []
        with Stream(address).login(self.name, "r", PASSWORD, how="sasl") as own:
            found = self.read(own)
            lists = {"sent": self.archive(own, "sent")}
        with Stream(address).login(self.away, "r", PASSWORD, how="sasl") as there:
            lists["received"] = self.archive(there, "received")
            lists["waiting"] = take_what_waits(there)
        for key in {*found, *self.confirmed, *self.asked}:
            right = {self.confirmed.get(key), self.asked.get(key, self.confirmed.get(key))}
            if found.get(key) not in right:
                wrong.append(f"{self.name}, {key}: {found.get(key)}, not of {right}")
        for name in LISTS:
            right = [self.told[name], self.told[name] + [self.under_way]] if name in self.open_lists else [self.told[name]]
            if lists[name] not in right:
                wrong.append(f"{self.name}, {name}: {lists[name]}, not of {right}")
        if lists["waiting"] != lists["received"]:  # one transaction
            wrong.append(f"{self.name}: {lists['waiting']} waits, {lists['received']} is archived")
        self.confirmed, self.asked = found, {}
        self.forget_lists()
        return wrong

    def read(self, own):
        def ask(payload):
            answer = own.ask(f"<iq type='get' id='read'>{payload}</iq>")
            return () if stanza_error(answer) == "item-not-found" else answer.iter()

        def text_of(payload, tag):
            return next((e.text for e in ask(payload) if e.tag == tag), None)

        found = {("roster", e.get("jid")): e.get("name") for e in ask(f"<query xmlns='{ROSTER}'/>") if e.tag == f"{{{ROSTER}}}item"}
        # In the order in which they were put in.
        blocked = [e.get("jid") for e in ask(f"<blocklist xmlns='{BLOCKING}'/>") if e.tag == f"{{{BLOCKING}}}item"]
        found["blocked", "all"] = tuple(sorted(blocked, key=lambda jid: int(jid.partition("@")[0]))) or None
        found["vcard", "own"] = text_of("<vCard xmlns='vcard-temp'/>", "{vcard-temp}FN")
        for n in range(3):
            space, node = f"urn:example:{n}", f"urn:example:node:{n}"
            found["private", space] = text_of(f"<query xmlns='jabber:iq:private'><n xmlns='{space}'/></query>", f"{{{space}}}n")
            items = f"<pubsub xmlns='{PUBSUB}'><items node='{node}'/></pubsub>"
            found["node", node] = text_of(items, "{urn:example:n}n")
        return found

    def archive(self, stream, which):
        """All that has come since the last time, page by page."""
        all_, complete = [], False
        while not complete:
            after = self.newest.get(which)
            found, last, complete = page(stream, "page", f"<after>{after}</after>" if after else "", 50)
            all_ += found
            self.newest[which] = last or after
        return all_


def page(stream, identifier, where, most):
    """Of an archive: bodies, the id of the last, whether it is all."""
    stream.send(f"<iq type='set' id={quoteattr(identifier)}><query xmlns='{MAM}'><set xmlns='{RSM}'><max>{most}</max>{where}</set></query></iq>")
    found, last = [], None
    while (element := stream.receive()).get("id") != identifier:
        if (result := element.find(f"{{{MAM}}}result")) is not None:
            found.append(result.find(f".//{{{CLIENT}}}body").text)
            last = result.get("id")
    fin = element.find(f"{{{MAM}}}fin")
    if fin is None:
        raise AssertionError(f"the archive is not read: {stanza_error(element)}")
    return found, last, fin.get("complete") == "true"


def take_what_waits(stream):
    """The bodies; they are gone from the storage then, since what is read from there comes after that."""
    found = []

    def take_until(is_end):
        pages = 0
        while not is_end(element := stream.receive()):
            if element.get("id", "").startswith("offline-"):
                stream.send(f"<iq type='result' id='{element.get('id')}' to='{DOMAIN}'/>")
                pages += 1
            elif body(element):
                found.append(body(element))
        return pages

    stream.send("<presence/>")
    take_until(lambda element: element.tag == f"{{{CLIENT}}}presence" and element.get("from") == stream.jid)
    quiet = 0
    while quiet < 2:  # the first answer may come between the end of a page and the beginning of the next
        stream.send("<iq type='get' id='behind'><vCard xmlns='vcard-temp'/></iq>")
        quiet = 0 if take_until(lambda element: element.get("id") == "behind") else quiet + 1
    return found
