"""Gajim's library as a client that a test can wait for. Its loop (GLib's) runs while somebody waits."""

import gi

gi.require_version("GLib", "2.0")
from gi.repository import GLib  # noqa: E402
from harness import DOMAIN, PASSWORDS, wait_until  # noqa: E402
from nbxmpp.client import Client  # noqa: E402
from nbxmpp.const import ConnectionProtocol, ConnectionType  # noqa: E402
from nbxmpp.protocol import Message, Presence  # noqa: E402
from nbxmpp.structs import StanzaHandler  # noqa: E402

DIRECT, STARTTLS = ConnectionType.DIRECT_TLS, ConnectionType.START_TLS


def wait_on_loop(condition, what):
    def turn():
        while GLib.MainContext.default().iteration(False):
            pass
        return condition()

    return wait_until(turn, what)


class Gajim:
    def __init__(self, user, resource, port, kind, password=None):
        self.messages = []
        self.happened = []
        self.sent = []
        self.mechanisms = []
        client = self.client = Client(log_context=resource)
        client.set_domain(DOMAIN)
        client.set_username(user)
        client.set_resource(resource)
        client.set_password(PASSWORDS[user] if password is None else password)
        client.set_ignore_tls_errors(True)  # the server has signed its certificate itself
        client.set_custom_host(f"127.0.0.1:{port}", ConnectionProtocol.TCP, kind)
        client.register_handler(StanzaHandler(name="message", callback=lambda _client, stanza, _properties: self.messages.append(stanza)))
        for event in ("connected", "disconnected", "connection-failed"):
            client.subscribe(event, lambda *_, name=event: self.happened.append(name))
        client.subscribe("stanza-sent", self._on_sent)

    def _on_sent(self, _client, _event, nonza):
        if isinstance(nonza, str):
            return  # a header or a footer
        self.sent.append(nonza)
        if nonza.getName() == "auth":
            self.mechanisms.append(nonza.getAttr("mechanism"))

    def log_in(self):
        """Its full JID, or what happened instead."""
        self.client.connect()
        wait_on_loop(lambda: self.happened, "nbxmpp logs in or gives up")
        if self.happened != ["connected"]:
            return self.client.get_error()[1]
        self.client.send_stanza(Presence())
        return str(self.client.get_bound_jid())

    def send(self, to, text):
        message = Message(to=to, body=text, typ="chat")
        self.client.send_stanza(message)
        wait_on_loop(lambda: message in self.sent, "nbxmpp has written a message")

    def next_message(self):
        wait_on_loop(lambda: self.messages, "nbxmpp gets a message")
        return self.messages.pop(0)

    def leave(self):
        if "disconnected" not in self.happened:
            self.client.disconnect()
            wait_on_loop(lambda: "disconnected" in self.happened, "nbxmpp has left")
