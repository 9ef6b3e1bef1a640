#!/usr/bin/python3
"""Couplet as c2s in front of a session manager that says what jabberd14 said, in both of its versions. What the clients see is what
they saw with jadc2s, apart from the differences that are named here.

Of a recording are not played: A01 (the handshake, which the scripted manager makes), A02 (a component's, not ours), A17 (its long bodies
are not in the recording, and how much came back is what one kernel had not taken: test_operator_shutdown.py and test_security_load.py count
each message instead), A19c (jadc2s kept its clients when the manager had gone, and let them find out; Couplet tells them at once), A22
and A23 (jadc2s is killed: they show how the manager keeps what it could not deliver; test_manager_backwards.py says that to us).
"""

import pathlib
import tempfile
import unittest

from harness import DOMAIN, LINK_SECRET, ROOT, Server, main, secret_file
from recording import Line, Player, sections
from scripted_manager import ScriptedManager
from wire import Closed

CAPTURES = ROOT / "test" / "data" / "captures"
# Sections in the order of the recording.
LOGIN_TO_SHUTDOWN = ["A03", "A04", "A05", "A06", "A07", "A08", "A09", "A10", "A11", "A12", "A13", "A14", "A15", "A16",
                     "A18", "A19", "A20", "A21"]  # fmt: skip
# Lines that are not said, because Couplet answers by itself, or ends the stream, where jadc2s asked the manager.
# (section, a text in the client's line): the client's line and all up to its next one are left out.
OWN_ANSWER = [
    ("A03", "<username>a b</username>"),  # no name: jadc2s took the one before
    ("A04", "id='ag3'"),  # no name at all: jadc2s says nothing
    ("A05", "id='au3'"),  # neither password nor digest
    ("A07", "<session xmlns="),  # the c2s' own business
    ("A07", "<bind xmlns="),
    ("A11", "<foo xmlns="),  # unsupported-stanza-type
]
# Lines of jadc2s that Couplet has no reason to say: the manager knows that it ended the session.
NOT_SAID = [("A16", "<route type='error' from='7@jadc2s'")]


def without_own_answers(name, lines):
    kept = []
    skipping = False
    for line in lines:
        if line.tag.endswith(">") and not line.tag.startswith(">") and line.tag not in ("C2S>SM", "SM>C2S"):
            skipping = any(name == section and text in line.text for section, text in OWN_ANSWER)
        unsaid = line.tag == "C2S>SM" and any(name == section and line.text.startswith(text) for section, text in NOT_SAID)
        if not skipping and not unsaid:
            kept.append(line)
    return kept


# How a section is played where the recording alone does not say it: (test class, player, lines).


def play_after_abrupt_end(tag):
    def play_it(_, player, lines):
        player.stream(tag).reset()
        player.play(lines)

    return play_it


def play_leaver(_, player, lines):
    """The client goes between the auth set and the manager's answer to the session start."""
    for line in lines:
        if line.tag == ">CAROL" and "stream:stream" not in line.text:
            continue
        if line.tag == "SM>C2S" and "type='session'" in line.text:
            player.stream("CAROL").reset()
        player.play([line])


def play_manager_restart(tag, leaving=None):
    def play_it(cls, player, lines):
        """What follows the loss in the recording is the c2s' handshake, and a client on a session that is gone."""
        if leaving:
            player.stream(leaving).reset()
        player.play(lines[: lines.index(Line("SM>C2S", "<EOF>"))])
        cls.link.close()
        ended = player.stream(tag).wait_closed()
        if ended != ("remote-connection-failed", True):
            raise AssertionError(f"{tag} was told {ended} when the manager had gone")
        cls.link = player.link = cls.manager.accept()
        player.wait_open()
        # Unlike the original, Couplet ends its clients, and so tells the manager that their sessions are no more.
        end = cls.link.receive()
        if end.get("type") != "error" or len(end):
            raise AssertionError("the manager did not hear of the session's end")

    return play_it


