#!/usr/bin/python3
"""Several session managers outside, of which each has its share of the users (--sm-policy spread): when one is killed under load, its users alone go
to others; no client is disconnected, and each message arrives once, in order, or comes back as an error."""

import asyncio
import os
import signal

from harness import DOMAIN, main, run, sanitized
from link_load import Load
from scripted_manager import ScriptedManager
from several_managers import EVERYBODY, OTHER_ID, PAUSE, USERS, SeveralManagers, Way, let_in, linked_again, links, port_of, table
from wire import Stream


class Groups(Load):
    """Everybody sends to the next one who is at the same manager at the beginning."""

    def __init__(self, passwords, domain):
        super().__init__(passwords, domain)
        self.home = {}

    async def log_in_and_look(self, front, names):
        """One after the other: answers at whose port each is."""
        before = {port: sessions for port, (_, sessions) in table(front).items()}
        where = {}
        for c in self.clients:
            if c.name not in names:
                continue
            await c.log_in(front.address())
            now = {port: sessions for port, (_, sessions) in table(front).items()}
            changed = [port for port in now if now[port] == before[port] + 1]
            assert len(changed) == 1 and sum(now.values()) == sum(before.values()) + 1, (before, now)
            where[c.name] = changed[0]
            before = now
        return where

    async def speak(self, stop, pause=0.004):
        next_one = {}
        for port in set(self.home.values()):
            group = [c for c in self.clients if self.home.get(c.name) == port]
            next_one.update({c.name: group[(n + 1) % len(group)] for n, c in enumerate(group)})
        while not stop.is_set():
            for client in self.clients:
                if client.name in next_one and client.ended is None:
                    client.send(next_one[client.name])
            await asyncio.sleep(pause)


