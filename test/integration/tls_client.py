"""What a client needs for TLS: certificates by openssl, and a Stream whose bytes are encrypted."""

import contextlib
import os
import ssl
import subprocess

from harness import DOMAIN, PATIENCE
from wire import Stream

STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def openssl(*arguments, input_text="Q\n"):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, check=False, input=input_text)
    return done.stdout + done.stderr


def make_certificate(folder, name, subject=f"/CN={DOMAIN}", extension=f"subjectAltName=DNS:{DOMAIN}"):
    """A key and a certificate that it signs itself; the names of the two files."""
    chain, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    said = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30, "-subj", subject,
                   "-addext", extension, "-keyout", key, "-out", chain)  # fmt: skip
    assert os.path.exists(chain), said
    return chain, key


def client_context(**rest):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in rest.items():
        setattr(context, name, value)
    return context


class TlsStream(Stream):
    """A connection whose bytes go through TLS, at once or after STARTTLS."""

    def __init__(self, address, context, direct=False, session=None, server_name=DOMAIN):
        super().__init__(address)
        if not direct:
            self.open("1.0")
            self.receive()
            self.send(STARTTLS)
            assert self.receive().tag.endswith("}proceed")
        self.socket = context.wrap_socket(self.socket, server_hostname=server_name, session=session)
        self.splitter.restart()

    def pull(self, seconds=None):
        with contextlib.suppress(ssl.SSLZeroReturnError):
            return super().pull(seconds)
        return super().pull(seconds)

    def certificate(self):
        return self.socket.getpeercert(binary_form=True)

    def pem(self):
        return ssl.DER_cert_to_PEM_cert(self.certificate())
