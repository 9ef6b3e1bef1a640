#!/usr/bin/python3
"""profanity, as two people use it who sit in front of it: in two windows of tmux, by what they type and what they see. Each has a home of its
own in a temporary folder. Without profanity or tmux nothing is tested."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from harness import DOMAIN, PASSWORDS, PATIENCE, WithDeployment, main
from tool import Tool
from wire import Stream, body

PROFRC = """[ui]
splash=false
vercheck=false
intype=false
[chatstates]
enabled=false
outtype=false
[logging]
chlog=false
"""
SOCKET = "couplet-profanity"


class Screen:
    """One profanity in a window of its own; the screen is wide, so that no line is broken."""

    def __init__(self, tmux, folder, name):
        self.tmux, self.name = tmux, name
        home = os.path.join(folder, name)
        os.makedirs(os.path.join(home, ".config", "profanity"))
        with open(os.path.join(home, ".config", "profanity", "profrc"), "w", encoding="utf-8") as file:
            file.write(PROFRC)
        # No session bus, so no keyring and no pop-ups; nothing of who runs the test.
        words = ("env", "-i", f"HOME={home}", f"PATH={os.environ['PATH']}", "LC_ALL=C.UTF-8", "TERM=screen", "profanity")
        tmux("new-session", "-d", "-x", 200, "-y", 60, "-s", name, *words)
        self.wait("Type /help for help information")

    def type(self, *lines):
        for line in lines:
            self.tmux("send-keys", "-t", self.name, "-l", line)
            self.tmux("send-keys", "-t", self.name, "Enter")
        return self

    def seen(self):
        return self.tmux("capture-pane", "-p", "-J", "-t", self.name)

    def wait(self, pattern):
        """Until the screen shows it; what is on the screen then."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, seen := self.seen()):
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} never saw {pattern!r}, but:\n" + re.sub(r"\s*\n(\s*\n)+", "\n", seen))
            time.sleep(0.02)
        return seen

    def console(self, *lines):
        """Back to the first window, and it is empty: what is said from now on stays on the screen."""
        self.type("/win 1", "/clear")
        self.tmux("send-keys", "-t", self.name, "-l", "so far")
        self.wait("(?m)^so far")  # in the line that is typed, behind all that was typed before
        self.tmux("send-keys", "-t", self.name, "C-u")
        return self.type(*lines)

    def log_in(self, port):
        self.type(f"/connect {self.name}@{DOMAIN}/screen server 127.0.0.1 port {port} tls trust")
        self.wait("Enter password:")
        self.type(PASSWORDS[self.name])
        self.wait(rf"{self.name}@{DOMAIN}/screen logged in successfully")
        self.wait(r"\[TLS\]")


