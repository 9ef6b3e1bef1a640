#!/usr/bin/python3
"""The operator's side where something outside is stuck: a reader of the log, a name server, a file that is none."""

import fcntl
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, DOMAIN, LOOPBACK, PASSWORDS, PATIENCE, Server, main, readable, sanitized, secret_file, wait_until
from wire import Stream


class StuckLog(unittest.TestCase):
    """Standard error is a pipe that nobody reads, and that is full before the server begins."""

    def setUp(self):
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 4096)
        self.addCleanup(os.close, self.reader)

    def fill(self):
        os.set_blocking(self.writer, False)
        try:
            while True:
                os.write(self.writer, b"." * 63 + b"\n")
        except BlockingIOError:
            os.set_blocking(self.writer, True)

    def start(self, *arguments):
        ready, its = os.pipe()
        self.process = subprocess.Popen(
            [BINARY, *LOOPBACK, "--log-level", "debug", "--user", f"alice@{DOMAIN}:{PASSWORDS['alice']}", "--ready-fd", str(its), *arguments],
            pass_fds=[its], stdin=subprocess.DEVNULL, stderr=self.writer,
        )  # fmt: skip
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        os.close(its)
        os.close(self.writer)
        self.assertTrue(readable(ready), "it does not get ready")
        with os.fdopen(ready) as text:
            self.address = ("127.0.0.1", int(re.search(r'"port":(\d+)', text.read())[1]))

    def log_in(self, times=1):
        for _ in range(times):
            with Stream(self.address) as stream:
                self.assertEqual(stream.login("alice").ping().get("type"), "result")

    def test_clients_are_served_and_sigterm_is_heard(self):
        self.fill()
        self.start()
        self.log_in(20)
        self.process.terminate()
        before = time.monotonic()
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - before, 8)

    def test_what_was_lost_is_said_when_there_is_room_again(self):
        self.fill()
        self.start()
        # Two hundred bytes for each of them: more than the queue holds.
        self.log_in(2000)
        said = b""
        while not (lost := re.search(rb"warning (\d+) lines of the log were lost\n", said)):
            self.assertTrue(readable(self.reader), said[-300:])
            said += os.read(self.reader, 65536)
        self.assertGreater(int(lost[1]), 0)
        self.assertIn(b"couplet", said)
        self.log_in()
        self.process.terminate()
        while more := os.read(self.reader, 65536):
            said += more
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertIn(b"client logged in", said[said.index(lost[0]) :])
        self.assertRegex(said.splitlines()[-1].decode(), r"info stopped ")

    def test_a_start_that_fails_says_why_in_its_place(self):
        done = subprocess.run([BINARY, "--listen", "203.0.113.1:1"], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.splitlines()[-1].startswith("couplet: "), done.stderr)
        os.close(self.writer)


class EarlySignals(unittest.TestCase):
    """Signals that come before the server listens to them wait until it does."""

    def start(self, *arguments, before=None):
        process = subprocess.Popen([BINARY, *LOOPBACK, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=before)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def assert_clean(self, process):
        said = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(" info stopped ", said)

    def test_one_that_waits_since_before_the_start(self):
        def send():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)

        self.assert_clean(self.start(before=send))

    def test_one_while_accounts_are_read(self):
        with tempfile.TemporaryDirectory(prefix="couplet-operator-") as folder:
            users = secret_file(folder, "users", "".join(f"user{n}@{DOMAIN}:pw{n}\n" for n in range(200_000)))
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                process = self.start("--users", users)
                wait_until(lambda p=process, n=number: blocked(p.pid, n), "the signal is held back")
                process.send_signal(number)
                if number == signal.SIGHUP:
                    process.terminate()
                self.assert_clean(process)


