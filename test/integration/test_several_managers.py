#!/usr/bin/python3
"""Several session managers outside, of which one has all clients (--sm-policy failover): it is killed under load, comes back, refuses us, or is none
of ours. No client is disconnected, and each message arrives once, in order, or comes back as an error."""

import asyncio
import random
import signal

from harness import DOMAIN, main, run, sanitized
from link_load import Load
from scripted_manager import ScriptedManager
from several_managers import PAUSE, USERS, SeveralManagers, Way, let_in, linked_again, links, moves, port_of
from wire import Stream, stanza_error


class Failover(SeveralManagers):
    def play(self, story, threads, *more):
        """`story(front, managers)` happens under load; `managers` may be changed by it."""
        managers = [self.manager(), self.manager()]
        ports = [port_of(m) for m in managers]

        async def whole():
            front = self.front(ports, *more, threads=threads)
            load = Load(USERS, DOMAIN)
            await load.log_in(front.address())
            stop = asyncio.Event()
            speaking = asyncio.create_task(load.speak(stop, PAUSE))
            await asyncio.sleep(0.5)
            await story(front, managers, ports)
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

    async def kill(self, front, manager):
        seen = links(front)
        manager.kill()
        manager.forget()
        return seen

    def test_the_first_is_killed_and_returns_and_then_the_second_is_killed(self):
        async def story(front, managers, ports):
            seen = await self.kill(front, managers[0])
            await linked_again(front, seen)
            self.assertIn(f'to="127.0.0.1:{ports[1]}"', moves(front)[-1])
            managers[0] = self.manager(ports[0])
            await asyncio.sleep(1)
            self.assertEqual(links(front), 2)  # nobody is moved because it is back
            seen = await self.kill(front, managers[1])
            await linked_again(front, seen)
            self.assertIn(f'to="127.0.0.1:{ports[0]}"', moves(front)[-1])
            managers[1] = self.manager(ports[1])

        for threads in (1, 2):
            with self.subTest(threads=threads):
                self.play(story, threads)

    def test_again_and_again(self):
        self.kill_again_and_again()

    def test_again_and_again_with_session_control(self):
        self.kill_again_and_again("--users", self.users)

    def kill_again_and_again(self, *more):
        async def story(front, managers, ports):
            for turn in range(12 if not sanitized() else 3):
                lost = 0 if f'to="127.0.0.1:{ports[1]}"' not in (moves(front) or [""])[-1] else 1
                seen = await self.kill(front, managers[lost])
                await linked_again(front, seen)
                managers[lost] = self.manager(ports[lost])
                await asyncio.sleep(random.uniform(0.0, 0.4))
                self.assertEqual(len(moves(front)), turn + 1)

        self.play(story, 2, *more)

    def test_both_are_gone_and_one_comes_back(self):
        async def story(front, managers, ports):
            await self.kill(front, managers[0])
            seen = await self.kill(front, managers[1])
            await asyncio.sleep(1)
            managers[1] = self.manager(ports[1])
            await linked_again(front, seen)
            managers[0] = self.manager(ports[0])

        self.play(story, 2)

    def test_the_second_is_killed_while_it_takes_over(self):
        async def story(front, managers, ports):
            seen = await self.kill(front, managers[0])
            await linked_again(front, seen)
            seen = await self.kill(front, managers[1])
            managers[0] = self.manager(ports[0])
            await linked_again(front, seen)
            managers[1] = self.manager(ports[1])

        self.play(story, 2)

    def test_a_manager_that_stops_gives_its_clients_to_the_next(self):
        async def story(front, managers, ports):
            seen = links(front)
            managers[0].signal()
            await linked_again(front, seen)
            managers[0].wait()
            managers[0].forget()
            managers[0] = self.manager(ports[0])

        self.play(story, 2)

    def test_one_that_lives_on_without_us_is_no_harm_when_we_are_back(self):
        """The way there is cut. It keeps our sessions, and what is for them, for a while."""
        managers = [self.manager(), self.manager()]

        async def whole():
            way = Way(port_of(managers[0]))
            port = await way.open()
            front = self.front([port, port_of(managers[1])], wait=False)
            while links(front) == 0:
                await asyncio.sleep(0.02)  # that goes through this loop
            front.wait_ready()
            load = Load(USERS, DOMAIN)
            await load.log_in(front.address())
            stop = asyncio.Event()
            speaking = asyncio.create_task(load.speak(stop, PAUSE))
            await asyncio.sleep(0.5)
            seen = links(front)
            way.close()
            await linked_again(front, seen)
            await way.open(port)
            await asyncio.sleep(0.5)
            seen = links(front)
            managers[1].kill()
            await linked_again(front, seen)
            await asyncio.sleep(0.5)
            stop.set()
            await speaking
            await load.settle()
            self.check(load)
            await load.hang_up()
            way.close()
            return front

        front = asyncio.run(whole())
        self.assertEqual(front.stop(), [])
        self.assertEqual(managers[0].stop(), [])

    def test_newcomers_get_in_at_the_one_that_took_over(self):
        first, second = self.manager(), self.manager()
        front = self.front([port_of(first), port_of(second)])
        with Stream(front.address()) as early:
            early.login("user0", "home", password=USERS["user0"]).available()
            first.kill()
            front.wait_log("the clients are with another session manager now")
            with Stream(front.address()) as late:
                late.login("user1", "home", password=USERS["user1"]).available()
                late.message("user0@localhost/home", "hello")
                early.receive_until(lambda e: e.tag.endswith("}message"))
            front.signal(signal.SIGUSR1)
            front.wait_log_like(rf'session manager manager="127.0.0.1:{port_of(first)}" state="in reserve"')
            front.wait_log_like(rf'session manager manager="127.0.0.1:{port_of(second)}" state="has all clients"')
        self.assertEqual(front.stop(), [])
        self.assertEqual(second.stop(), [])

    def test_without_a_grace_clients_are_told_and_the_next_takes_those_that_come(self):
        first, second = self.manager(), self.manager()
        front = self.front([port_of(first), port_of(second)], "--sm-grace", 0)
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"]).available()
            first.kill()
            self.assertEqual(one.wait_closed()[0], "remote-connection-failed")
        front.wait_log_like(rf'linked to the session manager manager="127.0.0.1:{port_of(second)}"')
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"])
        self.assertEqual(front.stop(), [])


