#!/usr/bin/python3
"""A component that tells users which address they are logged in from: by a chat message "ip", or by XEP-0279."""

import argparse
import os
from xml.etree import ElementTree

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

NS = "http://amessage.info/protocol/connectionstate"
IP_CHECK = "urn:xmpp:sic:1"


class WhatIsMyAddress(slixmpp.ComponentXMPP):
    def __init__(self, options, secret):
        super().__init__(options.jid, secret, *options.listener.rsplit(":", 1))
        self.options = options
        self.online = {}  # the server's id of a connection → (full JID, address)
        for name, path, handler in (("notice", f"message/{{{NS}}}update", self.on_notice),
                                    ("address", f"iq/{{{IP_CHECK}}}address", self.on_iq)):  # fmt: skip
            self.register_handler(Callback(name, MatchXPath(f"{{{self.default_ns}}}{path}"), handler))
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("disconnected", lambda _: self.loop.call_later(5, self.connect))

    def on_notice(self, message):
        sender = message["from"]
        # What a user sends has a node at the users' domain.
        from_server = sender.domain == self.options.sender and not (sender.node and sender.domain == self.options.domain)
        if message["type"] == "error" or not from_server:
            return
        update = message.xml.find(f"{{{NS}}}update")
        if update.find(f"{{{NS}}}login") is not None:
            jid, address = (update.findtext(f"{{{NS}}}{name}", "") for name in ("jid", "ip"))
            self.online[sender.full] = slixmpp.JID(jid).full, address
        else:
            self.online.pop(sender.full, None)

    def address_of(self, jid):
        """As of the last login of this resource that is still there; "" where it is not known."""
        return next((address for full, address in reversed(self.online.values()) if full == jid.full), "")

    def on_message(self, message):
        if message["type"] in ("chat", "normal") and message["body"].strip().lower() == "ip":
            message.reply(self.address_of(message["from"]) or "I do not know: you were logged in before I was here.").send()

    def on_iq(self, iq):
        if iq["type"] != "get":
            return
        address = self.address_of(iq["from"])
        reply = iq.reply()
        if address:
            payload = ElementTree.Element(f"{{{IP_CHECK}}}address")
            ElementTree.SubElement(payload, f"{{{IP_CHECK}}}ip").text = address
            reply.set_payload(payload)
        else:
            reply.error()["error"]["condition"] = "item-not-found"
        reply.send()


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, epilog="The secret: in COMPONENT_SECRET, or in the file that COMPONENT_SECRET_FILE names.")
    p.add_argument("jid", help="this component's domain")
    p.add_argument("--listener", default="127.0.0.1:5347", help="for components [%(default)s]")
    p.add_argument("--domain", default="localhost", help="of the users [%(default)s]")
    p.add_argument("--sender", help="who sends notices: the server's first domain, or its --sm-id [DOMAIN]")
    options = p.parse_args()
    options.sender = options.sender or options.domain
    file = os.environ.get("COMPONENT_SECRET_FILE")
    secret = open(file, encoding="utf-8").readline().rstrip("\n") if file else os.environ.get("COMPONENT_SECRET")
    component = WhatIsMyAddress(options, secret or p.error("there is no secret"))
    component.connect()
    component.process()
