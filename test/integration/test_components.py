#!/usr/bin/python3
"""Components that we did not write (slixmpp, Twisted, @xmpp/component, gloox) on the component listener, with clients and with each other."""

import asyncio
import os
import pathlib
import queue
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import slixmpp
import twisted_world
from harness import DOMAIN, PASSWORDS, PATIENCE, WithDeployment, in_every_role, main
from slixmpp.exceptions import IqError
from tool import Tool
from twisted.internet import reactor
from twisted.words.protocols.jabber import component, xmlstream
from twisted.words.xish import domish
from twisted_world import on_reactor

BOT, OTHER, WILD = "bot.localhost", "other.localhost", "x.bots.localhost"
SECRET, WILD_SECRET = "component-secret-41aa", "wild-secret-93bb"
GLOOX = os.environ.get("COUPLET_GLOOX_COMPONENT", "")
FOLDER = pathlib.Path(__file__).resolve().parent / "node"

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def on_loop(coroutine):
    """Runs it on the clients' thread and waits for it."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE * 2)


class Common:
    """What a client and a component of slixmpp have in common."""

    def prepare(self):
        self.inbox = asyncio.Queue()
        self.presences = asyncio.Queue()
        self.stream_errors = asyncio.Queue()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("message_error", self.inbox.put_nowait)
        self.add_event_handler("stream_error", self.stream_errors.put_nowait)
        for name in ("presence_available", "presence_unavailable"):
            self.add_event_handler(name, self.presences.put_nowait)
        self.auto_authorize = None
        for plugin in ("xep_0030", "xep_0199"):
            self.register_plugin(plugin)

    async def begin(self, *where, **how):
        started = loop.create_future()

        def done(_, value="in"):
            if not started.done():
                started.set_result(value)

        self.add_event_handler("session_start", done)
        self.add_event_handler("stream_error", lambda e: done(e, e["condition"]))
        self.add_event_handler("disconnected", lambda _: done(_, "disconnected"))
        self.connect(*where, **how)
        return await asyncio.wait_for(started, PATIENCE)

    async def next_message(self):
        return await asyncio.wait_for(self.inbox.get(), PATIENCE)

    async def next_presence(self):
        return await asyncio.wait_for(self.presences.get(), PATIENCE)

    async def leave(self):
        await asyncio.wait_for(self.disconnect(wait=2), PATIENCE)


class Client(Common, slixmpp.ClientXMPP):
    def __init__(self, user, resource):
        super().__init__(f"{user}@{DOMAIN}/{resource}", PASSWORDS[user],
                         plugin_config={"feature_mechanisms": {"unencrypted_plain": True, "use_mech": "PLAIN"}})  # fmt: skip
        self.prepare()


class Component(Common, slixmpp.ComponentXMPP):
    def __init__(self, name, secret):
        super().__init__(name, secret)
        self.prepare()


class TwistedComponent:
    def __init__(self, name, secret, address):
        self.inbox = queue.Queue()
        self.outcome = queue.Queue()
        self.factory = component.componentFactory(name, secret)
        self.factory.continueTrying = 0
        self.factory.maxRetries = 0
        self.factory.addBootstrap(xmlstream.STREAM_AUTHD_EVENT, self.authenticated)
        self.factory.addBootstrap(xmlstream.STREAM_ERROR_EVENT, lambda e: self.outcome.put(e.value.condition))
        self.factory.addBootstrap(xmlstream.INIT_FAILED_EVENT, lambda e: self.outcome.put(getattr(e.value, "condition", str(e))))
        self.connector = on_reactor(lambda: reactor.connectTCP(*address, self.factory))

    def authenticated(self, xs):
        self.xs = xs
        xs.addObserver("/*", self.inbox.put)
        self.outcome.put("in")

    def came(self):
        return self.outcome.get(timeout=PATIENCE)

    def send(self, name, to, text=None, **attributes):
        element = domish.Element(("jabber:component:accept", name), attribs={"to": to, **attributes})
        if text is not None:
            element.addElement("body", content=text)
        on_reactor(self.xs.send, element)

    def next(self):
        return self.inbox.get(timeout=PATIENCE)

    def leave(self):
        on_reactor(self.connector.disconnect)


async def make(kind, *arguments):
    return kind(*arguments)


@in_every_role
class Components(WithDeployment):
    flags = (
        "--component-tls-listen", "127.0.0.1:0", "--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}",
        "--component", f"*.bots.localhost:{WILD_SECRET}", "--component-grace", "4",
    )  # fmt: skip

    @classmethod
    def setUpClass(cls):
        # Behind another Couplet the listener is there anyway.
        listen = ("--listen-components", "127.0.0.1:0") if cls.role == "one" else ()
        cls.options = {"manager": (*listen, *cls.flags)}
        super().setUpClass()

    def setUp(self):
        self.where = self.system.back.address("component")
        self.here = []

    def tearDown(self):
        for one in self.here:
            on_loop(one.leave())

    def client(self, user="alice", resource="c"):
        one = on_loop(make(Client, user, resource))
        self.here.append(one)
        self.assertEqual(on_loop(one.begin(self.address, use_ssl=False, force_starttls=False, disable_starttls=True)), "in")
        return one

    def component(self, name=BOT, secret=SECRET, expect="in"):
        one = on_loop(make(Component, name, secret))
        self.here.append(one)
        self.assertEqual(on_loop(one.begin(*self.where)), expect)
        return one

    def twisted(self, name=OTHER, secret=SECRET):
        one = TwistedComponent(name, secret, self.where)
        self.addCleanup(one.leave)
        self.assertEqual(one.came(), "in")
        return one

    def say(self, who, to, text, sender=None):
        async def go():
            who.send_message(mto=to, mbody=text, mtype="chat", **({"mfrom": sender} if sender else {}))

        on_loop(go())

    def test_a_client_and_a_component_talk(self):
        alice, bot = self.client(), self.component()
        text = "1 < 2 & \"quoted\" 'too' ☕\nnext line"
        self.say(alice, f"n@{BOT}/r", text)
        there = on_loop(bot.next_message())
        self.assertEqual((there["from"].full, there["to"].full, there["body"]), (alice.boundjid.full, f"n@{BOT}/r", text))
        self.say(bot, alice.boundjid.full, "and back", f"n@{BOT}/r")
        back = on_loop(alice.next_message())
        self.assertEqual((back["from"].full, back["body"]), (f"n@{BOT}/r", "and back"))

    def test_five_hundred_messages_in_order_both_ways(self):
        alice, bot = self.client(), self.component()

        async def talk():
            for n in range(500):
                alice.send_message(mto=BOT, mbody=str(n), mtype="chat")
                bot.send_message(mto=alice.boundjid.full, mfrom=BOT, mbody=str(n), mtype="chat")
            return [[int((await who.next_message())["body"]) for _ in range(500)] for who in (alice, bot)]

        self.assertEqual(on_loop(talk()), [list(range(500))] * 2)

    def test_requests_in_every_direction(self):
        alice, bot = self.client(), self.component()

        async def ask():
            info = await alice["xep_0030"].get_info(jid=BOT, timeout=PATIENCE)
            pong = await bot["xep_0199"].send_ping(DOMAIN, ifrom=BOT, timeout=PATIENCE)
            version = await bot["xep_0199"].send_ping(alice.boundjid.full, ifrom=BOT, timeout=PATIENCE)
            return info, pong, version

        info, pong, version = on_loop(ask())
        self.assertEqual(info["from"].full, BOT)
        self.assertIn("http://jabber.org/protocol/disco#info", info["disco_info"]["features"])
        self.assertEqual((pong["type"], version["type"]), ("result", "result"))

    def test_presence_reaches_a_room_and_so_does_its_end(self):
        alice, bot = self.client(), self.component()

        async def go():
            alice.send_presence(pto=f"room@{BOT}/nick")
            came = await bot.next_presence()
            bot.send_presence(pto=came["from"], pfrom=f"room@{BOT}/nick")
            return came, await alice.next_presence()

        came, back = on_loop(go())
        self.assertEqual((came["from"].full, came["to"].full), (alice.boundjid.full, f"room@{BOT}/nick"))
        self.assertEqual(back["from"].full, f"room@{BOT}/nick")
        self.here.remove(alice)
        on_loop(alice.leave())
        gone = on_loop(bot.next_presence())
        self.assertEqual((gone["type"], gone["to"].full), ("unavailable", f"room@{BOT}/nick"))

    def test_components_of_two_libraries_talk_to_each_other(self):
        bot, other = self.component(), self.twisted()
        other.send("message", f"n@{BOT}", "from Twisted", id="t1")
        there = on_loop(bot.next_message())
        self.assertEqual((there["from"].full, there["body"]), (OTHER, "from Twisted"))
        self.say(bot, f"u@{OTHER}/r", "from slixmpp", BOT)
        back = other.next()
        self.assertEqual((back["from"], back["to"], str(back.body)), (BOT, f"u@{OTHER}/r", "from slixmpp"))

    def test_elements_that_are_no_stanzas_pass_between_twisteds(self):
        one, two = self.twisted(), self.twisted(WILD, WILD_SECRET)
        for name in ("route", "xdb", "log"):
            one.send(name, WILD, id="x")
            self.assertEqual([(came["from"], came.name) for came in [two.next()]], [(OTHER, name)])

    def test_a_second_connection_replaces_the_first(self):
        alice, first = self.client(), self.component()
        second = self.component()
        told = on_loop(asyncio.wait_for(first.stream_errors.get(), PATIENCE))
        self.assertEqual(told["condition"], "conflict")
        self.say(alice, BOT, "to the second")
        self.assertEqual(on_loop(second.next_message())["body"], "to the second")
        self.here.remove(first)
        on_loop(first.leave())
        self.say(alice, BOT, "and again")
        self.assertEqual(on_loop(second.next_message())["body"], "and again")

    def test_what_came_while_it_was_away_is_there_when_it_returns(self):
        alice, bot = self.client(), self.component()
        self.here.remove(bot)
        on_loop(bot.leave())
        for n in range(20):
            self.say(alice, BOT, str(n))
        time.sleep(0.5)
        back = self.component()
        self.assertEqual([on_loop(back.next_message())["body"] for _ in range(20)], [str(n) for n in range(20)])

    def test_who_waits_in_vain_is_told(self):
        alice = self.client()
        before = time.monotonic()
        self.say(alice, "nobody.bots.localhost", "hello?")
        told = on_loop(alice.next_message())
        self.assertEqual((told["type"], told["error"]["condition"], told["error"]["type"]), ("error", "remote-server-timeout", "wait"))
        self.assertGreater(time.monotonic() - before, 3)

    def test_a_domain_that_nobody_has_is_answered_at_once(self):
        alice = self.client()

        async def ask():
            await alice["xep_0030"].get_info(jid="nowhere.example.com", timeout=PATIENCE)

        with self.assertRaises(IqError) as refused:
            on_loop(ask())
        self.assertEqual(refused.exception.condition, "remote-server-not-found")

    def test_a_wrong_secret_and_a_name_that_nobody_may_have(self):
        self.component(secret="wrong", expect="not-authorized")
        self.component(WILD, SECRET, "not-authorized")
        self.component("evil.example.com", SECRET, "host-unknown")
        self.component(DOMAIN, SECRET, "host-unknown")
        for name, secret, condition in ((OTHER, "wrong", "not-authorized"), ("evil.example.com", SECRET, "host-unknown")):
            one = TwistedComponent(name, secret, self.where)
            self.addCleanup(one.leave)
            self.assertEqual(one.came(), condition)

    def test_who_speaks_for_another_is_shown_out(self):
        one = self.twisted()
        one.send("message", f"alice@{DOMAIN}", "x", **{"from": BOT})
        self.assertEqual(one.came(), "invalid-from")

    def test_a_name_below_a_wildcard_over_tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(self.system.back.address("component-tls"), PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname=WILD) as sock:
                name = f"y.{WILD}"
                sock.sendall(f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{name}'>".encode())
                identifier = re.search("id='([^']*)'", sock.recv(4096).decode())[1]
                digest = xmlstream.hashPassword(identifier, WILD_SECRET)
                sock.sendall(f"<handshake>{digest}</handshake><message to='alice@{DOMAIN}/c' id='tls'/>".encode())
                answer = ""
                while not answer.endswith("</message>"):
                    answer += sock.recv(4096).decode()
                self.assertTrue(answer.startswith("<handshake/><message type='error' id='tls' "), answer)
                self.assertIn("service-unavailable", answer)

    def test_gloox(self):
        alice = self.client()
        with Tool(GLOOX, str(self.where[1]), BOT, environment={"COUPLET_TEST_PASSWORD": SECRET}) as gloox:
            gloox.wait_said("connected")
            for text in ("1 < 2 & ☕", "quit"):
                self.say(alice, f"n@{BOT}", text)
                back = on_loop(alice.next_message())
                self.assertEqual((back["from"].full, back["body"]), (f"n@{BOT}", "echo: " + text))
            said = gloox.finish()
            self.assertEqual(gloox.process.returncode, 0, said)

    def test_xmpp_component_of_node(self):
        bot = self.component()

        def echo(message):
            if message["type"] == "chat":
                reply = message.reply("echo: " + message["body"])
                reply["id"] = message["id"]
                reply.send()

        bot.add_event_handler("message", echo)
        done = subprocess.run(
            ["node", "component.mjs", str(self.where[1]), OTHER, BOT], cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE * 5,
            check=False, env={**os.environ, "COMPONENT_SECRET": SECRET},
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("7 passed, 0 failed", done.stdout)

    def test_the_operator_sees_who_is_served(self):
        self.component()
        self.system.back.signal(signal.SIGUSR1)
        self.system.back.wait_log_like(rf'served domain name="{BOT}" kind="component" address="127.0.0.1"')
        self.system.back.wait_log_like(rf'served domain name="{OTHER}" kind="component" state="not connected"')
        self.assertNotIn(SECRET, self.system.back.log())

    def test_a_component_that_is_stuck_keeps_nobody_else_waiting(self):
        alice, bob, bot = self.client(), self.client("bob"), self.component()
        with socket.create_connection(self.where, PATIENCE) as stuck:
            stuck.sendall(f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='stuck.{WILD}'>".encode())
            identifier = re.search("id='([^']*)'", stuck.recv(4096).decode())[1]
            stuck.sendall(f"<handshake>{xmlstream.hashPassword(identifier, WILD_SECRET)}</handshake>".encode())
            self.assertEqual(stuck.recv(12), b"<handshake/>")

            async def flood():
                for _ in range(150):
                    bob.send_message(mto=f"stuck.{WILD}", mbody="x" * 200_000, mtype="chat")

            on_loop(flood())
            self.assertEqual(on_loop(bob.next_message())["error"]["condition"], "resource-constraint")
            before = time.monotonic()
            self.say(alice, BOT, "meanwhile")
            self.assertEqual(on_loop(bot.next_message())["body"], "meanwhile")
            self.assertLess(time.monotonic() - before, 3)


if __name__ == "__main__":
    twisted_world.start()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
