#!/usr/bin/python3
"""What each component library (slixmpp, Twisted, @xmpp/component, gloox) has of the component listener: talk with a client and with components of
each library both ways, being replaced, and coming back to what was said meanwhile."""

import threading

import twisted_world
from component_ends import LIBRARIES, SECRET, Client, loop, make, on_loop
from harness import WithDeployment, in_every_role, main, wait_until

BOT, OTHER = "bot.localhost", "other.localhost"


def with_each_library(cls):
    """`each_WHAT(self, come)` becomes `test_WHAT_LIBRARY`; `come()` is one more component of that library."""
    for what in [name for name in vars(cls) if name.startswith("each_")]:
        for library, kind in LIBRARIES.items():

            def test(self, what=what, kind=kind):
                getattr(self, what)(lambda: kind(BOT, self.where))

            setattr(cls, f"test_{what.removeprefix('each_')}_{library}", test)
    return cls


@in_every_role
@with_each_library
class Libraries(WithDeployment):
    @classmethod
    def setUpClass(cls):
        # Behind another Couplet the listener is there anyway.
        listen = ("--listen-components", "127.0.0.1:0") if cls.role == "one" else ()
        flags = ("--component", f"{BOT}:{SECRET}", "--component", f"{OTHER}:{SECRET}", "--component-conflict", "replace", "--component-grace", "15")
        cls.options = {"manager": (*listen, *flags)}
        super().setUpClass()

    def setUp(self):
        self.where = self.system.back.address("component")
        self.alice = on_loop(make(Client, "alice", "c"))
        self.addCleanup(lambda: on_loop(self.alice.leave()))
        where = {"use_ssl": False, "force_starttls": False, "disable_starttls": True}
        self.assertEqual(on_loop(self.alice.begin(self.address, **where)), "in")

    def say(self, text):
        async def go():
            self.alice.send_message(mto=f"n@{BOT}/r", mbody=text, mtype="chat")

        on_loop(go())

    def talk(self, bot, text):
        """Both ways."""
        self.say(text)
        self.assertEqual(bot.next(), (self.alice.boundjid.full, text))
        bot.send(self.alice.boundjid.full, "re: " + text)
        back = on_loop(self.alice.next_message())
        self.assertEqual((back["from"].full, back["body"]), (BOT, "re: " + text))

    def each_talks_to_a_client(self, come):
        bot = come()
        self.addCleanup(bot.leave)
        for text in ("1 < 2 & \"quoted\" 'too'", "]]> ☕ \U0001f375", "x" * 3000):
            self.talk(bot, text)

    def each_talks_to_components(self, come):
        bot = come()
        self.addCleanup(bot.leave)
        for library, kind in LIBRARIES.items():
            gone = self.system.back.log().count("component gone")
            other = kind(OTHER, self.where)
            for text in ("1 < 2 & \"quoted\" 'too'", f"of {library}"):
                bot.send(f"n@{OTHER}/r", text)
                self.assertEqual(other.next(), (BOT, text))
                other.send(f"n@{BOT}/r", "re: " + text)
                self.assertEqual(bot.next(), (OTHER, "re: " + text))
            other.leave()
            wait_until(lambda n=gone: self.system.back.log().count("component gone") > n, "the other has left")

    def each_is_replaced(self, come):
        first, second = come(), come()
        self.addCleanup(second.leave)
        self.assertEqual(first.told(), "conflict")
        self.talk(second, "to the second")
        first.leave()
        self.talk(second, "and again")

    def each_comes_back(self, come):
        for goes in ("leave", "vanish"):
            gone = self.system.back.log().count("component gone")
            bot = come()
            self.talk(bot, "before")
            getattr(bot, goes)()
            wait_until(lambda n=gone: self.system.back.log().count("component gone") > n, "it is gone")
            for n in range(20):
                self.say(f"{goes} {n}")
            bot = come()
            self.assertEqual([bot.next()[1] for _ in range(20)], [f"{goes} {n}" for n in range(20)])
            self.talk(bot, "after")
            gone = self.system.back.log().count("component gone")
            bot.leave()
            wait_until(lambda n=gone: self.system.back.log().count("component gone") > n, "it has left")


if __name__ == "__main__":
    twisted_world.start()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    main()
