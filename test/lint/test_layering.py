#!/usr/bin/python3
"""The floors of the house (ARCHITECTURE.md): a room includes only lower floors and itself; below `net` there is no socket, no
coroutine and no clock call; every public header compiles alone."""

import os
import pathlib
import re
import shlex
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOORS = {
    "base": 0, "xml": 0, "limits": 0,
    "route": 1, "sasl": 1, "tls": 1,
    "stream": 2, "storage": 2,
    "net": 3,
    "hub": 4, "credentials": 4,
    "client": 5, "link": 5, "component": 5, "session": 5, "muc": 5,
    "config": 6,
    "server": 7, "main": 7,
}  # fmt: skip
# Rooms of one floor that may nevertheless use each other, in this direction.
SAME_FLOOR = {("xml", "base"), ("limits", "base"), ("main", "server")}
# `net` is above `stream` but knows no XMPP.
FORBIDDEN = {("net", "stream"), ("net", "route"), ("net", "sasl"), ("net", "xml"), ("net", "storage")}
# The embedded session manager and group chat are machines, although they stand on the floor of the lives.
WITHOUT_ASIO = {"base", "xml", "limits", "route", "sasl", "tls", "stream", "storage", "session", "muc", "config"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
CLOCK = re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock|clock)::now\b|\bclock_gettime\b|\bgettimeofday\b")


def may_use(user, used):
    if user == used or (user, used) in SAME_FLOOR:
        return True
    return (user, used) not in FORBIDDEN and FLOORS[used] < FLOORS[user]


def room_of(path):
    parts = path.parts
    return parts[1] if len(parts) > 2 else "main"


def wrong_includes(path, text):
    """What a file of the project includes and may not; `path` is relative to the root."""
    room = room_of(path)
    found = []
    if room not in FLOORS:
        return [f"{path}: the room {room} has no floor"]
    for quoted, angled in INCLUDE.findall(text):
        used = quoted.split("/")[0] if "/" in quoted else None
        if used and used not in FLOORS:
            found.append(f"{path}: includes {quoted}, which is in no room")
        elif used and not may_use(room, used):
            found.append(f"{path}: {room} (floor {FLOORS[room]}) includes {quoted} (floor {FLOORS[used]})")
        elif re.match(r"asio(/|\.hpp|$)", angled) and room in WITHOUT_ASIO:
            found.append(f"{path}: {room} includes <{angled}>")
        elif angled == "coroutine" and room in WITHOUT_ASIO:
            found.append(f"{path}: {room} includes <{angled}>")
    return found


def asks_the_clock(path, text):
    """Below `net` time is an argument. base/clock is where the clock is read for all."""
    room = room_of(path)
    if room not in WITHOUT_ASIO or path.stem == "clock" or room == "config":
        return False
    # A log line carries the time of day.
    return path.stem != "log" and CLOCK.search(COMMENT.sub("", text)) is not None


def files():
    for folder in ("headers", "source"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".cpp", ".hpp"}:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


class Rules(unittest.TestCase):
    def wrong(self, path, text):
        return bool(wrong_includes(pathlib.Path(path), text))

    def test_lower_floor_is_fine(self):
        self.assertFalse(self.wrong("source/stream/a.cpp", '#include "route/message.hpp"\n#include <vector>\n'))

    def test_higher_floor_is_not(self):
        self.assertTrue(self.wrong("headers/stream/a.hpp", '#include "net/shard.hpp"\n'))

    def test_neighbours_on_a_floor_are_not(self):
        self.assertTrue(self.wrong("source/client/a.cpp", '#include "session/manager.hpp"\n'))

    def test_own_room_is_fine(self):
        self.assertFalse(self.wrong("source/client/a.cpp", '#include "client/table.hpp"\n#include "own.hpp"\n'))

    def test_nobody_knows_config(self):
        self.assertTrue(self.wrong("source/client/a.cpp", '#include "config/options.hpp"\n'))

    def test_config_knows_the_option_structs(self):
        self.assertFalse(self.wrong("source/config/a.cpp", '#include "client/connection.hpp"\n'))

    def test_net_knows_no_xmpp(self):
        self.assertTrue(self.wrong("source/net/a.cpp", '#include "stream/effects.hpp"\n'))

    def test_machines_know_no_asio(self):
        self.assertTrue(self.wrong("source/session/a.cpp", "#include <asio/post.hpp>\n"))
        self.assertTrue(self.wrong("source/stream/a.cpp", "#include <coroutine>\n"))

    def test_unknown_room(self):
        self.assertTrue(self.wrong("source/kitchen/a.cpp", ""))

    def test_clock_in_a_machine(self):
        text = "auto t = std::chrono::steady_clock::now();"
        self.assertTrue(asks_the_clock(pathlib.Path("source/stream/a.cpp"), text))
        self.assertFalse(asks_the_clock(pathlib.Path("source/stream/a.cpp"), "// " + text))
        self.assertFalse(asks_the_clock(pathlib.Path("source/net/a.cpp"), text))


class Project(unittest.TestCase):
    def test_every_room_has_a_floor_and_every_floor_its_rooms(self):
        folders = {path.name for top in ("headers", "source") for path in (ROOT / top).iterdir() if path.is_dir()}
        self.assertEqual(set(FLOORS) - {"main"}, folders)
        self.assertLessEqual(WITHOUT_ASIO, folders)

    def test_includes_point_down(self):
        found = [fault for path, text in files() for fault in wrong_includes(path, text)]
        self.assertEqual(found, [])

    def test_machines_are_told_the_time(self):
        self.assertEqual([str(path) for path, text in files() if asks_the_clock(path, text)], [])

    def test_public_headers_compile_alone(self):
        compiler = shlex.split(os.environ.get("CXX", "g++"))
        flags = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DASIO_SEPARATE_COMPILATION", "-DASIO_NO_DEPRECATED",
                 "-DASIO_HAS_CO_AWAIT", "-DASIO_HAS_STD_COROUTINE", f"-I{ROOT / 'headers'}", "-x", "c++", "-"]  # fmt: skip
        headers = sorted((ROOT / "headers").rglob("*.hpp"))
        # One that a source includes before anything else is compiled alone wherever that source is.
        first = {found.group(1) for path, text in files() if path.suffix == ".cpp" and (found := INCLUDE.search(text))}

        def compile_alone(header):
            name = str(header.relative_to(ROOT / "headers"))
            if name in first:
                return "" if "#pragma once\n" in header.read_text(encoding="utf-8") else f"{name} has no guard"
            include = f'#include "{name}"\n'
            # Twice: a header without its guard would be found too.
            run = subprocess.run(compiler + flags, input=include * 2, capture_output=True, text=True, check=False)
            return run.stderr if run.returncode else ""

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            faults = [fault for fault in pool.map(compile_alone, headers) if fault]
        self.assertGreater(len(headers), 0)
        if faults:
            self.fail("\n".join(faults))


if __name__ == "__main__":
    main()
