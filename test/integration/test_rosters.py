#!/usr/bin/python3
"""Rosters, subscriptions and presence, as slixmpp uses them: two people, over restarts, on one thread and on two."""

import asyncio
import os
import shutil
import tempfile
import threading
import time
import unittest

import slixmpp
from harness import DOMAIN, LOOPBACK, PATIENCE, Server, main, run
from slixmpp.exceptions import IqError
from wire import Stream

loop = asyncio.new_event_loop()


def on_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 2)


class Person:
    """A client that notes what it hears, and answers nothing by itself."""

    def __init__(self, address, user, resource="x"):
        self.jid = f"{user}@{DOMAIN}"
        self.heard = []
        self.presence = on_loop(self._log_in(address, f"{self.jid}/{resource}"))

    async def _log_in(self, address, full_jid):
        self.client = slixmpp.ClientXMPP(full_jid, "secret")
        self.client.roster.auto_authorize = None
        self.client.roster.auto_subscribe = None
        self.client["feature_mechanisms"].unencrypted_plain = True
        started = loop.create_future()
        self.client.add_event_handler("session_start", lambda _: started.done() or started.set_result(None))
        note = lambda stanza: self.heard.append((str(stanza["from"]), stanza["type"]))
        for event in ("presence_available", "presence_unavailable", "presence_dnd", "presence_xa", "presence_subscribe", "presence_subscribed",
                      "presence_unsubscribe", "presence_unsubscribed", "presence_error"):
            self.client.add_event_handler(event, note)
        self.client.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(started, PATIENCE)
        await self.client.get_roster()
        self.client.send_presence()

    def roster(self):
        """{bare JID: (subscription, ask, name, groups)}, as the server has it."""

        async def get():
            iq = self.client.make_iq_get(queryxmlns="jabber:iq:roster")
            answer = await iq.send()
            return answer["roster"]["items"]

        items = on_loop(get())
        return {str(jid): (i["subscription"], i["ask"], i["name"], sorted(i["groups"])) for jid, i in items.items()}

    def subscribe(self, whom, kind):
        loop.call_soon_threadsafe(lambda: self.client.send_presence(pto=whom.jid, ptype=kind))

    def say(self, show):
        loop.call_soon_threadsafe(lambda: self.client.send_presence(pshow=show))

    def put(self, jid, **rest):
        return on_loop(self._update(jid, **rest))

    async def _update(self, jid, **rest):
        return await self.client.update_roster(jid, **rest)

    def wait_for(self, sender, kind):
        deadline = time.monotonic() + PATIENCE
        while (sender, kind) not in self.heard:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.jid} never heard {kind} of {sender}, but {self.heard}")
            time.sleep(0.01)

    def wait_for_roster(self, **expected):
        """Until the server has it: `name=(subscription, ask)`."""
        wanted = {f"{name}@{DOMAIN}": state for name, state in expected.items()}
        deadline = time.monotonic() + PATIENCE
        while True:
            found = {jid: state[:2] for jid, state in self.roster().items()}
            if found == wanted:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"the roster of {self.jid} is {found}, not {wanted}")
            time.sleep(0.02)

    def leave(self):
        on_loop(self._leave())

    async def _leave(self):
        await self.client.disconnect(wait=2)


