"""Components of several libraries (slixmpp, Twisted, @xmpp/component, gloox), and clients of slixmpp to talk to them."""

import asyncio
import os
import pathlib
import queue

import slixmpp
from harness import DOMAIN, PASSWORDS, PATIENCE, wait_until
from tool import Tool
from twisted.internet import reactor
from twisted.words.protocols.jabber import component, xmlstream
from twisted.words.xish import domish
from twisted_world import on_reactor

SECRET = "component-secret-41aa"
GLOOX = os.environ.get("COUPLET_GLOOX_COMPONENT", "")
NODE = pathlib.Path(__file__).resolve().parent / "node"

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


# One component each, let in, with the same few things to do: what their libraries call them lies here.


class OfSlixmpp:
    def __init__(self, name, where):
        self.name = name
        self.one = on_loop(make(Component, name, SECRET))
        if (how := on_loop(self.one.begin(*where))) != "in":
            raise AssertionError(how)

    def send(self, to, text):
        async def go():
            self.one.send_message(mto=to, mbody=text, mtype="chat", mfrom=self.name)

        on_loop(go())

    def next(self):
        """Who said the next message, and its text."""
        message = on_loop(self.one.next_message())
        return message["from"].full, message["body"]

    def told(self):
        """The condition of the stream error."""
        return on_loop(asyncio.wait_for(self.one.stream_errors.get(), PATIENCE))["condition"]

    def leave(self):
        on_loop(self.one.leave())

    def vanish(self):
        """Without a word."""

        async def go():
            self.one.transport.abort()

        on_loop(go())


class OfTwisted:
    def __init__(self, name, where):
        self.one = TwistedComponent(name, SECRET, where)
        if (how := self.one.came()) != "in":
            raise AssertionError(how)

    def send(self, to, text):
        self.one.send("message", to, text, type="chat")

    def next(self):
        message = self.one.next()
        return message["from"], str(message.body)

    def told(self):
        return self.one.came()

    def leave(self):
        on_reactor(self.one.xs.sendFooter)
        self.one.leave()

    def vanish(self):
        on_reactor(self.one.xs.transport.abortConnection)


class OfProgram:
    """A program that writes `got FROM TEXT` and `ended CONDITION`, and reads `TO TEXT` and `bye`."""

    def __init__(self, *words, **rest):
        self.tool = Tool(*words, **rest)
        self.read = 0  # lines so far
        self.tool.wait_said("connected\n")

    def line(self, first):
        def come():
            lines = self.tool.said().split("\n")[self.read : -1]
            for n, line in enumerate(lines):
                if line.startswith(first):
                    self.read += n + 1
                    return line
            return None

        return wait_until(come, f"{self.tool.process.args[0]} says {first!r}")

    def send(self, to, text):
        self.tool.write(f"{to} {text}\n")

    def next(self):
        _, sender, text = self.line("got ").split(" ", 2)
        return sender, text

    def told(self):
        return self.line("ended ").split(" ", 1)[1]

    def leave(self):
        if self.tool.process.poll() is None:
            self.tool.write("bye\n")
            self.tool.wait()
        self.tool.kill()

    def vanish(self):
        self.tool.kill()


def of_node(name, where):
    return OfProgram("node", "component_talk.mjs", where[1], name, cwd=NODE, environment={"COMPONENT_SECRET": SECRET})


def of_gloox(name, where):
    return OfProgram(GLOOX, where[1], name, "talk", environment={"COUPLET_TEST_PASSWORD": SECRET})


LIBRARIES = {"slixmpp": OfSlixmpp, "Twisted": OfTwisted, "node": of_node, "gloox": of_gloox}