class Profanity(WithDeployment):
    """One conversation, since a profanity takes half a second to start."""

    threads = 2

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="couplet-profanity-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        # It stays our child and ends with us, its windows with it; nothing of it is outside of the folder.
        self.environment = {"TMUX_TMPDIR": folder, "LC_ALL": "C.UTF-8"}
        server = self.enterContext(Tool("tmux", "-L", SOCKET, "-f", "/dev/null", "-u", "-D", environment=self.environment))
        self.addCleanup(self.end_tmux, server)
        self.tmux_until_it_answers()
        self.alice, self.bob = (Screen(self.tmux, folder, name) for name in ("alice", "bob"))

    def tmux(self, *words, check=True):
        command = ["tmux", "-L", SOCKET, *map(str, words)]
        run = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if check and run.returncode != 0:
            raise AssertionError(f"{command}: {run.stderr}")
        return run.stdout if check else run.returncode

    def tmux_until_it_answers(self):
        end = time.monotonic() + PATIENCE
        while self.tmux("show-options", "-g", check=False) != 0:
            if time.monotonic() > end:
                raise AssertionError("tmux does not start")
            time.sleep(0.02)

    def end_tmux(self, server):
        self.tmux("kill-server", check=False)
        server.wait()

    def test_two_people(self):
        for one in (self.alice, self.bob):
            one.log_in(self.address[1])
        self.become_friends()
        self.look_around()
        self.talk()
        self.block()
        self.meet_in_a_room()
        self.miss_something()

    def become_friends(self):
        alice, bob = self.alice, self.bob
        alice.console(f"/roster add bob@{DOMAIN} Bobby").wait(rf"Roster item added: bob@{DOMAIN} \(Bobby\)")
        for one, asks in ((bob, alice), (alice, bob)):
            asks.console(f"/sub request {one.name}@{DOMAIN}")
            one.wait(f"Received authorization request from {asks.name}@{DOMAIN}")
            one.console(f"/sub allow {asks.name}@{DOMAIN}")
            asks.wait(f"Subscription received from {one.name}@{DOMAIN}")
        alice.console("/roster").wait(rf"bob@{DOMAIN} \(Bobby\) - both")
        alice.console()
        bob.console('/status set dnd "deep in thought"')
        alice.wait("Bobby.* is dnd, .*deep in thought")

    def look_around(self):
        self.alice.console(f"/disco info {DOMAIN}").wait("urn:xmpp:carbons:2")
        self.alice.console(f"/disco items {DOMAIN}").wait(f"conference.{DOMAIN}")
        self.alice.console("/ping").wait(r"Ping response from server: \d+ms")
        self.alice.console(f"/software bob@{DOMAIN}/screen").wait(r"Name\s*: Profanity")

    def talk(self):
        """A third session, of alice, hears by carbons what is said."""
        with Stream(self.address) as phone:
            phone.login("alice", "phone").available()
            phone.ask("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>")
            self.alice.type(f"/msg bob@{DOMAIN} 1 < 2 & tea?")
            self.bob.type(f"/msg alice@{DOMAIN} or coffee?")
            for one in (self.alice, self.bob):
                one.wait(r"1 < 2 & tea\?")
                one.wait(r"or coffee\?")
            copies = [phone.receive_until(lambda e: e.tag.endswith("}message")) for _ in range(2)]
            said = {body(m) for copy in copies for m in copy.iter("{jabber:client}message") if body(m)}
            self.assertEqual(said, {"1 < 2 & tea?", "or coffee?"})
            phone.send(f"<message type='chat' to='bob@{DOMAIN}/screen'><body>from the phone</body></message>")
            self.alice.wait("from the phone")  # by a carbon, in the same window
            self.bob.wait("from the phone")

    def block(self):
        self.alice.console(f"/blocked add bob@{DOMAIN}").wait("successfully blocked")
        self.bob.type(f"/msg alice@{DOMAIN} can you hear me?").wait("service-unavailable")
        self.alice.console(f"/blocked remove bob@{DOMAIN}").wait("successfully unblocked")

    def meet_in_a_room(self):
        room = f"tearoom@conference.{DOMAIN}"
        self.alice.type(f"/join {room} nick Alice").wait("You have joined the room as Alice, role: moderator, affiliation: owner")
        self.alice.type("/room accept").wait("Room unlocked")
        self.bob.console()
        self.alice.type(f"/invite send bob@{DOMAIN} come in")
        self.bob.wait(r"(?s)Chat room invite received.*Message: come in")
        self.bob.type(f"/join {room} nick Bob").wait("You have joined the room as Bob, role: participant")
        self.alice.wait(r"Participants[^\n]*\n[^\n]*Bob\b")  # the list at the right
        self.bob.type("hello, everybody")
        for one in (self.alice, self.bob):
            one.wait("Bob: hello, everybody")
        self.alice.type("/subject set Cakes")
        self.bob.wait(r"Alice has set the room subject: Cakes")
        self.bob.type("/close")
        self.alice.wait(r"Participants(?![^\n]*\n[^\n]*Bob\b)")
        self.bob.type(f"/join {room} nick Bob").wait("You have joined the room as Bob")
        self.alice.type("/kick Bob go away").wait("Bob has been kicked from the room by Alice, reason: go away")
        self.bob.wait(f"Kicked from {room} by Alice, reason: go away")
        self.alice.type(f"/affiliation set outcast bob@{DOMAIN}", "/affiliation list outcast").wait(rf"outcast *\n.*bob@{DOMAIN}")
        self.bob.console(f"/join {room} nick Bob").wait(f"Error joining room {room}, reason: forbidden")

    def miss_something(self):
        alice, bob = self.alice, self.bob
        alice.console()
        bob.console("/disconnect").wait("logged out successfully")
        alice.wait("Bobby.* is offline")
        alice.type(f"/msg bob@{DOMAIN} you were away").wait("you were away")
        alice.console("/ping").wait("Ping response")  # the server has the message
        bob.log_in(self.address[1])
        alice.wait("Bobby.* is online")
        bob.type(f"/msg alice@{DOMAIN}").wait("you were away")
        for one in (alice, bob):
            with contextlib.suppress(AssertionError):  # with the last window tmux may be gone before it has answered
                one.type("/quit")


if __name__ == "__main__":
    if missing := [program for program in ("profanity", "tmux") if shutil.which(program) is None]:
        print(f"{' and '.join(missing)}: not installed (scripts/setup test gets it), so nothing is tested")
        sys.exit(77)  # meson's word for a test that was skipped
    main()
