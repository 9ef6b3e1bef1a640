"""The client's side of SCRAM, by hashlib and hmac alone: RFC 5802, RFC 7677 and their sisters, with what XEP-0474 adds."""

import base64
import hashlib
import hmac
import secrets
import time

from wire import SASL

SASL2 = "urn:xmpp:sasl:2"
BINDINGS = "urn:xmpp:sasl-cb:0"


def encoded(data):
    return base64.b64encode(data).decode()


def exclusive_or(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


class Scram:
    """One login. `flag`: of the GS2 header ("n", "y", "p=tls-unique"); `data`: what that binding is; `authzid` as it is."""

    def __init__(self, mechanism, user, password, flag="n", data=b"", authzid=""):
        self.hash = "sha" + mechanism.removeprefix("SCRAM-SHA-").removesuffix("-PLUS")
        self.password = password.encode()
        self.header = f"{flag},{'a=' + authzid if authzid else ''},"
        self.data = data
        self.bare = f"n={user},r={encoded(secrets.token_bytes(18))}"

    def hmac(self, key, text):
        return hmac.digest(key, text, self.hash)

    def first(self):
        return self.header + self.bare

    def final(self, challenge):
        """The answer to a challenge, which is looked at: attributes that it has are in `said`."""
        self.said = dict(part.split("=", 1) for part in challenge.split(","))
        assert self.said["r"].startswith(self.bare.rpartition("r=")[2]), challenge
        salted = hashlib.pbkdf2_hmac(self.hash, self.password, base64.b64decode(self.said["s"]), int(self.said["i"]))
        client_key = self.hmac(salted, b"Client Key")
        without_proof = f"c={encoded(self.header.encode() + self.data)},r={self.said['r']}"
        message = f"{self.bare},{challenge},{without_proof}".encode()
        self.signature = self.hmac(self.hmac(salted, b"Server Key"), message)
        proof = exclusive_or(client_key, self.hmac(hashlib.new(self.hash, client_key).digest(), message))
        return f"{without_proof},p={encoded(proof)}"

    def is_server(self, final):
        """Whether the last message is of who has the account's keys."""
        return hmac.compare_digest(final, f"v={encoded(self.signature)}")


def downgrade_hash(name, features, group=f"{{{SASL}}}mechanisms"):
    """XEP-0474 section 5.1: what `h` has to be, by what the server has told in its features."""
    mechanisms = sorted(m.text for m in features.find(group) if m.tag.endswith("}mechanism"))
    bindings = sorted(t.get("type") for t in features.iter(f"{{{BINDINGS}}}channel-binding"))
    text = "\x1e".join(mechanisms) + ("\x1f" + "\x1e".join(bindings) if bindings else "")
    return encoded(hashlib.new(name, text.encode()).digest())


def say(stream, scram, mechanism, dialect=SASL):
    """An exchange as RFC 6120 has it, or XEP-0388, up to the client's last message, which is sent. Answers with the server's element where
    that comes before."""
    first = encoded(scram.first().encode())
    if dialect == SASL:
        stream.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{first}</auth>")
    else:
        stream.send(f"<authenticate xmlns='{SASL2}' mechanism='{mechanism}'><initial-response>{first}</initial-response></authenticate>")
    answer = stream.receive()
    if answer.tag != f"{{{dialect}}}challenge":
        return answer
    proof = encoded(scram.final(base64.b64decode(answer.text).decode()).encode())
    scram.sent_at = time.monotonic()
    stream.send(f"<response xmlns='{dialect}'>{proof}</response>")
    return None


def log_in(stream, scram, mechanism, dialect=SASL):
    """The whole: "success", where the server knows the keys as well, or the condition."""
    answer = say(stream, scram, mechanism, dialect)
    if answer is None:
        answer = stream.receive()
    if answer.tag != f"{{{dialect}}}success":
        assert answer.tag == f"{{{dialect}}}failure", answer.tag
        return answer[0].tag.split("}")[1]
    last = answer.text if dialect == SASL else answer.findtext(f"{{{SASL2}}}additional-data")
    assert scram.is_server(base64.b64decode(last).decode()), "the server does not know the keys"
    return "success"
