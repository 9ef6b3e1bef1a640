"""A session manager's end of the link, told what to say: for replaying what was recorded, and for what no manager would do."""

import hashlib
import socket
import time
import xml.etree.ElementTree as ET

from harness import DOMAIN, LINK_SECRET, PATIENCE
from wire import Closed, Splitter

ACCEPT = "jabber:component:accept"
STREAMS = "http://etherx.jabber.org/streams"


class Link:
    """One accepted connection, after its handshake."""

    def __init__(self, sock):
        self.socket = sock
        self.splitter = Splitter()
        self.elements = []

    def handshake(self, stream_id, secret=LINK_SECRET):
        while self.splitter.header is None:
            self.pull()
        self.send(
            f"<?xml version='1.0'?><stream:stream xmlns:stream='{STREAMS}' id='{stream_id}' from='x' xmlns='{ACCEPT}'>"
        )
        expected = hashlib.sha1((stream_id + secret).encode()).hexdigest()
        given = self.receive()
        if given.tag != f"{{{ACCEPT}}}handshake" or given.text != expected:
            raise AssertionError("the handshake is wrong")
        self.send("<handshake/>")
        return self

    def send(self, text):
        self.socket.sendall(text.encode())

    def pull(self, seconds=None):
        self.socket.settimeout(PATIENCE if seconds is None else seconds)
        data = self.socket.recv(65536)
        if not data:
            raise Closed(self.splitter.ended)
        self.elements += self.splitter.feed(data)

    def receive_bytes(self, seconds=None):
        end = time.monotonic() + (PATIENCE if seconds is None else seconds)
        while not self.elements:
            self.pull(max(end - time.monotonic(), 0.001))
        return self.elements.pop(0)

    def receive(self, seconds=None):
        return self.splitter.parse(self.receive_bytes(seconds))

    def close(self):
        self.socket.close()


def linked_c2s(address, name, secret=LINK_SECRET):
    """As a c2s of that name at a session manager: its handshake was right."""
    link = Link(socket.create_connection(address))
    link.send(f"<stream:stream xmlns='{ACCEPT}' xmlns:stream='{STREAMS}' to='{name}'>")
    while link.splitter.header is None:
        link.pull()
    stream_id = ET.fromstring(link.splitter.header + b"</stream:stream>").get("id")
    link.send(f"<handshake>{hashlib.sha1((stream_id + secret).encode()).hexdigest()}</handshake>")
    if link.receive_bytes() != b"<handshake/>":
        raise AssertionError("the handshake is refused")
    return link


class ScriptedManager:
    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.domain = DOMAIN

    def accept(self, stream_id="0689037afc873b25"):
        self.listener.settimeout(PATIENCE)
        sock, _ = self.listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Link(sock).handshake(stream_id)

    def close(self):
        self.listener.close()