class Spread(SeveralManagers):
    def play(self, story, *more, threads=2, speakers=24):
        """`story(front, managers, ports, load)` happens under load."""
        managers = [self.manager() for _ in range(3)]
        ports = [port_of(m) for m in managers]

        async def whole():
            front = self.front(ports, "--sm-policy", "spread", *more, threads=threads)
            names = list(EVERYBODY)[:speakers]
            load = Groups({name: EVERYBODY[name] for name in names}, DOMAIN)
            load.home = await load.log_in_and_look(front, names)
            self.assertEqual(set(load.home.values()), set(ports))  # of 24 users, each has some
            stop = asyncio.Event()
            speaking = asyncio.create_task(load.speak(stop, 2 * PAUSE))
            await asyncio.sleep(0.5)
            await story(front, managers, ports, load)
            await asyncio.sleep(0.5)
            stop.set()
            await speaking
            await load.settle()
            self.check(load)
            self.assertGreater(sum(len(c.delivered) for c in load.clients), 100 if not sanitized() else 10)
            await load.hang_up()
            return front

        front = asyncio.run(whole())
        self.assertEqual(front.stop(), [])
        for m in managers:
            self.assertEqual(m.stop(), [])

    async def until_table(self, front, accept):
        for _ in range(300):
            if accept(table(front)):
                return table(front)
            await asyncio.sleep(0.1)
        raise AssertionError(f"the sessions are not where they belong: {table(front)}")

    def nobody_noticed(self, load, port):
        """Those of that manager had no reason to."""
        for c in load.clients:
            if load.home.get(c.name) == port:
                self.assertEqual(c.refused, [], c.name)

    def test_one_is_killed_and_returns(self):
        async def story(front, managers, ports, load):
            before = table(front)
            managers[0].kill()
            managers[0].forget()
            after = await self.until_table(front, lambda t: sum(n for _, n in t.values()) == 24 and t[ports[0]][1] == 0)
            self.assertEqual(after[ports[0]][0], "not linked")
            front.wait_log(f'sessions are asked for elsewhere manager="127.0.0.1:{ports[0]}" clients="{before[ports[0]][1]}"')
            for port in ports[1:]:
                self.assertGreaterEqual(after[port][1], before[port][1])
                self.nobody_noticed(load, port)
            await asyncio.sleep(0.5)
            seen = links(front)
            managers[0] = self.manager(ports[0])
            await linked_again(front, seen)
            await asyncio.sleep(0.5)
            self.assertEqual({p: n for p, (_, n) in table(front).items()}, {p: n for p, (_, n) in after.items()})  # nobody is moved back

        for threads in (1, 2):
            with self.subTest(threads=threads):
                self.play(story, threads=threads)

    def test_new_logins_go_where_they_belong_and_sessions_of_a_user_stay_together(self):
        also = ("--c2s", f"{OTHER_ID}:@{self.link}")
        managers = [self.manager(more=also) for _ in range(3)]
        ports = [port_of(m) for m in managers]

        async def whole():
            front = self.front(ports, "--sm-policy", "spread")
            load = Groups(EVERYBODY, DOMAIN)
            home = await load.log_in_and_look(front, EVERYBODY)
            await load.hang_up()
            await self.until_table(front, lambda t: sum(n for _, n in t.values()) == 0)
            shares = [list(home.values()).count(port) for port in ports]
            print(f"36 users: {shares}", flush=True)
            managers[0].kill()
            managers[0].forget()
            await self.until_table(front, lambda t: t[ports[0]][0] == "not linked")
            # What it had not handled, the ends of those who have left above all, is said to the others in their names.
            await asyncio.sleep(1)
            await self.until_table(front, lambda t: sum(n for _, n in t.values()) == 0)
            without = Groups(EVERYBODY, DOMAIN)
            there = await without.log_in_and_look(front, EVERYBODY)
            for name, port in home.items():
                if port != ports[0]:
                    self.assertEqual(there[name], port)
                else:
                    self.assertIn(there[name], ports[1:])
            seen = links(front)
            managers[0] = self.manager(ports[0], more=also)
            await linked_again(front, seen)
            await self.until_table(front, lambda t: t[ports[0]][0] == "linked")
            # Another session of one who is elsewhere meanwhile: together. When he has none any more: home.
            moved = next(name for name, port in home.items() if port == ports[0])
            before = table(front)
            second = Stream(front.address())
            second.login(moved, "second", password=EVERYBODY[moved])
            self.assertEqual(table(front)[there[moved]][1], before[there[moved]][1] + 1)
            second.close()
            await without.hang_up()
            await self.until_table(front, lambda t: sum(n for _, n in t.values()) == 0)
            again = Groups(EVERYBODY, DOMAIN)
            self.assertEqual(await again.log_in_and_look(front, EVERYBODY), home)
            # Another Couplet chooses alike, also where its list has another order.
            other = self.front(ports[::-1], "--sm-policy", "spread", name=OTHER_ID)
            elsewhere = Groups({name: EVERYBODY[name] for name in list(EVERYBODY)[:6]}, DOMAIN)
            for name, port in (await elsewhere.log_in_and_look(other, EVERYBODY)).items():
                self.assertEqual(port, home[name])
            await elsewhere.hang_up()
            await again.hang_up()
            self.assertEqual(other.stop(), [])
            return front

        front = asyncio.run(whole())
        self.assertEqual(front.stop(), [])
        for m in managers:
            self.assertEqual(m.stop(), [])

    def test_one_after_the_other_is_killed(self):
        async def story(front, managers, ports, load):
            for turn in range(9 if not sanitized() else 3):
                lost = turn % 3
                managers[lost].kill()
                managers[lost].forget()
                await self.until_table(front, lambda t, p=ports[lost]: sum(n for _, n in t.values()) == 24 and t[p][1] == 0)
                seen = links(front)
                managers[lost] = self.manager(ports[lost])
                await linked_again(front, seen)

        for more in ((), ("--users", self.users)):  # with it sessions are asked for by session control
            with self.subTest(more=more):
                self.play(story, *more)

    def test_two_at_once(self):
        async def story(front, managers, ports, load):
            for m in managers[:2]:
                m.kill()
                m.forget()
            await self.until_table(front, lambda t: t[ports[2]][1] == 24)
            self.nobody_noticed(load, ports[2])
            for n in range(2):
                managers[n] = self.manager(ports[n])

        self.play(story)

    def test_the_second_one_while_it_is_asked_for_the_users_of_the_first(self):
        for pause in (0, 0.01, 0.03):

            async def story(front, managers, ports, load, pause=pause):
                managers[0].kill()
                await asyncio.to_thread(front.wait_log, "sessions are asked for elsewhere")
                await asyncio.sleep(pause)
                managers[1].kill()
                await self.until_table(front, lambda t: t[ports[2]][1] == 24)
                self.nobody_noticed(load, ports[2])
                for n in range(2):
                    managers[n].forget()
                    managers[n] = self.manager(ports[n])

            with self.subTest(pause=pause):
                self.play(story)

    def test_all_are_gone_and_one_comes_back(self):
        async def story(front, managers, ports, load):
            for n, m in enumerate(managers):
                m.kill()
                m.forget()
                await asyncio.sleep(0.3 * n)
            with Stream(front.address()) as newcomer:
                newcomer.open("1.0")
                self.assertEqual(newcomer.wait_closed()[0], "remote-connection-failed")
            managers[1] = self.manager(ports[1])
            await self.until_table(front, lambda t: t[ports[1]][1] == 24)
            managers[0], managers[2] = self.manager(ports[0]), self.manager(ports[2])

        self.play(story)

    def test_a_link_that_is_taken_up_again_moves_nobody(self):
        managers = [self.manager(), self.manager()]

        async def whole():
            way = Way(port_of(managers[0]))
            ports = [await way.open(), port_of(managers[1])]
            front = self.front(ports, "--sm-policy", "spread", wait=False)
            while links(front) < 2:
                await asyncio.sleep(0.02)
            front.wait_ready()
            load = Load(USERS, DOMAIN)
            await load.log_in(front.address())
            before = table(front, 2)
            await asyncio.sleep(5.5)  # one that has not lasted is not tried again first
            stop = asyncio.Event()
            speaking = asyncio.create_task(load.speak(stop, PAUSE))
            await asyncio.sleep(0.5)
            for _ in range(2):
                seen = links(front)
                for w in list(way.writers):
                    w.transport.abort()
                await linked_again(front, seen)
                await asyncio.sleep(5.5)
            stop.set()
            await speaking
            await load.settle()
            self.check(load)
            self.assertEqual(table(front, 2), before)
            self.assertNotIn("asked for elsewhere", front.log())
            await load.hang_up()
            way.close()
            return front

        front = asyncio.run(whole())
        self.assertEqual(front.stop(), [])
        for m in managers:
            self.assertEqual(m.stop(), [])

    def test_one_that_hangs_holds_up_its_own_users_only(self):
        async def story(front, managers, ports, load):
            hangs = managers[0].process.pid
            os.kill(hangs, signal.SIGSTOP)
            try:
                for _ in range(600):
                    if "takes too little" in front.log():
                        break
                    await asyncio.sleep(0.02)
                self.assertIn(f'takes too little: its clients wait manager="127.0.0.1:{ports[0]}"', front.log())
                before = {c.name: len(c.delivered) for c in load.clients}
                await asyncio.sleep(2)
                for c in load.clients:
                    if load.home[c.name] == ports[0]:
                        self.assertEqual(len(c.delivered), before[c.name])
                    else:
                        self.assertGreater(len(c.delivered), before[c.name])
            finally:
                os.kill(hangs, signal.SIGCONT)
            await asyncio.sleep(1)
            self.assertNotIn("asked for elsewhere", front.log())

        self.play(story, "--max-manager-queue-bytes", 262_144)  # soon full

    def test_beginnings(self):
        probe = ScriptedManager()
        probe.close()
        refuses, works = self.manager(name="other.localhost"), self.manager()
        front = self.front([probe.port, port_of(refuses), port_of(works)], "--sm-policy", "spread")
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"])
            self.assertEqual(table(front)[port_of(works)], ("linked", 1))
        self.assertEqual(front.stop(), [])
        ended = run(*map(str, self.front_arguments([port_of(refuses), probe.port], "--sm-policy", "spread")))
        self.assertEqual(ended.returncode, 1)
        self.assertIn(f"127.0.0.1:{port_of(refuses)}: host-unknown", ended.stderr)

    def test_without_a_grace_its_clients_are_told_and_no_others(self):
        managers = [self.manager(), self.manager()]
        ports = [port_of(m) for m in managers]
        front = self.front(ports, "--sm-policy", "spread", "--sm-grace", 0)
        streams = {}
        for name in USERS:
            before = table(front, 2)
            stream = Stream(front.address())
            stream.login(name, "home", password=USERS[name])
            streams.setdefault(next(p for p, (_, n) in table(front, 2).items() if n != before[p][1]), []).append(stream)
        managers[0].kill()
        for s in streams[ports[0]]:
            self.assertEqual(s.wait_closed()[0], "remote-connection-failed")
            s.close()
        for s in streams[ports[1]]:
            s.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
            self.assertEqual(s.receive_id("p").get("type"), "result")
            s.close()
        self.assertEqual(front.stop(), [])

    def test_one_that_is_none_of_ours(self):
        script, ours = ScriptedManager(), self.manager()
        front = self.front([script.port, port_of(ours)], "--sm-policy", "spread", wait=False)
        link = script.accept()
        front.wait_ready()
        here, there = None, None
        for name in USERS:
            stream = Stream(front.address())
            self.addCleanup(stream.close)
            stream.open()
            stream.send(f"<iq type='set' id='l'><query xmlns='jabber:iq:auth'><username>{name}</username><password>{USERS[name]}</password>"
                        "<resource>home</resource></query></iq>")  # fmt: skip
            try:
                stream.receive(0.5)
                here = here or (name, stream)
                stream.send("<presence/>")
            except TimeoutError:
                there = (name, stream)
                let_in(link, name)
                stream.receive()
            if here and there:
                break
        there[1].send("<presence><show>away</show></presence>")
        link.receive()
        script.close()
        link.close()
        front.wait_log("sessions are asked for elsewhere")
        there[1].receive_until(lambda e: e.tag.endswith("}presence"))  # its own, from the other manager
        there[1].message(f"{here[0]}@localhost/home", "here I am")
        here[1].receive_until(lambda e: e.tag.endswith("}message"))
        self.assertEqual(front.stop(), [])
        self.assertEqual(ours.stop(), [])


if __name__ == "__main__":
    main()
