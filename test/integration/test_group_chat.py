#!/usr/bin/python3
"""Group chat (XEP-0045) with slixmpp clients: the built-in service, its rooms after kill -9, and a component in its place."""

import asyncio
import shutil
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ET

import slixmpp
from harness import DOMAIN, LOOPBACK, PASSWORDS, PATIENCE, Server, WithDeployment, in_every_role, main, secret_file
from slixmpp.exceptions import IqError, PresenceError

SERVICE = f"conference.{DOMAIN}"
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def on_loop(coroutine):
    """Runs it on the clients' thread and waits for it."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 2)


class Client(slixmpp.ClientXMPP):
    def __init__(self, user, resource):
        super().__init__(f"{user}@{DOMAIN}/{resource}", PASSWORDS[user],
                         plugin_config={"feature_mechanisms": {"unencrypted_plain": True, "use_mech": "PLAIN"}})  # fmt: skip
        self.auto_authorize = None
        for plugin in ("xep_0030", "xep_0045", "xep_0199", "xep_0203"):
            self.register_plugin(plugin)
        self.rooms = self["xep_0045"]
        self.inbox = asyncio.Queue()
        self.gone = asyncio.Queue()
        self.subjects = asyncio.Queue()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("groupchat_subject", lambda m: self.subjects.put_nowait(m["subject"]))
        self.add_event_handler("groupchat_presence", lambda p: p["type"] == "unavailable" and self.gone.put_nowait(p))

    async def log_in(self, address):
        started = loop.create_future()

        def done(value, error=None):
            if not started.done():
                started.set_exception(error) if error else started.set_result(value)

        self.add_event_handler("session_start", lambda _: done(self.boundjid.full))
        self.add_event_handler("disconnected", lambda reason: done(None, ConnectionError(str(reason))))
        self.connect(address, use_ssl=False, force_starttls=False, disable_starttls=True)
        return await asyncio.wait_for(started, PATIENCE)

    async def join(self, room, nick, **how):
        return await self.rooms.join_muc_wait(room, nick, timeout=PATIENCE, **how)

    async def make(self, room, nick, **fields):
        """A room of one's own, configured."""
        await self.join(room, nick)
        form = self.plugin["xep_0004"].make_form(ftype="submit")
        for name, value in fields.items():
            form.add_field(var=f"muc#roomconfig_{name}", value=value)
        await self.rooms.set_room_config(room, form, timeout=PATIENCE)

    def say(self, room, text):
        self.send_message(mto=room, mbody=text, mtype="groupchat")

    async def next_text(self, kind="groupchat"):
        while True:
            message = await asyncio.wait_for(self.inbox.get(), PATIENCE)
            if message["type"] == kind and message["body"]:
                return message

    async def hear_subject(self, text):
        while (await asyncio.wait_for(self.subjects.get(), PATIENCE)) != text:
            pass

    async def next_gone(self):
        return await asyncio.wait_for(self.gone.get(), PATIENCE)

    async def leave_server(self):
        await asyncio.wait_for(self.disconnect(wait=2), PATIENCE)


async def new_client(user, resource, address):
    client = Client(user, resource)
    await client.log_in(address)
    return client


def codes(stanza):
    return {int(s.get("code")) for s in stanza.xml.iter("{http://jabber.org/protocol/muc#user}status")}


class Common:
    def client(self, user, resource="c", address=None):
        client = on_loop(new_client(user, resource, address or self.address))
        self.addCleanup(lambda: on_loop(client.leave_server()))
        return client

    def room(self):
        return f"{self.id().rsplit('.', 1)[1].lower()}@{SERVICE}"


