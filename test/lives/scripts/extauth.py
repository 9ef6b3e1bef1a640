#!/usr/bin/python3
"""An external authentication program as operators write them, and with their faults: it does what the password says.

    extauth.py generic|ejabberd NOTES

Writes its process id to the file NOTES, a line for each start."""

import os
import signal
import struct
import sys
import time

protocol, notes = sys.argv[1:3]
with open(notes, "a", encoding="utf-8") as file:
    file.write(f"{os.getpid()}\n")


def say(raw):
    os.write(1, raw)


def answer(right):
    if protocol == "generic":
        say(b"1\n" if right else b"0\n")
    else:
        say(struct.pack(">HH", 2, 1 if right else 0))


def questions():
    if protocol == "generic":
        for line in sys.stdin.buffer:
            yield line.rstrip(b"\n")
        return
    while length := sys.stdin.buffer.read(2):
        yield sys.stdin.buffer.read(struct.unpack(">H", length)[0])


def descriptors():
    return sorted(int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}"))


for question in questions():
    operation, user, server, password = question.decode().split(":", 3)
    if operation != "auth" or user != "romeo" or server != "example.net":
        answer(False)
    elif password == "never answers":
        time.sleep(600)
    elif password == "ends":
        sys.exit(0)
    elif password == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif password == "babbles":
        say(b"I think so\n")
    elif password == "answers twice":
        say(b"0\n1\n" if protocol == "generic" else struct.pack(">HHHH", 2, 0, 2, 1))
    elif password == "answers late once more":
        answer(False)
        time.sleep(0.05)
        answer(True)
    elif password == "in pieces":
        whole = b"1\n" if protocol == "generic" else struct.pack(">HH", 2, 1)
        for at in range(len(whole)):
            say(whole[at : at + 1])
            time.sleep(0.02)
    elif password == "complains":
        os.write(2, b"no such \x1b[31mdatabase\nsecond line\n")
        answer(False)
    elif password == "floods":
        for _ in range(20000):
            os.write(2, b"the same line again and again, until nobody can bear it any more\n")
        answer(True)
    elif password == "variables":
        answer(not any(name.startswith("COUPLET_") for name in os.environ) and "PATH" in os.environ)
    elif password == "descriptors":
        answer(descriptors() in ([0, 1, 2], [0, 1, 2, 3]))  # 3: of the listing itself
    else:
        answer(password in ("secret", "with:colons::", "gr\u00fc\u00dfe"))