@unittest.skipIf(sanitized(), "a sanitizer's library has to come first")
class StuckSystem(unittest.TestCase):
    """A library between the program and the system makes it slow: names are looked up for a minute, and so long
    takes the reading of a file that has another one beside it, FILE.slow."""

    SLOW = r"""
        #include <netdb.h>
        #include <unistd.h>
        #include <fcntl.h>
        #include <sys/syscall.h>
        #include <string>
        static int slowly(const char* name, int flags, int mode) {
          if (access((std::string(name) + ".slow").c_str(), F_OK) == 0) sleep(60);
          return syscall(SYS_openat, AT_FDCWD, name, flags, mode);
        }
        extern "C" int open(const char* name, int flags, ...) { return slowly(name, flags, 0600); }
        extern "C" int open64(const char* name, int flags, ...) { return slowly(name, flags, 0600); }
        #include <dlfcn.h>
        #include <string.h>
        extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
          if (node != nullptr && strstr(node, ".invalid") != nullptr) sleep(60);
          static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
          return real(node, service, hints, found);
        }
    """

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="couplet-operator-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        library = os.path.join(self.folder, "slow.so")
        compiler = ["g++", "-shared", "-fPIC", "-x", "c++", "-", "-o", library]
        subprocess.run(compiler, input=self.SLOW, text=True, check=True)
        self.slow = {"LD_PRELOAD": library}

    def assert_stops(self, server):
        before = time.monotonic()
        server.signal()
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - before, 10)
        self.assertIn(" info stopped ", server.log())
        self.assertEqual(server.stop(), [])

    def test_a_name_that_is_still_looked_up_keeps_nobody(self):
        secret = secret_file(self.folder, "secret", "s")
        server = Server(*LOOPBACK, "--sm", "manager.invalid:5347", "--sm-id", "c2s.localhost", "--sm-secret", f"@{secret}",
                        environment=self.slow, wait=False)  # fmt: skip
        server.wait_log("listening")
        self.assert_stops(server)

    def test_a_slow_disk_keeps_no_client_and_no_stop(self):
        users = secret_file(self.folder, "users", f"alice@{DOMAIN}:{PASSWORDS['alice']}\n")
        server = Server(*LOOPBACK, "--threads", "1", "--users", users, environment=self.slow)
        secret_file(self.folder, "users.slow", "")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "files" in threads(server.process.pid), "it reads")
        with Stream(server.address()) as stream:
            self.assertEqual(stream.login("alice").ping().get("type"), "result")
        self.assert_stops(server)


class NoFile(unittest.TestCase):
    def test_pipes_are_refused_at_start_and_at_sighup(self):
        with tempfile.TemporaryDirectory(prefix="couplet-operator-") as folder:
            users = secret_file(folder, "users", f"alice@{DOMAIN}:{PASSWORDS['alice']}\n")
            server = Server(*LOOPBACK, "--threads", "1", "--users", users)
            os.unlink(users)
            os.mkfifo(users)
            server.signal(signal.SIGHUP)
            server.wait_log("the old one stays")
            self.assertIn("no regular file", server.log())
            with Stream(server.address()) as stream:
                self.assertEqual(stream.login("alice").ping().get("type"), "result")
            self.assertEqual(server.stop(), [])
            done = subprocess.run([BINARY, *LOOPBACK, "--users", users], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 2)
            self.assertIn("no regular file", done.stderr)


def threads(pid):
    names = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as name:
            names.append(name.read().strip())
    return names


def blocked(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
    with open(f"/proc/{pid}/comm", encoding="utf-8") as name:
        return name.read().strip() == os.path.basename(BINARY)[:15] and bool(mask & 1 << (number - 1))


class ReadyDescriptor(unittest.TestCase):
    def start(self, number, **more):
        return subprocess.run([BINARY, *LOOPBACK, "--ready-fd", str(number)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE, **more)  # fmt: skip

    def test_one_that_nobody_gave_is_wrong_usage(self):
        # Small numbers are those that the server's own would get.
        for number in (0, *range(3, 24), 1000):
            done = self.start(number)
            self.assertEqual(done.returncode, 2, (number, done.stderr))
            self.assertRegex(done.stderr, r"\Acouplet: --ready-fd: .*\n\Z")

    def test_standard_error_stays_open(self):
        process = subprocess.Popen([BINARY, *LOOPBACK, "--ready-fd", "2"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not (line := process.stderr.readline()).startswith("{"):
            self.assertNotEqual(line, "")
        port = json.loads(line)["listeners"][0]["port"]
        with Stream(("127.0.0.1", port)) as stream:
            stream.open()
            process.terminate()
            self.assertEqual(stream.wait_closed(), ("system-shutdown", True))
        said = process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(process.returncode, 0)
        self.assertIn(" info stopped ", said)

    def test_children_do_not_inherit_it(self):
        ready, its = os.pipe()
        process = subprocess.Popen([BINARY, *LOOPBACK, "--auth-command", "/bin/cat", "--ready-fd", str(its)], pass_fds=[its],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        os.close(its)
        with os.fdopen(ready) as reader:
            self.assertEqual(json.loads(reader.read())["pid"], process.pid)  # ends only when everybody has closed it
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)


if __name__ == "__main__":
    main()
