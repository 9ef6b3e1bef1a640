#!/usr/bin/python3
"""The components of etc/examples, and one of the test's own, at the component listener of the Couplet that clients log in to."""

import asyncio
import ssl
import tempfile
import threading
import unittest
from xml.etree import ElementTree

import slixmpp
import test_slixmpp as clients
from harness import DOMAIN, LINK_SECRET, PASSWORDS, PATIENCE, Server, main, secret_file, wait_until
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath
from test_examples import ADDRESS, DNS, IP_CHECK, Example
from test_slixmpp import on_loop

NS = "http://amessage.info/protocol/connectionstate"
WATCH = f"watch.{DOMAIN}"


class Watch(slixmpp.ComponentXMPP):
    """Keeps what it is told, as (what, JID, address, (version, cipher, secret, algorithm) or None, sender)."""

    def __init__(self, port):
        super().__init__(WATCH, LINK_SECRET, "127.0.0.1", port)
        self.told = asyncio.Queue()
        self.there = asyncio.Event()
        self.add_event_handler("session_start", lambda _: self.there.set())
        self.register_handler(Callback("notice", MatchXPath(f"{{{self.default_ns}}}message/{{{NS}}}update"), self.on_notice))

    def on_notice(self, message):
        update = message.xml.find(f"{{{NS}}}update")
        texts = {child.tag.split("}")[1]: child for child in update.iter()}
        tls = texts.get("tls") is not None and (
            texts["version"].text, texts["cipher"].text, texts["bits"].get("secret"), texts["bits"].get("algorithm"))  # fmt: skip
        self.told.put_nowait(("login" if "login" in texts else "logout", texts["jid"].text, texts["ip"].text, tls, message["from"].full))

    async def next(self):
        return await asyncio.wait_for(self.told.get(), PATIENCE)


class TlsClient(clients.Client):
    """STARTTLS; says what the connection turned out to be."""

    async def log_in(self, address):
        started = clients.loop.create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(None))
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.connect(address)
        await asyncio.wait_for(started, PATIENCE)
        tls = self.transport.get_extra_info("ssl_object")
        return tls.version(), tls.cipher()[0], str(tls.cipher()[2]), str(tls.cipher()[2])


class Inside(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-examples-")
        self.addCleanup(folder.cleanup)
        self.secret = secret_file(folder.name, "secret", LINK_SECRET)
        accounts = secret_file(folder.name, "users", "".join(f"{user}@{DOMAIN}:{secret}\n" for user, secret in PASSWORDS.items()))
        words = []
        for name in (DNS, ADDRESS, WATCH):
            words += ["--component", f"{name}:@{self.secret}", "--notify", name]
        self.server = Server("--domain", DOMAIN, "--threads", "2", "--listen", "127.0.0.1:0", "--listen-components", "127.0.0.1:0",
                             "--users", accounts, *words)  # fmt: skip
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), []))
        self.port = self.server.address("component")[1]

    def watch(self):
        async def make():
            watch = Watch(self.port)
            watch.connect()
            await asyncio.wait_for(watch.there.wait(), PATIENCE)
            return watch

        watch = on_loop(make())
        self.addCleanup(lambda: on_loop(asyncio.wait_for(watch.disconnect(wait=1), PATIENCE)))
        return watch

    def example(self, name, domain, *more):
        example = Example(name, domain, *more, "--listener", f"127.0.0.1:{self.port}", COMPONENT_SECRET_FILE=self.secret)
        self.addCleanup(example.stop)
        self.server.wait_log_like(f'connected.*name="{domain}"')
        return example

    def client(self, kind, user, resource):
        async def make():
            return kind(user, resource)

        return on_loop(make())

    def test_a_component_hears_of_logins_and_logouts(self):
        watch = self.watch()
        senders = set()
        for kind, resource in ((clients.Client, "plain"), (TlsClient, "tls")):
            alice = self.client(kind, "alice", resource)
            known = on_loop(alice.log_in(self.server.address()))
            tls = known if kind is TlsClient else False
            login = on_loop(watch.next())
            self.assertEqual(login[:4], ("login", f"alice@{DOMAIN}/{resource}", "127.0.0.1", tls))
            on_loop(alice.leave())
            self.assertEqual(on_loop(watch.next()), ("logout", *login[1:]))
            self.assertRegex(login[4], f"^{DOMAIN}/[0-9a-f]{{16}}$")
            senders.add(login[4])
        self.assertEqual(len(senders), 2)

    def test_the_examples(self):
        dns = self.example("dynamic_dns.py", DNS, "dyn.example")
        self.example("what_is_my_address.py", ADDRESS)
        alice = self.client(clients.Client, "alice", "a")
        on_loop(alice.log_in(self.server.address()))
        clear = "zone dyn.example.\nupdate delete alice.dyn.example. A\nupdate delete alice.dyn.example. AAAA\n"
        dns.wait_said(clear + "update add alice.dyn.example. 60 A 127.0.0.1\nsend\n")

        async def ask():
            alice.send_message(mto=ADDRESS, mbody="ip", mtype="chat")
            answer = await alice.next_message()
            iq = alice.make_iq_get(ito=ADDRESS)
            iq.append(ElementTree.Element(f"{{{IP_CHECK}}}address"))
            result = await iq.send(timeout=PATIENCE)
            return answer["body"], result.xml.findtext(f"{{{IP_CHECK}}}address/{{{IP_CHECK}}}ip")

        self.assertEqual(on_loop(ask()), ("127.0.0.1", "127.0.0.1"))
        on_loop(alice.leave())
        dns.wait_said(clear + "send\n")

    def test_a_component_that_is_not_there_costs_nothing_but_a_count(self):
        for n in range(3):
            alice = self.client(clients.Client, "alice", f"r{n}")
            on_loop(alice.log_in(self.server.address()))
            on_loop(alice.leave())
        wait_until(lambda: self.server.log().count("client gone") == 3, "they are gone")
        self.server.signal()
        self.server.wait()
        self.server.wait_log_like(r'notices="18" notices-returned="18" notices-lost="0"')


if __name__ == "__main__":
    threading.Thread(target=clients.loop.run_forever, daemon=True).start()
    main()
