#!/usr/bin/python3
"""SCRAM bound to the channel, with other people's code on the other side: TLS and its exporter by OpenSSL, the mechanisms by libgsasl."""

import base64
import ctypes
import ctypes.util

from harness import PASSWORDS, WithDeployment, main
from OpenSSL import SSL
from wire import SASL, Stream

# gsasl.h
AUTHID, PASSWORD, TLS_UNIQUE, TLS_EXPORTER = 1, 3, 18, 25
OK, NEEDS_MORE = 0, 1

_gsasl = ctypes.CDLL(ctypes.util.find_library("gsasl"))
for name, arguments in (("init", [ctypes.c_void_p]), ("client_start", [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]),
                        ("property_set", [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]), ("finish", [ctypes.c_void_p]),
                        ("step64", [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]), ("free", [ctypes.c_void_p])):  # fmt: skip
    getattr(_gsasl, "gsasl_" + name).argtypes = arguments
_context = ctypes.c_void_p()
assert _gsasl.gsasl_init(ctypes.byref(_context)) == OK


class Mechanism:
    """The client's side of one login."""

    def __init__(self, name, properties):
        self.session = ctypes.c_void_p()
        assert _gsasl.gsasl_client_start(_context, name.encode(), ctypes.byref(self.session)) == OK, name
        for which, value in properties.items():
            _gsasl.gsasl_property_set(self.session, which, value.encode())

    def step(self, base64_input):
        """Whether it is done or wants more, and what to send, in base64."""
        out = ctypes.c_void_p()
        code = _gsasl.gsasl_step64(self.session, base64_input.encode() if base64_input else None, ctypes.byref(out))
        if code not in (OK, NEEDS_MORE):
            raise AssertionError(f"libgsasl refuses what the server said ({code})")
        text = ctypes.cast(out, ctypes.c_char_p).value.decode()
        _gsasl.gsasl_free(out)
        return code, text

    def finish(self):
        _gsasl.gsasl_finish(self.session)


class OverOpenSsl(Stream):
    def __init__(self, address, version):
        super().__init__(address)
        self.socket.settimeout(None)
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        self.socket = Patient(SSL.Connection(context, self.socket))
        self.socket.set_connect_state()
        self.socket.do_handshake()

    def bindings(self, version):
        if version == SSL.TLS1_2_VERSION:
            return {"tls-unique": (TLS_UNIQUE, self.socket.get_finished())}
        return {"tls-exporter": (TLS_EXPORTER, self.socket.export_keying_material(b"EXPORTER-Channel-Binding", 32))}


class Patient:
    """Blocks; a Stream sets time limits, which pyOpenSSL cannot have."""

    def __init__(self, connection):
        self.connection = connection

    def settimeout(self, _):
        pass

    def recv(self, size):
        try:
            return self.connection.recv(size)
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""

    def __getattr__(self, name):
        return getattr(self.connection, name)


class ChannelBinding(WithDeployment):
    threads = 2
    options = {"client": ("--listen-tls", "127.0.0.1:0")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = cls.system.front.address("client-tls")

    def login(self, version, mechanism, password=PASSWORDS["alice"], spoil=False):
        """What came of it: the name of the last element. The server's own proof is checked by libgsasl."""
        stream = self.enterContext(OverOpenSsl(self.address, version))
        stream.open("1.0")
        features = stream.receive()
        self.assertIn(mechanism, [m.text for m in features.iter(f"{{{SASL}}}mechanism")])
        ((kind, (which, data)),) = stream.bindings(version).items()
        self.assertIn(kind, [t.get("type") for t in features.iter("{urn:xmpp:sasl-cb:0}channel-binding")])
        if spoil:
            data = bytes(len(data))
        client = Mechanism(mechanism, {AUTHID: "alice", PASSWORD: password, which: base64.b64encode(data).decode()})
        self.addCleanup(client.finish)
        _, text = client.step(None)
        self.assertTrue(base64.b64decode(text).startswith(f"p={kind},".encode()), "libgsasl has bound it to something else")
        stream.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>")
        while (answer := stream.receive()).tag.endswith("}challenge"):
            _, text = client.step(answer.text)
            stream.send(f"<response xmlns='{SASL}'>{text}</response>")
        if answer.tag.endswith("}success"):
            self.assertEqual(client.step(answer.text)[0], OK)
        return answer.tag.split("}")[1]

    def test_every_version_and_mechanism(self):
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            for mechanism in ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"):
                self.assertEqual(self.login(version, mechanism), "success", (version, mechanism))
                self.assertEqual(self.login(version, mechanism, password="wrong"), "failure")
                # Somebody in the middle has another channel to the server than the client.
                self.assertEqual(self.login(version, mechanism, spoil=True), "failure")


if __name__ == "__main__":
    main()
