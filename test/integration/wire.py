"""A client that does what it is told, byte by byte: for what no library would do."""

import base64
import contextlib
import hashlib
import re
import socket
import struct
import sys
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from harness import DOMAIN, PASSWORDS, PATIENCE

CLIENT = "jabber:client"
STREAMS = "http://etherx.jabber.org/streams"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
AUTH = "jabber:iq:auth"
REGISTER = "jabber:iq:register"
PING = "urn:xmpp:ping"

_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")


class Closed(Exception):
    """The server closed the connection; `footer`: whether it ended the stream first."""

    def __init__(self, footer):
        super().__init__("closed, " + ("with" if footer else "without") + " </stream:stream>")
        self.footer = footer


class Splitter:
    """Cuts the server's bytes, which are well-formed, into header, elements and footer. Made by hand, because Debian's
    expat holds tags back that come in pieces."""

    def __init__(self):
        self.rest = b""
        self.header = None
        self.ended = False

    def feed(self, data):
        """The whole elements in the bytes so far, as bytes."""
        self.rest += data
        found = []
        while (item := self._next()) is not None:
            found.append(item)
        return found

    def _next(self):
        depth = 0
        start = None
        for tag in _TAG.finditer(self.rest):
            text = tag.group()
            if start is None:
                start = tag.start()
            if text.startswith(b"<?"):
                start = None
                continue
            if self.header is None:
                self.header = text
                self.rest = self.rest[tag.end() :]
                return self._next()
            if text.startswith(b"</"):
                depth -= 1
            elif not text.endswith(b"/>"):
                depth += 1
            if depth < 0:
                self.ended = True
                self.rest = self.rest[tag.end() :]
                return None
            if depth == 0:
                element = self.rest[start : tag.end()]
                self.rest = self.rest[tag.end() :]
                return element
        return None

    def parse(self, element):
        return ET.fromstring(self.header + element + b"</stream:stream>")[0]

    def restart(self):
        self.header = None
        self.ended = False


