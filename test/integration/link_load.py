"""Clients that send each other numbered messages all the time, and a ledger of what became of them: each has to arrive once, in its order, or
to come back as an error, and nobody may be disconnected.

Raw sockets, one thread: what a client library would hide is what is looked at here."""

import asyncio
import contextlib
import datetime
import re

from harness import PATIENCE, Server

MESSAGE = re.compile(r"<message\b[^>]*>.*?</message>", re.S)
CONDITION = re.compile(r"<([a-z-]+) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'")
EVERYDAY = re.compile(r" info (client logged in|logins so far|session manager manager=)")  # what tells nothing of a message
ATTRIBUTE = re.compile(r"\b(id|to|type)='([^']*)'")
OPEN = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>"


class Remembered(Server):
    """What it said outlives it: of a manager that was killed, that is what tells why a message is lost."""

    last_words = ""

    def forget(self):
        with contextlib.suppress(OSError):
            self.last_words = self.log()
        super().forget()

    def story(self):
        """What it is and said, without what tells nothing of a message."""
        said = self.log() if self in Server.alive else self.last_words
        return [" ".join(self.arguments), *(line for line in said.splitlines() if not EVERYDAY.search(line))]


class LoadClient:
    def __init__(self, name, password, domain):
        self.name, self.password, self.domain = name, password, domain
        self.sent = 0
        self.delivered = []  # (sender, number), as they came
        self.strays = []  # what is for somebody else
        self.refused = []  # numbers of ours that came back
        self.conditions = set()  # with what
        self.history = []  # (when, what, whose, number): all of that
        self.ended = None
        self.unread = ""

    def note(self, what, sender, number):
        self.history.append((datetime.datetime.now(datetime.timezone.utc), what, sender, number))

    @property
    def jid(self):
        return f"{self.name}@{self.domain}/load"

    async def log_in(self, address):
        self.reader, self.writer = await asyncio.open_connection(*address)
        self.writer.write(OPEN.format(domain=self.domain).encode())
        query = f"<username>{self.name}</username><password>{self.password}</password><resource>load</resource>"
        self.writer.write(f"<iq type='set' id='login'><query xmlns='jabber:iq:auth'>{query}</query></iq>".encode())
        text = ""
        while "id='login'" not in text or ">" not in text.split("id='login'", 1)[1]:
            data = await asyncio.wait_for(self.reader.read(65536), 20)
            if not data:
                raise AssertionError(f"{self.name} is refused: {text}")
            text += data.decode()
        if "type='result'" not in text:
            raise AssertionError(f"{self.name} is refused: {text}")
        self.writer.write(b"<presence/>")
        self.task = asyncio.create_task(self.listen())

    async def listen(self):
        try:
            while data := await self.reader.read(65536):
                self.unread += data.decode()
                self.take()
            self.ended = self.unread or "closed"
        except (ConnectionError, UnicodeDecodeError) as what:
            self.ended = repr(what)

    def take(self):
        end = 0
        for found in MESSAGE.finditer(self.unread):
            end = found.end()
            attributes = dict(ATTRIBUTE.findall(found[0][: found[0].index(">")]))
            sender, number = attributes["id"].rsplit("-", 1)
            if attributes.get("type") == "error":
                self.refused.append(int(number))
                conditions = CONDITION.findall(found[0])
                self.conditions.update(conditions)
                self.note(f"came back ({' '.join(conditions)})", sender, int(number))
            else:
                self.delivered.append((sender, int(number)))
                self.note(f"arrived at {self.name}", sender, int(number))
                if attributes.get("to") != self.jid:
                    self.strays.append(attributes)
        self.unread = self.unread[end:]
        if "</stream:stream>" in self.unread:
            self.ended = self.unread

    def send(self, to):
        self.sent += 1
        self.note(f"sent to {to.name}", self.name, self.sent)
        self.writer.write(f"<message to='{to.jid}' type='chat' id='{self.name}-{self.sent}'><body>{self.sent}</body></message>".encode())


class Load:
    """Everybody sends to his neighbour."""

    def __init__(self, passwords, domain):
        self.clients = [LoadClient(name, password, domain) for name, password in passwords.items()]

    async def log_in(self, address):
        await asyncio.gather(*(c.log_in(address) for c in self.clients))

    async def speak(self, stop, pause=0.004):
        """Until the event is set."""
        while not stop.is_set():
            for n, client in enumerate(self.clients):
                if client.ended is None:
                    client.send(self.clients[(n + 1) % len(self.clients)])
            await asyncio.sleep(pause)

    def open_messages(self):
        return sum(c.sent - len(c.refused) for c in self.clients) - sum(len(c.delivered) for c in self.clients)

    async def settle(self):
        """Until each message has arrived or come back, and then a moment for what would come twice. What is not there after
        half a minute is lost; a slow program has as much more as its answers do."""
        for _ in range(int(10 * 1.5 * max(20, PATIENCE))):
            if self.open_messages() <= 0:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)

    def faults(self):
        """What is wrong with the ledger, in words."""
        wrong = [f"{c.name} was disconnected: {c.ended[-300:]}" for c in self.clients if c.ended is not None]
        wrong += [f"{c.name} was given what is for others: {c.strays[:3]}" for c in self.clients if c.strays]
        by_sender = {c.name: [] for c in self.clients}
        for c in self.clients:
            for sender, number in c.delivered:
                by_sender[sender].append(number)
        for c in self.clients:
            arrived, refused = by_sender[c.name], c.refused
            if len(set(arrived)) != len(arrived):
                wrong.append(f"of {c.name} arrived twice: {sorted({n for n in arrived if arrived.count(n) > 1})[:10]}")
            if len(set(refused)) != len(refused):
                wrong.append(f"of {c.name} came back twice: {sorted({n for n in refused if refused.count(n) > 1})[:10]}")
            if arrived != sorted(arrived):
                wrong.append(f"of {c.name} arrived out of order")
            if both := set(arrived) & set(refused):
                wrong.append(f"of {c.name} arrived and came back: {sorted(both)[:10]}")
            if lost := set(range(1, c.sent + 1)) - set(arrived) - set(refused):
                wrong.append(f"of {c.name} are lost: {sorted(lost)[:10]} of {c.sent}")
        return wrong

    def story(self):
        """Of each message that is lost, and of those before and behind it, what became of it when: times as in the servers' logs."""
        all_of_it = sorted(x for c in self.clients for x in c.history)
        known = {(sender, number) for _, what, sender, number in all_of_it if not what.startswith("sent")}
        lost = {(c.name, n) for c in self.clients for n in range(1, c.sent + 1)} - known
        meant = {(name, n + d) for name, n in lost for d in (-1, 0, 1)}
        return [f"{when:%Y-%m-%dT%H:%M:%S.%f} {sender}-{number} {what}" for when, what, sender, number in all_of_it if (sender, number) in meant]

    def check(self, test, servers):
        """Fails the test where something is wrong with the ledger, and shows then what is known of that."""
        print(self.summary(), flush=True)
        if faults := self.faults():
            for story in (self.story(), *(server.story() for server in servers)):
                print("\n".join(["", *story]), flush=True)
        test.assertEqual(faults, [])

    def summary(self):
        refused = sum(len(c.refused) for c in self.clients)
        why = " ".join(sorted(set().union(*(c.conditions for c in self.clients))))
        return f"{sum(c.sent for c in self.clients)} sent, {sum(len(c.delivered) for c in self.clients)} arrived, {refused} came back {why}"

    async def hang_up(self):
        for c in self.clients:
            c.task.cancel()
            c.writer.close()