@in_every_role
class GroupChat(Common, WithDeployment):
    def test_the_service_is_found_and_says_what_it_is(self):
        alice, room = self.client("alice"), self.room()

        async def go():
            items = await alice["xep_0030"].get_items(jid=DOMAIN, timeout=PATIENCE)
            info = await alice["xep_0030"].get_info(jid=SERVICE, timeout=PATIENCE)
            await alice.make(room, "one", roomname="A room")
            rooms = await alice["xep_0030"].get_items(jid=SERVICE, timeout=PATIENCE)
            about = await alice["xep_0030"].get_info(jid=room, timeout=PATIENCE)
            return items, info, rooms, about

        items, info, rooms, about = on_loop(go())
        self.assertIn(SERVICE, [item[0] for item in items["disco_items"]["items"]])
        self.assertIn("http://jabber.org/protocol/muc", info["disco_info"]["features"])
        self.assertIn((room, "A room"), [(item[0], item[2]) for item in rooms["disco_items"]["items"]])
        self.assertIn("muc_public", about["disco_info"]["features"])

    def test_two_talk_and_a_third_reads_what_was_said(self):
        alice, bob, room = self.client("alice"), self.client("bob"), self.room()
        text = "1 < 2 & 'quoted' ☕"

        async def go():
            await alice.make(room, "one")
            presence, subject, occupants, history = await bob.join(room, "two")
            self.assertEqual(([o["from"].resource for o in occupants], history, subject["subject"]), (["one", "two"], [], ""))
            self.assertIn(110, codes(presence))
            bob.say(room, text)
            heard = [await who.next_text() for who in (alice, bob)]
            self.assertEqual([(m["from"].full, m["body"]) for m in heard], [(f"{room}/two", text)] * 2)
            alice.rooms.set_subject(room, "tea")
            await bob.hear_subject("tea")  # if it came later, slixmpp would take it for the end of the history
            bob.rooms.leave_muc(room, "two")
            gone = await alice.next_gone()
            self.assertEqual(gone["from"].full, f"{room}/two")
            _, subject, _, history = await bob.join(room, "two", maxstanzas=5)
            self.assertEqual(subject["subject"], "tea")
            self.assertEqual([m["body"] for m in history], [text])

        on_loop(go())

    def test_five_hundred_messages_in_order(self):
        alice, bob, room = self.client("alice"), self.client("bob"), self.room()

        async def go():
            await alice.make(room, "one")
            await bob.join(room, "two")
            for n in range(500):
                alice.say(room, str(n))
            return [[int((await who.next_text())["body"]) for _ in range(500)] for who in (alice, bob)]

        self.assertEqual(on_loop(go()), [list(range(500))] * 2)

    def test_conflict_kick_and_ban(self):
        alice, bob, room = self.client("alice"), self.client("bob"), self.room()

        async def go():
            await alice.make(room, "one")
            with self.assertRaises(PresenceError) as refused:
                await bob.join(room, "one")
            self.assertEqual(refused.exception.condition, "conflict")
            await bob.join(room, "two")
            await alice.rooms.set_role(room, "two", "none", reason="out", timeout=PATIENCE)
            self.assertEqual(codes(await bob.next_gone()), {307, 110})
            await bob.join(room, "two")
            await alice.rooms.set_affiliation(room, "outcast", jid=f"bob@{DOMAIN}", timeout=PATIENCE)
            self.assertEqual(codes(await bob.next_gone()), {301, 110})
            with self.assertRaises(PresenceError) as refused:
                await bob.join(room, "two")
            self.assertEqual(refused.exception.condition, "forbidden")
            return [str(jid) for jid in await alice.rooms.get_affiliation_list(room, "outcast", timeout=PATIENCE)]

        self.assertEqual(on_loop(go()), [f"bob@{DOMAIN}"])

    def test_whoever_loses_his_connection_leaves(self):
        alice, room = self.client("alice"), self.room()

        async def go():
            bob = await new_client("bob", "lost", self.address)
            await alice.make(room, "one")
            await bob.join(room, "two")
            bob.abort()
            return await alice.next_gone()

        self.assertEqual(on_loop(go())["from"].full, f"{room}/two")

    def test_requests_and_pings_go_through_the_room(self):
        alice, bob, room = self.client("alice"), self.client("bob"), self.room()

        async def go():
            await alice.make(room, "one")
            with self.assertRaises(IqError) as refused:
                await bob["xep_0199"].send_ping(f"{room}/two", timeout=PATIENCE)
            self.assertEqual(refused.exception.condition, "not-acceptable")
            await bob.join(room, "two")
            own = await bob["xep_0199"].send_ping(f"{room}/two", timeout=PATIENCE)
            other = await bob["xep_0199"].send_ping(f"{room}/one", timeout=PATIENCE)
            return own["type"], other["type"], other["from"].full

        self.assertEqual(on_loop(go()), ("result", "result", f"{room}/one"))

    def test_a_domain_that_nobody_has_is_still_nobodys(self):
        alice = self.client("alice")

        async def go():
            await alice["xep_0030"].get_info(jid="nowhere.example.com", timeout=PATIENCE)

        with self.assertRaises(IqError) as refused:
            on_loop(go())
        self.assertEqual(refused.exception.condition, "remote-server-not-found")


