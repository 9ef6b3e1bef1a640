"""Several session managers that know nothing of each other, and Couplets in front of them: what the tests of --sm-policy share."""

import asyncio
import re
import signal
import tempfile
import unittest

from harness import DOMAIN, LINK_SECRET, LOOPBACK, SM_ID, sanitized, secret_file, wait_until
from link_load import Remembered

EVERYBODY = {f"user{n}": f"pw-{n}-4e1f" for n in range(36)}
USERS = {u: p for u, p in EVERYBODY.items() if int(u[4:]) < 12}
OTHER_ID = "other.localhost"
PAUSE = 0.004 if not sanitized() else 0.03


class SeveralManagers(unittest.TestCase):
    def setUp(self):
        self.servers = []
        folder = tempfile.TemporaryDirectory(prefix="couplet-several-")
        self.addCleanup(folder.cleanup)
        self.link = secret_file(folder.name, "link", LINK_SECRET)
        self.users = secret_file(folder.name, "users", "".join(f"{u}@{DOMAIN}:{p}\n" for u, p in EVERYBODY.items()))

    def manager(self, port=0, threads=2, name=SM_ID, more=()):
        server = Remembered("--domain", DOMAIN, "--threads", threads, "--no-clients", "--c2s", f"{name}:@{self.link}", *more, "--listen-components",
                        f"127.0.0.1:{port}", "--users", self.users, "--max-offline-messages", 0, "--log-level", "debug")  # fmt: skip
        self.addCleanup(server.forget)
        self.servers.append(server)
        return server

    def front_arguments(self, ports, *more, threads=2, name=SM_ID):
        managers = [x for port in ports for x in ("--sm", f"127.0.0.1:{port}")]
        told = ("--sm-id", name, "--sm-secret", f"@{self.link}", "--log-level", "debug")
        return [*LOOPBACK, "--domain", DOMAIN, "--threads", threads, *managers, *told, *more]

    def front(self, ports, *more, threads=2, wait=True, name=SM_ID):
        server = Remembered(*self.front_arguments(ports, *more, threads=threads, name=name), wait=wait)
        self.addCleanup(server.forget)
        self.servers.append(server)
        return server

    def check(self, load):
        load.check(self, self.servers)


def port_of(manager):
    return manager.address("component")[1]


async def linked_again(front, seen):
    """Waits until it is linked to a manager more often than `seen` times."""
    for _ in range(1500):
        if front.log().count("linked to the session manager") > seen:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no other manager has taken over:\n" + front.log()[-3000:])


def links(front):
    return front.log().count("linked to the session manager")


def moves(front):
    return [line for line in front.log().splitlines() if "the clients are with another session manager now" in line]


def table(front, count=3):
    """What SIGUSR1 says: {port: (state, sessions)}."""
    line = re.compile(r'session manager manager="127.0.0.1:(\d+)" state="([a-z ]+)" sessions="(\d+)"')
    seen = len(line.findall(front.log()))
    front.signal(signal.SIGUSR1)
    found = []

    def complete():
        nonlocal found
        found = line.findall(front.log())
        return len(found) >= seen + count

    wait_until(complete, "there is a table")
    return {int(port): (state, int(sessions)) for port, state, sessions in found[-count:]}


def let_in(link, name):
    """Answers the login of jabber:iq:auth and the start of the session. Answers the client's address."""
    asked = link.receive()
    client = asked.get("from")
    inner = list(asked)[0]
    if asked.get("type") == "auth":
        link.send(f"<route type='auth' from='{asked.get('to')}' to='{client}'><iq type='result' id='{inner.get('id')}'/></route>")
        asked = link.receive()
    if asked.get("type") != "session" or not asked.get("to").startswith(f"{name}@"):
        raise AssertionError(f"not a session for {name}: {asked.attrib}")
    link.send(f"<route type='session' from='{name}@{DOMAIN}/5e55' to='{client}'/>")
    return client


class Way:
    """A relay to a port here, that can be closed and opened."""

    def __init__(self, target):
        self.target = target
        self.writers = set()
        self.server = None

    async def open(self, port=0):
        self.server = await asyncio.start_server(self.relay, "127.0.0.1", port)
        return self.server.sockets[0].getsockname()[1]

    def close(self):
        self.server.close()
        for w in list(self.writers):
            w.transport.abort()

    async def relay(self, reader, writer):
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.writers |= {writer, back_writer}
        await asyncio.gather(self.pump(reader, back_writer), self.pump(back_reader, writer))
        self.writers -= {writer, back_writer}

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except (ConnectionError, OSError):
            pass
        writer.close()
