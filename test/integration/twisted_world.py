"""Twisted's reactor on a thread of its own, and clients on it that a test can wait for."""

import queue
import threading

from harness import DOMAIN, PASSWORDS, PATIENCE
from twisted.internet import reactor, threads
from twisted.internet.ssl import CertificateOptions
from twisted.words.protocols.jabber import client, sasl, xmlstream
from twisted.words.protocols.jabber.jid import JID
from twisted.words.xish import domish


def start():
    threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True).start()


def on_reactor(function, *arguments):
    """Runs it on the reactor's thread and waits; a Deferred is waited for, too."""
    return threads.blockingCallFromThread(reactor, function, *arguments)


class TlsAuthenticator(client.XMPPAuthenticator):
    """XMPP 1.0 as Twisted does it: STARTTLS, then PLAIN. It would not believe the server's self-signed certificate."""

    def associateWithStream(self, xs):
        super().associateWithStream(xs)
        xs.initializers = [
            client.CheckVersionInitializer(xs),
            xmlstream.TLSInitiatingInitializer(xs, required=True, configurationForTLS=CertificateOptions(verify=False)),
            sasl.SASLInitiatingInitializer(xs, required=True),
            client.BindInitializer(xs, required=True),
            client.SessionInitializer(xs, required=False),
        ]


class Client:
    def __init__(self, user, resource, authenticator=client.BasicAuthenticator, password=None):
        secret = PASSWORDS[user] if password is None else password
        self.jid = JID(f"{user}@{DOMAIN}/{resource}")
        self.stanzas = queue.Queue()
        self.outcome = queue.Queue()
        self.xs = None
        self.factory = xmlstream.XmlStreamFactory(authenticator(self.jid, secret))
        self.factory.maxRetries = 0
        self.factory.continueTrying = 0
        self.factory.addBootstrap(xmlstream.STREAM_CONNECTED_EVENT, self._connected)
        self.factory.addBootstrap(xmlstream.STREAM_AUTHD_EVENT, self._logged_in)
        self.factory.addBootstrap(xmlstream.INIT_FAILED_EVENT, self._refused)
        self.factory.addBootstrap(xmlstream.STREAM_END_EVENT, lambda _: self.outcome.put("ended"))

    def _connected(self, xs):
        self.xs = xs

    def _logged_in(self, xs):
        for name in ("message", "presence", "iq"):
            xs.addObserver("/" + name, self.stanzas.put)
        self.outcome.put("logged in")

    def _refused(self, failure):
        self.outcome.put(failure.value)

    def log_in(self, address):
        """The full JID, or the error that the library made of the refusal, which is raised."""
        self.connector = on_reactor(lambda: reactor.connectTCP(*address, self.factory))
        outcome = self.outcome.get(timeout=PATIENCE)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome != "logged in":
            raise ConnectionError(outcome)
        return self.xs.authenticator.jid.full()

    def send(self, element):
        on_reactor(self.xs.send, element)

    def send_message(self, to, text, identifier="m"):
        message = domish.Element(("jabber:client", "message"))
        message["to"], message["id"], message["type"] = to, identifier, "chat"
        message.addElement("body", content=text)
        self.send(message)

    def next(self, accept=lambda stanza: True):
        """The next stanza that is accepted; others are dropped."""
        while True:
            stanza = self.stanzas.get(timeout=PATIENCE)
            if accept(stanza):
                return stanza

    def next_message(self):
        return self.next(lambda stanza: stanza.name == "message")

    def ask(self, kind, to, uri, name="query"):
        """An iq without a payload of its own; the answer, or a StanzaError that is raised."""

        def go():
            iq = xmlstream.IQ(self.xs, kind)
            iq.timeout = PATIENCE
            iq.addElement((uri, name))
            return iq.send(to)

        return on_reactor(go)

    def leave(self):
        if self.xs is not None:
            on_reactor(self.xs.sendFooter)
        on_reactor(self.connector.disconnect)
