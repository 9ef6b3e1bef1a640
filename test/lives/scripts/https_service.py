#!/usr/bin/python3
"""An HTTPS service that finds every password right. Makes itself a certificate for "localhost" only, whose own authority it is, in the
file that is named, prints its port, and ends with its standard input."""

import http.server
import ssl
import sys
import threading

from OpenSSL import crypto


def make_certificate(path):
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    certificate = crypto.X509()
    certificate.set_version(2)
    certificate.get_subject().CN = "localhost"
    certificate.set_serial_number(1)
    certificate.gmtime_adj_notBefore(-3600)
    certificate.gmtime_adj_notAfter(3600)
    certificate.set_issuer(certificate.get_subject())
    certificate.set_pubkey(key)
    certificate.add_extensions([
        crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE"),
        crypto.X509Extension(b"subjectAltName", False, b"DNS:localhost"),
    ])  # fmt: skip
    certificate.sign(key, "sha256")
    with open(path, "wb") as file:
        file.write(crypto.dump_certificate(crypto.FILETYPE_PEM, certificate))
        file.write(crypto.dump_privatekey(crypto.FILETYPE_PEM, key))


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_):
        pass


path = sys.argv[1]
make_certificate(path)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(path)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
