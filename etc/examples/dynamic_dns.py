#!/usr/bin/python3
"""A component that keeps NAME.ZONE pointing to where NAME@DOMAIN is logged in from, by dynamic updates (RFC 2136) through nsupdate."""

import argparse
import asyncio
import contextlib
import ipaddress
import os
import re

import slixmpp
from slixmpp.xmlstream.handler import CoroutineCallback
from slixmpp.xmlstream.matcher import MatchXPath

NS = "http://amessage.info/protocol/connectionstate"
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # of RFC 1035: nothing that could mean something to nsupdate


def usable(text):  # None: no address for the DNS, as of a client behind a Unix-domain socket
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(text)
        return None if getattr(address, "scope_id", None) else str(getattr(address, "ipv4_mapped", None) or address)


class DynamicDns(slixmpp.ComponentXMPP):
    def __init__(self, options, secret):
        super().__init__(options.jid, secret, *options.listener.rsplit(":", 1))
        self.options = options
        self.online = {}  # the server's id of a connection → (name, address): one name may be online from several places
        self.turn = asyncio.Lock()
        self.register_handler(CoroutineCallback("notice", MatchXPath(f"{{{self.default_ns}}}message/{{{NS}}}update"), self.on_notice))
        self.add_event_handler("disconnected", lambda _: self.loop.call_later(5, self.connect))

    async def on_notice(self, message):
        update = message.xml.find(f"{{{NS}}}update")
        who, sender = slixmpp.JID(update.findtext(f"{{{NS}}}jid", "")), message["from"]
        # What a user sends has a node at the users' domain.
        from_server = sender.domain == self.options.sender and not (sender.node and sender.domain == self.options.domain)
        if message["type"] == "error" or not from_server or who.domain != self.options.domain or not LABEL.fullmatch(who.node):
            return
        if update.find(f"{{{NS}}}login") is None:
            known = self.online.pop(sender.full, None)
        elif known := usable(update.findtext(f"{{{NS}}}ip", "")):
            self.online[sender.full] = who.node, known
        if known:
            async with self.turn:
                await self.tell(self.script(who.node))

    def script(self, name):
        host, server = f"{name}.{self.options.zone}.", self.options.server and f"server {self.options.server}\n"
        lines = [f"{server}zone {self.options.zone}.", f"update delete {host} A", f"update delete {host} AAAA"]
        add = [f"update add {host} 60 {'AAAA' if ':' in a else 'A'} {a}" for a in sorted({a for n, a in self.online.values() if n == name})]
        return "\n".join([*lines, *add, "send", ""])

    async def tell(self, script):
        if not self.options.run:
            return print(script, flush=True)
        nsupdate = await asyncio.create_subprocess_exec(*self.options.run.split(), stdin=asyncio.subprocess.PIPE)
        await nsupdate.communicate(script.encode())  # it says itself what is wrong


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, epilog="The secret: in COMPONENT_SECRET, or in the file that COMPONENT_SECRET_FILE names.")
    p.add_argument("jid", help="this component's domain")
    p.add_argument("zone", help="the zone that is updated")
    p.add_argument("--listener", default="127.0.0.1:5347", help="for components [%(default)s]")
    p.add_argument("--domain", default="localhost", help="whose users get names [%(default)s]")
    p.add_argument("--sender", help="who sends notices: the server's first domain, or its --sm-id [DOMAIN]")
    p.add_argument("--server", metavar="'ADDRESS [PORT]'", default="", help="who takes updates [the zone's primary]")
    p.add_argument("--run", metavar="COMMAND", help="nsupdate and its arguments; without it only prints what would be told")
    options = p.parse_args()
    options.sender, options.zone = options.sender or options.domain, options.zone.lower()
    if not all(map(LABEL.fullmatch, options.zone.split("."))):
        p.error("the zone is no name of the DNS")
    file = os.environ.get("COMPONENT_SECRET_FILE")
    secret = open(file, encoding="utf-8").readline().rstrip("\n") if file else os.environ.get("COMPONENT_SECRET")
    component = DynamicDns(options, secret or p.error("there is no secret"))
    component.connect()
    component.process()