class Stream:
    """A connection to the server, before anything was sent."""

    def __init__(self, address, receive_buffer=None):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.splitter = Splitter()
        self.elements = []
        self.jid = None

    def connect(self, address):
        self.socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # ---- bytes -------------------------------------------------------------------------------------------------

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def try_send(self, text):
        """Where the server may have closed already. Whether it took the bytes."""
        with contextlib.suppress(OSError):
            self.send(text)
            return True
        return False

    def pull(self, seconds=None):
        """Reads once; raises Closed at the end."""
        self.socket.settimeout(PATIENCE if seconds is None else seconds)
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(self.splitter.ended)
        self.elements += self.splitter.feed(data)

    # ---- the stream --------------------------------------------------------------------------------------------

    def header(self, version=None, to=DOMAIN, declaration=True):
        parts = ["<?xml version='1.0'?>" if declaration else "", f"<stream:stream xmlns='{CLIENT}' xmlns:stream='{STREAMS}'"]
        if to is not None:
            parts.append(f" to={quoteattr(to)}")
        if version:
            parts.append(f" version='{version}'")
        return "".join(parts) + ">"

    def open(self, version=None, to=DOMAIN):
        """Sends the header and waits for the server's; answers with its attributes."""
        self.splitter.restart()
        self.send(self.header(version, to))
        return self.wait_header()

    def wait_header(self):
        while self.splitter.header is None:
            self.pull()
        root = ET.fromstring(self.splitter.header + b"</stream:stream>")
        self.id = root.get("id")
        return dict(root.attrib)

    def receive_bytes(self, seconds=None):
        while not self.elements:
            if self.splitter.ended:
                raise Closed(True)
            self.pull(seconds)
        return self.elements.pop(0)

    def receive(self, seconds=None):
        return self.splitter.parse(self.receive_bytes(seconds))

    def receive_until(self, accept, seconds=None):
        """Drops what comes before."""
        end = time.monotonic() + (seconds or PATIENCE)
        while time.monotonic() < end:
            element = self.receive(max(end - time.monotonic(), 0.001))
            if accept(element):
                return element
        raise AssertionError("what was waited for did not come")

    def receive_id(self, identifier):
        return self.receive_until(lambda e: e.get("id") == identifier)

    def ask(self, text):
        """Sends an iq and waits for the answer with its id."""
        self.send(text)
        return self.receive_id(re.search(r"id='([^']*)'", text).group(1))

    def wait_until_read(self):
        """Returns when the server has read all that was sent: the kernel holds nothing for it any more."""

        def in_table(address):
            host, port = address
            return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"

        pair = f"{in_table(self.socket.getpeername())} {in_table(self.socket.getsockname())} "
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with open("/proc/net/tcp", encoding="ascii") as table:
                unread = [line.split()[4].split(":")[1] for line in table if pair in line]
            if unread and int(unread[0], 16) == 0:
                return
            time.sleep(0.005)
        raise AssertionError("the server does not read")

    def wait_closed(self, seconds=None):
        """Reads to the end; answers with the stream error's condition, or None, and whether there was a footer."""
        condition = None
        end = time.monotonic() + (seconds or PATIENCE)
        try:
            while True:
                for element in self.elements:
                    condition = stream_error(self.splitter.parse(element)) or condition
                self.elements.clear()
                self.pull(max(end - time.monotonic(), 0.001))
        except Closed as closed:
            return condition, closed.footer

    def is_open(self):
        """Whether the server still answers (the stream is logged in)."""
        return self.ping() is not None

    # ---- logging in --------------------------------------------------------------------------------------------

    def login(self, user, resource="r", password=None, how="digest"):
        """Logs in on a new stream; answers with itself."""
        password = PASSWORDS[user] if password is None else password
        if how == "sasl":
            self.open("1.0")
            features = self.receive()
            assert features.tag == f"{{{STREAMS}}}features", features.tag
            answer = self.sasl_plain(user, password)
            if answer.tag != f"{{{SASL}}}success":
                raise AssertionError(ET.tostring(answer))
            self.bind(resource)
        else:
            self.open()
            answer = self.ask(self.auth_iq(user, resource, password, how))
            if answer.get("type") != "result":
                raise AssertionError(ET.tostring(answer))
        self.jid = f"{user}@{DOMAIN}/{resource}"
        return self

    def auth_iq(self, user, resource, password, how="digest", identifier="auth"):
        if how == "digest":
            secret = f"<digest>{hashlib.sha1((self.id + password).encode()).hexdigest()}</digest>"
        else:
            secret = f"<password>{escape(password)}</password>"
        return (
            f"<iq type='set' id='{identifier}'><query xmlns='{AUTH}'><username>{escape(user)}</username>{secret}"
            f"<resource>{escape(resource)}</resource></query></iq>"
        )

    def sasl_plain(self, user, password, authzid=""):
        token = base64.b64encode(f"{authzid}\0{user}\0{password}".encode()).decode()
        self.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{token}</auth>")
        return self.receive()

    def bind(self, resource):
        self.open("1.0")
        self.receive()
        wish = f"<resource>{resource}</resource>" if resource else ""
        answer = self.ask(f"<iq type='set' id='bind'><bind xmlns='{BIND}'>{wish}</bind></iq>")
        assert answer.get("type") == "result", ET.tostring(answer)
        self.jid = answer.find(f"{{{BIND}}}bind/{{{BIND}}}jid").text
        return self.jid

    # ---- being there -------------------------------------------------------------------------------------------

    def available(self):
        """Sends presence and waits until the server has worked on it."""
        self.send("<presence/>")
        self.receive_until(lambda e: e.tag == f"{{{CLIENT}}}presence" and e.get("from") == self.jid)
        self.ping()
        return self

    def ping(self, identifier="ping-server"):
        """What came back; what came before it is dropped."""
        return self.ask(f"<iq type='get' id='{identifier}' to='{DOMAIN}'><ping xmlns='{PING}'/></iq>")

    def message(self, to, body, identifier="m"):
        self.send(f"<message to={quoteattr(to)} id={quoteattr(identifier)} type='chat'><body>{escape(body)}</body></message>")


def stream_error(element):
    """The condition of a stream error; None for anything else."""
    if element.tag != f"{{{STREAMS}}}error":
        return None
    for child in element:
        if child.tag.startswith(f"{{{STREAM_ERRORS}}}") and not child.tag.endswith("}text"):
            return child.tag.split("}")[1]
    return "nothing in it"


def stanza_error(element):
    """The condition of an error stanza; None where it is no error."""
    if element.get("type") != "error":
        return None
    for error in element.iter(f"{{{CLIENT}}}error"):
        for child in error:
            if child.tag.startswith(f"{{{STANZA_ERRORS}}}") and not child.tag.endswith("}text"):
                return child.tag.split("}")[1]
    return "nothing in it"


def body(element):
    return element.findtext(f"{{{CLIENT}}}body")
