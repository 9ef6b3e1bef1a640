#!/usr/bin/python3
"""SCRAM bound to the channel, with other people's code on the other side: TLS and its exporter by OpenSSL, the mechanisms by libgsasl; and by
hashlib where that does not know them."""

import base64
import ctypes
import ctypes.util
import os
import shutil
import tempfile

from harness import DOMAIN, PASSWORDS, Deployment, WithDeployment, main
from OpenSSL import SSL
from scram_client import BINDINGS, SASL2, Scram, downgrade_hash, log_in
from tls_client import openssl
from wire import SASL, Stream

VERSIONS = (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)

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
        """RFC 5929, RFC 9266: what each type is, on this connection."""
        certificate = self.socket.get_peer_certificate()
        signed_by = certificate.get_signature_algorithm().decode().lower()
        digest = next((name for name in ("sha384", "sha512") if name in signed_by), "sha256")
        end_point = bytes.fromhex(certificate.digest(digest).decode().replace(":", ""))
        # A context of no length, which TLS 1.2 tells from none.
        exporter = self.socket.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        unique = {"tls-unique": self.socket.get_finished()} if version == SSL.TLS1_2_VERSION else {}
        return {"tls-exporter": exporter, **unique, "tls-server-end-point": end_point}


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

    def login(self, version, mechanism, kind, password=PASSWORDS["alice"], spoil=False):
        """What came of it: the name of the last element. The server's own proof is checked by libgsasl."""
        stream = self.enterContext(OverOpenSsl(self.address, version))
        stream.open("1.0")
        features = stream.receive()
        self.assertIn(mechanism, [m.text for m in features.iter(f"{{{SASL}}}mechanism")])
        data = stream.bindings(version)[kind]
        self.assertIn(kind, [t.get("type") for t in features.iter(f"{{{BINDINGS}}}channel-binding")])
        if spoil:
            data = bytes(len(data))
        which = {"tls-unique": TLS_UNIQUE, "tls-exporter": TLS_EXPORTER}[kind]
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
        for version, kind in zip(VERSIONS, ("tls-unique", "tls-exporter"), strict=True):
            for mechanism in ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"):
                self.assertEqual(self.login(version, mechanism, kind), "success", (version, mechanism))
                self.assertEqual(self.login(version, mechanism, kind, password="wrong"), "failure")
                # Somebody in the middle has another channel to the server than the client.
                self.assertEqual(self.login(version, mechanism, kind, spoil=True), "failure")


HASHES = ("1", "256", "512")


class Downgrades:
    """Who cuts something out of the features is seen (XEP-0474)."""

    def begin(self, version, address=None):
        stream = self.enterContext(OverOpenSsl(address or self.system.front.address("client-tls"), version))
        stream.open("1.0")
        return stream, stream.receive()

    def downgrade(self, stream, features, number, dialect, group, forget=False):
        """What a client sees that looks for who cuts something out of the features (XEP-0474); `forget`: and has the hash cut out, too."""
        scram = Scram(f"SCRAM-SHA-{number}", "alice", PASSWORDS["alice"])
        if forget:
            scram.final = lambda challenge, final=scram.final: final(challenge.rpartition(",h=")[0])
        how = log_in(stream, scram, f"SCRAM-SHA-{number}", dialect)
        if not forget:
            self.assertEqual(scram.said["h"], downgrade_hash(scram.hash, features, group))
        return how

    def test_downgrades_are_seen(self):
        for number in HASHES:
            ways = [(SASL, f"{{{SASL}}}mechanisms"), (SASL2, f"{{{SASL2}}}authentication")]
            for version in VERSIONS:
                for dialect, group in ways:
                    stream, features = self.begin(version)
                    self.assertEqual(self.downgrade(stream, features, number, dialect, group), "success")
                stream, features = self.begin(version)
                self.assertEqual(self.downgrade(stream, features, number, *ways[0], forget=True), "not-authorized")
            # In the clear there are no types, and so nothing of them in the hash.
            stream = self.enterContext(Stream(self.system.address))
            stream.open("1.0")
            features = stream.receive()
            self.assertIsNone(features.find(f"{{{BINDINGS}}}sasl-channel-binding"))
            self.assertEqual(self.downgrade(stream, features, number, *ways[0]), "success")


