#!/usr/bin/python3
"""Components that we did not write (slixmpp, Twisted, @xmpp/component, gloox) on the component listener, with clients and with each other."""

import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import twisted_world
from component_ends import GLOOX, NODE, SECRET, Client, Component, TwistedComponent, loop, make, on_loop
from harness import DOMAIN, PATIENCE, WithDeployment, in_every_role, main
from slixmpp.exceptions import IqError
from tool import Tool
from twisted.words.protocols.jabber import xmlstream

BOT, OTHER, WILD = "bot.localhost", "other.localhost", "x.bots.localhost"
WILD_SECRET = "wild-secret-93bb"
QUOTED, QUOTED_SECRET = "quoted.localhost", "a&b<c>d'e\"f&amp;"


@in_every_role
class Components(WithDeployment):
    flags = (
        "--component-tls-listen", "127.0.0.1:0", "--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}",
        "--component", f"*.bots.localhost:{WILD_SECRET}", "--component-grace", "4",
        "--component", f"{QUOTED}:{QUOTED_SECRET}",
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

    def test_who_is_connected_is_found(self):
        alice = self.client()

        def found():
            there = on_loop(alice["xep_0030"].get_items(jid=DOMAIN, timeout=PATIENCE))
            return {item[0] for item in there["disco_items"]["items"]} & {BOT, OTHER, WILD}

        self.assertEqual(found(), set())
        bot = self.component()
        self.component(OTHER)
        self.component(WILD, WILD_SECRET)  # whoever has that secret chooses the name
        self.assertEqual(found(), {BOT, OTHER})
        self.here.remove(bot)
        on_loop(bot.leave())
        for _ in range(100):
            if found() == {OTHER}:
                break
            time.sleep(0.05)
        self.assertEqual(found(), {OTHER})

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

    def test_a_secret_with_what_XML_escapes_in_it(self):
        bot = self.component(QUOTED, QUOTED_SECRET)
        on_loop(bot.leave())
        self.here.remove(bot)
        twisted = self.twisted(QUOTED, QUOTED_SECRET)
        self.say(self.client(), QUOTED, "you are in")
        self.assertEqual(twisted.next()["type"], "chat")
        self.component(QUOTED, "a&amp;b&lt;c&gt;d&apos;e&quot;f&amp;amp;", expect="not-authorized")

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
            ["node", "component.mjs", str(self.where[1]), OTHER, BOT], cwd=NODE, capture_output=True, text=True, timeout=PATIENCE * 5,
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
