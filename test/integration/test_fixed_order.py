#!/usr/bin/python3
"""With one thread everything is in a fixed order: two fresh servers that are told the same write the same to every client, but for lots and dates."""

import re
import unittest

from harness import DOMAIN, LOOPBACK, PASSWORDS, Server, main
from wire import Stream

ROOM = f"hall@conference.{DOMAIN}"
CLIENTS = [("alice", "home"), ("bob", "desk"), ("alice", "phone"), ("carol", "r"), ("bob", "phone"), ("bob", "tablet")]
MUC = "<x xmlns='http://jabber.org/protocol/muc'/>"
FINE = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>"
# Ids of messages and occupants, versions of rosters, hashes of what the server can do: of a key, or by lot. And when it was.
BY_LOT = [rb"(<stanza-id [^>]*\bid=')[^']*", rb"(<occupant-id [^>]*\bid=')[^']*", rb"(\bver=')[^']*", rb"(\bstamp=')[^']*"]


class Noting(Stream):
    """Keeps every byte that comes."""

    def receive_bytes(self, seconds=None):
        element = super().receive_bytes(seconds)
        if b" id='settle-" not in element:
            self.noted.append(element)
        return element

    def enter(self, user, resource):
        self.noted = []
        self.login(user, resource)
        self.noted.clear()
        self.send("<presence/>")


def conversation():
    """Who sends what. What is in one line of it is written at once."""
    people = ("alice", "bob", "carol")
    yield from ((n, f"<iq type='set' id='c{n}'><enable xmlns='urn:xmpp:carbons:2'/></iq>") for n in range(len(CLIENTS)))
    for kind in ("subscribe", "subscribed"):
        for n in (0, 1, 3):
            yield n, "".join(f"<presence to='{name}@{DOMAIN}' type='{kind}'/>" for name in people if name != CLIENTS[n][0])
    for n in range(len(CLIENTS)):
        yield n, f"<presence><show>away</show><status>{n}</status></presence>"
        yield n, f"<presence to='{ROOM}/nick-{n}'>{MUC}</presence>"
        # The room is locked until its owner has said that it is fine as it is.
        yield n, f"<iq type='set' id='r{n}' to='{ROOM}'>{FINE}</iq>"
    places = [f"{name}@{DOMAIN}" for name in people] + [f"{user}@{DOMAIN}/{resource}" for user, resource in CLIENTS]
    for n in range(len(CLIENTS)):
        chats = "".join(f"<message to='{to}' type='chat' id='m{i}'><body>{n}, {i}</body></message>" for i, to in enumerate(places))
        yield n, chats + f"<message to='{ROOM}' type='groupchat' id='g{n}'><body>{n}</body></message>" + chats
    for payload in ("disco#items", "disco#info"):
        for to in (DOMAIN, ROOM, f"conference.{DOMAIN}", f"bob@{DOMAIN}"):
            yield 0, f"<iq type='get' id='d' to='{to}'><query xmlns='http://jabber.org/protocol/{payload}'/></iq>"
    yield 3, f"<presence type='unavailable' to='{ROOM}/nick-3'/><presence type='unavailable'/><presence/>"
    yield 0, f"<presence to='bob@{DOMAIN}' type='unsubscribe'/><presence to='carol@{DOMAIN}' type='unsubscribed'/>"


def settle(streams):
    """What one stanza leads to may wait for two rosters, of its sender and of its receiver, or be in a room: who asks there waits behind it."""
    about = f"<iq type='get' id='settle-room' to='conference.{DOMAIN}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
    for _ in range(2):
        for stream in streams:
            stream.ask("<iq type='get' id='settle-roster'><query xmlns='jabber:iq:roster'/></iq>")
            stream.ask(about)


def play():
    """What each client was sent."""
    users = [word for user, secret in PASSWORDS.items() for word in ("--user", f"{user}@{DOMAIN}:{secret}")]
    server = Server("--domain", DOMAIN, "--threads", 1, *users, *LOOPBACK)
    streams = []
    for user, resource in CLIENTS:
        streams.append(Noting(server.address()))
        streams[-1].enter(user, resource)
        settle(streams)
    for who, text in conversation():
        # What is asked of an account may be read from the storage: nothing else that is asked waits behind that.
        (streams[who].ask if text.startswith("<iq") else streams[who].send)(text)
        settle([streams[who], *streams])
    for stream in streams:
        stream.close()
    wrong = server.stop()
    if wrong:
        raise AssertionError("\n".join(wrong))
    return [without_lots(b"\n".join(stream.noted)) for stream in streams]


def without_lots(text):
    for pattern in BY_LOT:
        text = re.sub(pattern, rb"\1", text)
    return text


class FixedOrder(unittest.TestCase):
    def test_two_servers_that_are_told_the_same_write_the_same(self):
        one, other = play(), play()
        for client, first, second in zip(CLIENTS, one, other, strict=True):
            with self.subTest(client):
                self.assertGreater(first.count(b"<message"), 20)
                self.assertEqual(first.split(b"\n"), second.split(b"\n"))


if __name__ == "__main__":
    main()