class Alone(Common, unittest.TestCase):
    """Servers of their own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="couplet-rooms-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.users = secret_file(self.folder, "users", "".join(f"{u}@{DOMAIN}:{p}\n" for u, p in PASSWORDS.items()))

    def start(self, *arguments):
        server = Server("--domain", DOMAIN, "--threads", 2, "--users", self.users, *LOOPBACK, *arguments)
        self.addCleanup(server.forget)
        return server

    def test_what_was_confirmed_is_there_after_kill_9(self):
        data, room = ("--data", f"{self.folder}/data"), self.room()
        for round_ in range(5):
            server = self.start(*data)

            async def fill(address=server.address(), number=round_):
                alice = await new_client("alice", "c", address)
                if number == 0:
                    await alice.make(room, "one", persistentroom="1", roomname="Lasting", passwordprotectedroom="1", roomsecret="s3cret")
                who = f"user{number}@{DOMAIN}"
                await alice.rooms.set_affiliation(room, "member", jid=who, timeout=PATIENCE)
                got = await alice.rooms.get_affiliation_list(room, "member", timeout=PATIENCE)
                server.kill()
                alice.abort()
                return sorted(str(jid) for jid in got)

            self.assertEqual(on_loop(fill()), sorted(f"user{n}@{DOMAIN}" for n in range(round_ + 1)))
            server.forget()
        server = self.start(*data)
        bob = self.client("bob", address=server.address())

        async def look():
            with self.assertRaises(PresenceError) as refused:
                await bob.join(room, "two")
            self.assertEqual(refused.exception.condition, "not-authorized")
            await bob.join(room, "two", password="s3cret")
            return await bob["xep_0030"].get_info(jid=room, timeout=PATIENCE)

        self.assertIn("muc_persistent", on_loop(look())["disco_info"]["features"])

    def test_off(self):
        server = self.start("--no-group-chat")
        alice = self.client("alice", address=server.address())

        async def go():
            items = await alice["xep_0030"].get_items(jid=DOMAIN, timeout=PATIENCE)
            self.assertNotIn(SERVICE, [item[0] for item in items["disco_items"]["items"]])
            await alice["xep_0030"].get_info(jid=SERVICE, timeout=PATIENCE)

        with self.assertRaises(IqError) as refused:
            on_loop(go())
        self.assertEqual(refused.exception.condition, "remote-server-not-found")

    def component(self, server, name, secret):
        async def go():
            one = slixmpp.ComponentXMPP(name, secret)
            one.register_plugin("xep_0030")
            started = loop.create_future()
            for event in ("session_start", "stream_error", "disconnected"):
                one.add_event_handler(event, lambda e, event=event: started.done() or started.set_result((event, e)))
            one.connect(*server.address("component"))
            event, what = await asyncio.wait_for(started, PATIENCE)
            return one, "in" if event == "session_start" else what["condition"] if event == "stream_error" else event

        one, outcome = on_loop(go())
        self.addCleanup(lambda: on_loop(asyncio.wait_for(one.disconnect(wait=1), PATIENCE)))
        return one, outcome

    def test_a_component_of_that_name_takes_its_place(self):
        server = self.start("--component", f"{SERVICE}:secret", "--listen-components", "127.0.0.1:0")
        alice = self.client("alice", address=server.address())
        other, outcome = self.component(server, SERVICE, "secret")
        self.assertEqual(outcome, "in")
        got = on_loop(self.first_presence(other, alice))
        self.assertEqual((got["to"].full, got["from"].full), (f"x@{SERVICE}/one", alice.boundjid.full))

    async def first_presence(self, component, client):
        came = loop.create_future()
        component.add_event_handler("presence", lambda p: came.done() or came.set_result(p))
        client.rooms.join_muc(f"x@{SERVICE}", "one")
        return await asyncio.wait_for(came, PATIENCE)

    def test_a_component_of_another_name_comes_into_rooms_and_takes_none(self):
        server = self.start("--component", f"*.{DOMAIN}:secret", "--listen-components", "127.0.0.1:0")
        alice, room = self.client("alice", address=server.address()), self.room()
        bot, outcome = self.component(server, f"bot.{DOMAIN}", "secret")
        self.assertEqual(outcome, "in")
        self.assertEqual(self.component(server, SERVICE, "secret")[1], "host-unknown")

        async def go():
            await alice.make(room, "one")
            presence = bot.make_presence(pto=f"{room}/bot", pfrom=f"bot.{DOMAIN}")
            presence.append(ET.Element("{http://jabber.org/protocol/muc}x"))
            heard = asyncio.Queue()
            bot.add_event_handler("message", heard.put_nowait)
            bot.add_event_handler("groupchat_message", heard.put_nowait)
            presence.send()
            while "bot" not in alice.rooms.get_roster(room):
                await asyncio.sleep(0.02)
            alice.say(room, "hello bot")
            while (message := await asyncio.wait_for(heard.get(), PATIENCE))["body"] != "hello bot":
                pass
            return message["from"].full

        self.assertEqual(on_loop(go()), f"{room}/one")


if __name__ == "__main__":
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