class ByHashlib(Downgrades, WithDeployment):
    """All types, all mechanisms, all flags."""

    threads = 2
    options = {"client": ("--listen-tls", "127.0.0.1:0")}

    def login(self, version, mechanism, flag, spoil=False, password=PASSWORDS["alice"], dialect=SASL, address=None):
        stream, _ = self.begin(version, address)
        data = stream.bindings(version)[flag[2:]] if flag.startswith("p=") else b""
        if spoil:
            data = bytes(len(data))
        return log_in(stream, Scram(mechanism, "alice", password, flag, data), mechanism, dialect)

    def test_types_that_are_told_of(self):
        for version in VERSIONS:
            stream, features = self.begin(version)
            told = [t.get("type") for t in features.find(f"{{{BINDINGS}}}sasl-channel-binding")]
            self.assertEqual(told, list(stream.bindings(version)))

    def test_every_type_and_mechanism(self):
        kinds = ("tls-exporter", "tls-unique", "tls-server-end-point"), ("tls-exporter", "tls-server-end-point")
        for version, possible in zip(VERSIONS, kinds, strict=True):
            for number in HASHES:
                for kind in possible:
                    with self.subTest(version=version, mechanism=number, kind=kind):
                        mechanism, flag = f"SCRAM-SHA-{number}-PLUS", "p=" + kind
                        self.assertEqual(self.login(version, mechanism, flag), "success")
                        self.assertEqual(self.login(version, mechanism, flag, dialect=SASL2), "success")
                        self.assertEqual(self.login(version, mechanism, flag, password="wrong"), "not-authorized")
                        self.assertEqual(self.login(version, mechanism, flag, spoil=True), "not-authorized")

    def test_every_flag(self):
        for version in VERSIONS:
            for number in HASHES:
                with self.subTest(version=version, mechanism=number):
                    mechanism = f"SCRAM-SHA-{number}"
                    self.assertEqual(self.login(version, mechanism, "n"), "success")
                    self.assertEqual(self.login(version, mechanism, "n", password="wrong"), "not-authorized")
                    # Who would have bound, had it been offered: it was, so somebody has cut that out (RFC 5802 section 6).
                    self.assertEqual(self.login(version, mechanism, "y"), "not-authorized")
                    self.assertEqual(self.login(version, mechanism, "p=tls-server-end-point"), "malformed-request")
                    for flag in ("n", "y"):
                        self.assertEqual(self.login(version, mechanism + "-PLUS", flag), "malformed-request")

    def test_a_type_of_another_version(self):
        for kind in ("tls-unique", "tls-unique-for-telnet"):
            stream, _ = self.begin(SSL.TLS1_3_VERSION)
            scram = Scram("SCRAM-SHA-512-PLUS", "alice", PASSWORDS["alice"], "p=" + kind, bytes(12))
            self.assertEqual(log_in(stream, scram, "SCRAM-SHA-512-PLUS"), "not-authorized")

    def test_end_point_of_certificates_with_longer_signatures(self):
        """RFC 5929 section 4.1: the hash is that of the certificate's signature."""
        folder = tempfile.mkdtemp(prefix="couplet-binding-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        for digest in ("sha384", "sha512"):
            chain, key = os.path.join(folder, digest + ".pem"), os.path.join(folder, digest + ".key")
            said = openssl("req", "-x509", "-" + digest, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30, "-subj",
                           f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}", "-keyout", key, "-out", chain)  # fmt: skip
            self.assertTrue(os.path.exists(chain), said)
            system = Deployment(client=("--listen-tls", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", key))
            self.addCleanup(lambda system=system: self.assertEqual(system.stop(), []))
            for version in VERSIONS:
                address = system.front.address("client-tls")
                how = self.login(version, "SCRAM-SHA-512-PLUS", "p=tls-server-end-point", address=address)
                self.assertEqual(how, "success", (digest, version))


class WithoutBinding(Downgrades, WithDeployment):
    """Where nothing that binds is offered, clients hear of no types either, and the hash that protects the offer has none."""

    threads = 2
    options = {"client": ("--listen-tls", "127.0.0.1:0", *(w for n in HASHES for w in ("--sasl-mechanism", f"SCRAM-SHA-{n}")))}


if __name__ == "__main__":
    main()
