#!/usr/bin/python3
"""Our link at Prosody's component listener (mod_component): the connecting side of XEP-0114 against an accepting side that we did not write. Prosody
is no session manager: its listener knows nothing of routes.

Prosody itself has no component client, nor has Debian another one of its house. Its package starts a server, so scripts/setup does not install
it; this test is one only where it is there."""

import os
import shutil
import socket
import tempfile
import unittest

from harness import DOMAIN, LINK_SECRET, SM_ID, Server, closed_port, main, run, secret_file, wait_until
from tool import Tool
from wire import Stream, stanza_error

PROGRAM = shutil.which("prosody", path=os.environ["PATH"] + ":/usr/sbin")

CONFIGURATION = """
pidfile = "{folder}/pid"
data_path = "{folder}"
run_as_root = true
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{}}
s2s_ports = {{}}
modules_enabled = {{}}
modules_disabled = {{ "s2s", "c2s" }}
component_ports = {{ {port} }}
log = {{ debug = "*console" }}
VirtualHost "prosody.example"
Component "{name}"
  component_secret = "{secret}"
"""


class AtProsody(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-prosody-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        keeper, self.port = closed_port()
        keeper.close()
        path = os.path.join(self.folder, "prosody.cfg.lua")
        with open(path, "w", encoding="utf-8") as out:
            out.write(CONFIGURATION.format(folder=self.folder, port=self.port, name=SM_ID, secret=LINK_SECRET))
        self.prosody = Tool(PROGRAM, "-F", "--config", path)
        self.addCleanup(self.prosody.kill)
        wait_until(self.listens, "Prosody listens")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def words(self, name=SM_ID, secret=LINK_SECRET):
        path = secret_file(self.folder, "secret", secret)
        return ["--domain", DOMAIN, "--listen", "127.0.0.1:0", "--sm", f"127.0.0.1:{self.port}", "--sm-id", name, "--sm-secret", f"@{path}"]

    def test_the_link_comes_up_and_says_goodbye(self):
        server = Server(*self.words())
        self.addCleanup(server.forget)
        server.wait_log("linked to the session manager")
        self.prosody.wait_said("External component successfully authenticated")
        self.assertEqual(server.stop(), [])
        self.prosody.wait_said("Received </stream:stream>")

    def test_a_wrong_secret(self):
        ended = run(*self.words(secret="another-secret"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn(f"the session manager refused us as {SM_ID} (--sm-id, --sm-secret): not-authorized", ended.stderr)
        self.assertNotIn("another-secret", ended.stderr + ended.stdout)

    def test_a_name_that_it_does_not_know(self):
        ended = run(*self.words(name="stranger.example"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("the session manager refused us as stranger.example (--sm-id, --sm-secret): host-unknown", ended.stderr)

    def test_one_that_knows_no_routes_gives_nobody_a_session_and_harms_nobody(self):
        server = Server(*self.words(), "--manager-timeout", "2")
        self.addCleanup(server.forget)
        server.wait_log("linked to the session manager")
        with Stream(server.address()) as client:
            client.open()
            client.send("<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>alice</username><password>pw</password>"
                        "<resource>r</resource></query></iq>")  # fmt: skip
            self.assertEqual(stanza_error(client.receive_id("a")), "remote-server-timeout")
        self.assertEqual(server.stop(), [])


if __name__ == "__main__":
    main()