class Rosters(unittest.TestCase):
    threads = 1

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-rosters-")
        self.server = None
        self.people = []
        self.start()

    def tearDown(self):
        for person in self.people:
            person.leave()
        self.assertEqual(self.stop(), [])
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *more):
        # On every thread of a server somebody: names that lie in different partitions, most likely.
        users = [word for name in ("alice", "bob", "carol", "dave", "eve", "frank") for word in ("--user", f"{name}@{DOMAIN}:secret")]
        self.server = Server("--data", os.path.join(self.folder, "data"), "--threads", self.threads, *users, *LOOPBACK, *more)

    def stop(self):
        server, self.server = self.server, None
        server.signal()
        server.wait()
        return server.stop()

    def restart(self, *more):
        for person in self.people:
            person.leave()
        self.people = []
        self.assertEqual(self.stop(), [])
        self.start(*more)

    def person(self, user, resource="x"):
        person = Person(self.server.address(), user, resource)
        self.people.append(person)
        return person

    def befriend(self, one, other):
        for asks, grants in ((one, other), (other, one)):
            asks.subscribe(grants, "subscribe")
            grants.wait_for(asks.jid, "subscribe")
            grants.subscribe(asks, "subscribed")
            asks.wait_for(grants.jid, "subscribed")

    def test_two_become_contacts_and_part(self):
        for other in ("bob", "carol", "dave"):
            alice, bob = self.person("alice"), self.person(other)
            self.befriend(alice, bob)
            alice.wait_for(bob.jid + "/x", "available")
            bob.wait_for(alice.jid + "/x", "available")
            alice.wait_for_roster(**{other: ("both", "")})
            bob.wait_for_roster(alice=("both", ""))
            bob.say("dnd")
            alice.wait_for(bob.jid + "/x", "dnd")
            alice.put(bob.jid, subscription="remove")
            bob.wait_for(alice.jid, "unsubscribe")
            bob.wait_for(alice.jid, "unsubscribed")
            bob.wait_for(alice.jid + "/x", "unavailable")
            alice.wait_for(bob.jid + "/x", "unavailable")
            alice.wait_for_roster()
            bob.wait_for_roster(alice=("none", ""))
            alice.leave()
            bob.leave()

    def test_everything_is_there_after_a_restart(self):
        alice, bob, carol = self.person("alice"), self.person("bob"), self.person("carol")
        self.befriend(alice, bob)
        alice.put(bob.jid, name="Bob & co", groups=["Friends", "<Work>"])
        alice.put(f"dave@{DOMAIN}", name="Dave")
        bob.wait_for_roster(alice=("both", ""))
        before = alice.roster()
        self.assertEqual(before[bob.jid], ("both", "", "Bob & co", ["<Work>", "Friends"]))
        self.restart()
        alice, bob = self.person("alice"), self.person("bob")
        self.assertEqual(alice.roster(), before)
        alice.wait_for(bob.jid + "/x", "available")
        bob.wait_for(alice.jid + "/x", "available")
        alice.leave()
        self.people.remove(alice)
        bob.wait_for(alice.jid + "/x", "unavailable")

    def test_a_request_waits_for_its_receiver_over_restarts(self):
        alice = self.person("alice")
        alice.subscribe(Named("bob"), "subscribe")
        alice.wait_for_roster(bob=("none", "subscribe"))
        self.restart()
        bob = self.person("bob")
        bob.wait_for(f"alice@{DOMAIN}", "subscribe")
        bob.leave()
        bob = self.person("bob", "y")
        bob.wait_for(f"alice@{DOMAIN}", "subscribe")  # at each initial presence
        alice = self.person("alice")
        bob.subscribe(alice, "subscribed")
        alice.wait_for(bob.jid, "subscribed")
        alice.wait_for(bob.jid + "/y", "available")
        alice.wait_for_roster(bob=("to", ""))

    def test_a_refusal_and_an_approval_before_the_question(self):
        alice, bob = self.person("alice"), self.person("bob")
        alice.subscribe(bob, "subscribe")
        bob.wait_for(alice.jid, "subscribe")
        bob.subscribe(alice, "unsubscribed")
        alice.wait_for(bob.jid, "unsubscribed")
        alice.wait_for_roster(bob=("none", ""))
        bob.subscribe(alice, "subscribed")
        bob.wait_for_roster(alice=("none", ""))
        alice.subscribe(bob, "subscribe")
        alice.wait_for(bob.jid, "subscribed")
        alice.wait_for(bob.jid + "/x", "available")
        bob.wait_for_roster(alice=("from", ""))

    def test_presence_on_many_threads_reaches_everybody(self):
        people = [self.person(name) for name in ("alice", "bob", "carol", "dave", "eve", "frank")]
        for i, one in enumerate(people):
            for other in people[i + 1:]:
                self.befriend(one, other)
        people[0].say("xa")
        for other in people[1:]:
            other.wait_for(people[0].jid + "/x", "xa")
            people[0].wait_for(other.jid + "/x", "available")
        leaver = people.pop()
        self.people.remove(leaver)
        leaver.leave()
        for other in people:
            other.wait_for(leaver.jid + "/x", "unavailable")

    def test_versions(self):
        alice = self.person("alice")
        alice.put(f"bob@{DOMAIN}", name="Bob")

        async def get(version):
            iq = alice.client.make_iq_get(queryxmlns="jabber:iq:roster")
            iq["roster"]["ver"] = version
            answer = await iq.send()
            return answer.xml.find("{jabber:iq:roster}query")

        whole = on_loop(get(""))
        self.assertEqual(len(whole), 1)
        version = whole.get("ver")
        self.assertTrue(version)
        self.assertIsNone(on_loop(get(version)))
        self.assertEqual(len(on_loop(get("0"))), 1)

    def test_more_than_there_may_be(self):
        self.restart("--max-roster-items", "2")
        alice = self.person("alice")
        alice.put(f"bob@{DOMAIN}")
        alice.put(f"carol@{DOMAIN}")
        with self.assertRaises(IqError) as refused:
            alice.put(f"dave@{DOMAIN}")
        self.assertEqual(refused.exception.condition, "resource-constraint")


class RostersOnTwoThreads(Rosters):
    threads = 2


class Named:
    """Somebody who is not there."""

    def __init__(self, user):
        self.jid = f"{user}@{DOMAIN}"


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.set_event_loop(loop)
    main()