def play_shutdown(cls, player, lines):
    """The manager is told of the client's end, and then that the c2s itself goes. When the client is told differs between the recordings;
    Couplet tells it first."""
    ends = next(n for n, line in enumerate(lines) if line.text.startswith("<route type='error'"))
    player.play([line for line in lines[:ends] if line.text != "<EOF>" and "<system-shutdown" not in line.text])
    cls.server.signal()
    ended = player.stream("ALICE").wait_closed()
    if ended != ("system-shutdown", True):
        raise AssertionError(f"the client was told {ended}")
    player.stream("ALICE").close()
    player.play(lines[ends : ends + 1])
    try:
        raise AssertionError(f"more came: {cls.link.receive_bytes()}")
    except Closed as closed:
        if not closed.footer:
            raise AssertionError("the link was not ended with a footer") from None
    if cls.server.wait() != 0:
        raise AssertionError(f"exit code {cls.server.process.returncode}")


def play_plainly(_, player, lines):
    player.play(lines)


SPECIAL = {
    "A15": play_after_abrupt_end("BOB"),
    "A19": play_manager_restart("ALICE2", leaving="CAROL"),
    "A20": play_manager_restart("ALICE"),
    "A21": play_shutdown,
    "F06": play_leaver,
}


class Recorded(unittest.TestCase):
    """All sections are played in one go on one server; each test tells how its section went."""

    __test__ = False
    file: pathlib.Path
    names: list
    passwords = ("pw-a", "pw-b", "pw-c", "pw")

    @classmethod
    def setUpClass(cls):
        cls.outcome = {}
        cls.folder = tempfile.TemporaryDirectory(prefix="couplet-recorded-")
        cls.manager = ScriptedManager()
        secret = secret_file(cls.folder.name, "secret", LINK_SECRET)
        cls.server = Server("--domain", DOMAIN, "--threads", "1", "--listen", "127.0.0.1:0", "--sm",
                            f"127.0.0.1:{cls.manager.port}", "--sm-id", "jadc2s", "--sm-secret", f"@{secret}",
                            "--sm-grace", "0", wait=False)  # fmt: skip
        cls.link = cls.manager.accept()
        cls.server.wait_ready()
        cls.player = player = Player(cls.server.address(), cls.link, cls.passwords)
        player.wait_open()
        recorded = sections(cls.file)
        for name in cls.names:
            lines = without_own_answers(name, recorded[name])
            try:
                SPECIAL.get(name, play_plainly)(cls, player, lines)
                cls.outcome[name] = None
            except Exception as error:
                cls.outcome[name] = f"{type(error).__name__}: {error}\n  at: {player.at.tag} {player.at.text}"
                break

    @classmethod
    def tearDownClass(cls):
        for stream in cls.player.streams.values():
            stream.close()
        cls.link.close()
        cls.manager.close()
        wrong = cls.server.stop()
        cls.folder.cleanup()
        if wrong:
            raise AssertionError("\n".join(wrong))


def section_test(name):
    def test(self):
        if name not in self.outcome:
            self.fail("the play broke off before this section")
        if self.outcome[name]:
            self.fail(self.outcome[name])

    return test


def play(class_name, file, names):
    members = {"file": CAPTURES / file, "names": names, "__module__": __name__}
    members |= {f"test_{name}": section_test(name) for name in names}
    globals()[class_name] = type(class_name, (Recorded,), members)


play("Jabberd_1_6_1", "A-legacy-jadc2s-161.txt", LOGIN_TO_SHUTDOWN)
play("Jabberd_head", "A-legacy-jadc2s-head.txt", LOGIN_TO_SHUTDOWN)
play("TwoClientsAndALeaver", "F-robustness-jadc2s-head.txt", ["F01", "F06"])


class Reading(unittest.TestCase):
    def test_recording_is_read_whole(self):
        found = sections(CAPTURES / "A-legacy-jadc2s-head.txt")
        self.assertEqual(found["A14"][0], Line("CAROL>", "</stream:stream>"))
        self.assertIn("\n        <instructions>", found["A03"][4].text)


if __name__ == "__main__":
    main()