class Beginnings(SeveralManagers):
    """Ready means that one manager is up, or that each was tried."""

    def unused_port(self):
        probe = ScriptedManager()
        probe.close()
        return probe.port

    def test_the_second_is_taken_where_the_first_is_not_there(self):
        second = self.manager()
        front = self.front([self.unused_port(), port_of(second)])
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"])
        self.assertEqual(front.stop(), [])

    def test_the_second_is_taken_where_the_first_refuses_us(self):
        first, second = self.manager(name="other.localhost"), self.manager()
        front = self.front([port_of(first), port_of(second)])
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"])
        self.assertIn("host-unknown", front.log())
        self.assertEqual(front.stop(), [])

    def test_none_is_there_and_one_refuses_us(self):
        refuses = self.manager(name="other.localhost")
        ended = run(*map(str, self.front_arguments([port_of(refuses), self.unused_port()])))
        self.assertEqual(ended.returncode, 1)
        self.assertIn(f"127.0.0.1:{port_of(refuses)}: host-unknown", ended.stderr)

    def test_none_is_there(self):
        port = self.unused_port()
        front = self.front([self.unused_port(), port])
        with Stream(front.address()) as one:
            one.open("1.0")
            self.assertEqual(one.wait_closed()[0], "remote-connection-failed")
        second = self.manager(port)
        front.wait_log("linked to the session manager")
        with Stream(front.address()) as one:
            one.login("user0", "home", password=USERS["user0"])
        self.assertEqual(front.stop(), [])
        self.assertEqual(second.stop(), [])


class NoneOfOurs(SeveralManagers):
    """A session manager that counts nothing, in a script."""

    def test_it_is_lost_and_a_couplet_takes_over_and_back(self):
        script = ScriptedManager()
        second = self.manager()
        front = self.front([script.port, port_of(second)], wait=False)
        link = script.accept()
        front.wait_ready()
        with Stream(front.address()) as one, Stream(front.address()) as other:
            one.open()
            one.send("<iq type='set' id='l'><query xmlns='jabber:iq:auth'><username>user0</username><password>x</password>"
                            "<resource>home</resource></query></iq>")  # fmt: skip
            let_in(link, "user0")
            one.receive()
            one.send("<presence/>")
            link.receive()
            other.open()
            other.send("<iq type='set' id='l'><query xmlns='jabber:iq:auth'><username>user1</username><password>x</password>"
                              "<resource>home</resource></query></iq>")  # fmt: skip
            link.receive()  # nobody will ever answer that
            script.close()
            link.close()
            # Not in a quarter of a minute, when the manager's time is over: now.
            answer = other.receive(5)
            self.assertEqual((answer.get("type"), stanza_error(answer)), ("error", "remote-server-timeout"))
            front.wait_log("the clients are with another session manager now")
            other.send("<iq type='set' id='m'><query xmlns='jabber:iq:auth'><username>user1</username>"
                       f"<password>{USERS['user1']}</password><resource>home</resource></query></iq>")  # fmt: skip
            self.assertEqual(other.receive().get("type"), "result")
            one.message("user1@localhost/home", "we are at another one now")
            other.receive_until(lambda e: e.tag.endswith("}message"))
            back = ScriptedManager(script.port)
            second.kill()
            link = back.accept()
            asked = {}
            for _ in range(2):
                route = link.receive()
                self.assertEqual(route.get("type"), "session")
                asked[route.get("to")] = route.get("from")
            self.assertEqual(sorted(asked), ["user0@localhost/home", "user1@localhost/home"])
            link.send(f"<route type='session' from='user0@{DOMAIN}/a0' to='{asked['user0@localhost/home']}'/>")
            # What is for a session of before does not reach the client of now.
            link.send(f"<route from='user0@{DOMAIN}/5e55' to='{asked['user0@localhost/home']}'><message id='stale'/></route>")
            presence = link.receive()
            self.assertEqual((presence.get("to"), list(presence)[0].tag.split("}")[1]), (f"user0@{DOMAIN}/a0", "presence"))
            stale = link.receive()
            self.assertEqual((stale.get("type"), stale.get("to")), ("error", f"user0@{DOMAIN}/5e55"))
            link.send(f"<route from='user0@{DOMAIN}/a0' to='{asked['user0@localhost/home']}'><message id='fresh'/></route>")
            self.assertEqual(one.receive_until(lambda e: e.tag.endswith("}message")).get("id"), "fresh")
            link.close()
            back.close()
        self.assertEqual(front.stop(), [])


if __name__ == "__main__":
    main()
