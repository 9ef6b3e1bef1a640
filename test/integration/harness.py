"""Starts the real program on ports that the kernel chooses, and ends it. Nothing is left behind: every server dies with the test program,
and one that does not stop when it is told to, or that says something a sanitizer would say, fails the test.

COUPLET_BINARY: the program; default build/couplet. COUPLET_PATIENCE: seconds that an answer may take; default 20.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "lint"))
import small_runner  # noqa: E402

BINARY = os.environ.get("COUPLET_BINARY") or str(ROOT / "build" / "couplet")
PATIENCE = float(os.environ.get("COUPLET_PATIENCE", "20"))
DOMAIN = "localhost"
SM_ID = "c2s.localhost"
LINK_SECRET = "link-secret-7f3a91"
PASSWORDS = {"alice": "alice-pw-5c1d", "bob": "bob-pw-9e2f", "carol": "carol-pw-77aa"}

LOOPBACK = ("--listen", "127.0.0.1:0")

# One folder for all that this program leaves on the disk; main() removes it.
tempfile.tempdir = tempfile.mkdtemp(prefix="couplet-test-")

SANITIZER = re.compile(r"ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|SUMMARY: \w*Sanitizer|runtime error: |LeakSanitizer")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def sanitized(*marks):
    """Whether the program is built with a sanitizer (its memory figures mean nothing then, and it is slow); `marks`: with one of those."""
    text = pathlib.Path(BINARY).read_bytes() if os.path.exists(BINARY) else b""
    return any(mark in text for mark in marks or (b"__asan_init", b"__tsan_init"))


def wait_until(condition, what, seconds=None):
    """Asks again and again, for what cannot be waited for otherwise."""
    end = time.monotonic() + (seconds or PATIENCE)
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"in vain: waited until {what}")
        time.sleep(0.01)
    return value


class Server:
    """One process. `arguments` stand before --ready-file; `limits`: {resource.RLIMIT_…: soft and hard}."""

    alive: list = []

    def __init__(self, *arguments, limits=None, environment=None, wait=True):
        self.folder = tempfile.mkdtemp(prefix="couplet-test-")
        self.log_path = os.path.join(self.folder, "log")
        self.ready_path = os.path.join(self.folder, "ready.json")
        self.arguments = [BINARY, *map(str, arguments), "--ready-file", self.ready_path]
        parent = os.getpid()

        def in_child():
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            for what, amount in (limits or {}).items():
                resource.setrlimit(what, (amount, amount))

        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=in_child, start_new_session=True,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        self.ready = None
        Server.alive.append(self)
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.forget()
                raise

    def wait_ready(self):
        def come():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode} instead of getting ready:\n{self.log()}")
            return os.path.exists(self.ready_path)

        wait_until(come, "the ready file is there")
        with open(self.ready_path, encoding="utf-8") as ready:
            self.ready = json.load(ready)

    def address(self, kind="client", number=0):
        found = [x for x in self.ready["listeners"] if x["kind"] == kind]
        return found[number]["address"], found[number]["port"]

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_log(self, text, seconds=None):
        return wait_until(lambda: text in self.log(), f"the log says {text!r}", seconds)

    def wait_log_like(self, pattern):
        """The same for a regular expression: the log is written by a thread of its own."""
        return wait_until(lambda: re.search(pattern, self.log()), f"the log has {pattern!r}")

    def status(self, key):
        """A number from /proc/PID/status; memory in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        raise KeyError(key)

    def resident_kib(self):
        return self.status("RssAnon")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=None):
        return self.process.wait(seconds or PATIENCE)

    def kill(self):
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def complaints(self):
        """What must not be in the log of any server."""
        return [line for line in self.log().splitlines() if SANITIZER.search(line)]

    def stop(self, expect=0):
        """A clean end: SIGTERM, exit code 0, no complaint of a sanitizer. Answers with what went wrong, or nothing."""
        wrong = []
        if self.process.poll() is None:
            self.signal()
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                wrong.append("did not stop after SIGTERM")
                self.kill()
        if not wrong and self.process.returncode != expect:
            wrong.append(f"exit code {self.process.returncode} instead of {expect}")
        if self.complaints():
            wrong.append("a sanitizer complained")
        if wrong:
            wrong.append("the end of its log:\n" + self.log()[-6000:])
        self.forget()
        return wrong

    def forget(self):
        """Kills what still runs, and leaves no trace."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(ValueError):
            Server.alive.remove(self)


def run(*arguments, **rest):
    """A start that is expected to end by itself."""
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL, **rest)


def secret_file(folder, name, secret):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(secret)
    return path


class Deployment:
    """A whole system: role "one" is a single process, "two+three" are a session manager and a c2s in front of it."""

    def __init__(self, role="one", threads=1, client=(), manager=(), users=None, limits=None):
        self.servers = []
        self.secrets = tempfile.mkdtemp(prefix="couplet-secrets-")
        users = PASSWORDS if users is None else users
        lines = "".join(f"{user}@{DOMAIN}:{secret}\n" for user, secret in users.items())
        accounts = secret_file(self.secrets, "users", lines)
        common = ["--domain", DOMAIN, "--threads", threads]
        clients = ["--listen", "127.0.0.1:0", *client]
        keeps_accounts = ["--users", accounts, *manager]
        try:
            if role == "one":
                self.front = self.back = self.start(*common, *clients, *keeps_accounts, limits=limits)
            else:
                link = secret_file(self.secrets, "link", LINK_SECRET)
                self.back = self.start(*common, "--no-clients", "--c2s", f"{SM_ID}:@{link}",
                                       "--listen-components", "127.0.0.1:0", *keeps_accounts)  # fmt: skip
                host, port = self.back.address("component")
                self.front = self.start(*common, *clients, "--sm", f"{host}:{port}", "--sm-id", SM_ID,
                                        "--sm-secret", f"@{link}", limits=limits)  # fmt: skip
        except BaseException:
            self.stop()
            raise

    def start(self, *arguments, **rest):
        server = Server(*arguments, **rest)
        self.servers.append(server)
        return server

    @property
    def address(self):
        return self.front.address("client")

    def stop(self):
        # The clients' side first: it says goodbye to the other.
        wrong = [w for server in reversed(self.servers) for w in server.stop()]
        self.servers = []
        shutil.rmtree(self.secrets, ignore_errors=True)
        return wrong


class WithDeployment(unittest.TestCase):
    """One system for all tests of the class; it must stop cleanly at the end."""

    role = "one"
    threads = 1
    options: dict = {}

    @classmethod
    def setUpClass(cls):
        cls.system = Deployment(cls.role, cls.threads, **cls.options)
        cls.address = cls.system.address

    @classmethod
    def tearDownClass(cls):
        wrong = cls.system.stop()
        if wrong:
            raise AssertionError(f"{cls.__name__}: " + "\n".join(wrong))


def in_every_role(cls):
    """Runs the tests of a class in both roles, with one thread and with two."""
    module = sys.modules[cls.__module__]
    for role in ("one", "two+three"):
        for threads in (1, 2):
            name = f"{cls.__name__}_{'one' if role == 'one' else 'two_and_three'}_{threads}"
            setattr(module, name, type(name, (cls,), {"role": role, "threads": threads, "__module__": cls.__module__}))
    # The class itself is the pattern only.
    cls.__test__ = False
    return cls


class Loader(unittest.TestLoader):
    def loadTestsFromTestCase(self, test_case_class):
        if "__test__" in vars(test_case_class) and not test_case_class.__test__:
            return self.suiteClass()
        return super().loadTestsFromTestCase(test_case_class)


def main():
    if not os.access(BINARY, os.X_OK):
        print(f"there is no program {BINARY}: build it, or name it in COUPLET_BINARY")
        print("0 passed, 1 failed")
        sys.exit(1)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    program = unittest.main(module="__main__", exit=False, verbosity=2, testLoader=Loader())
    sys.stderr.flush()
    for server in Server.alive[:]:
        server.forget()  # of a test that failed half-way
    shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    passed, failed = small_runner.summary(program.result)
    print(f"{passed} passed, {failed} failed", flush=True)
    # Not sys.exit: threads of event loops must not keep the program.
    os._exit(0 if failed == 0 and passed > 0 else 1)


def closed_port():
    """A port of 127.0.0.1 that nobody listens on, kept from others while the socket that comes with it lives."""
    keeper = socket.socket()
    keeper.bind(("127.0.0.1", 0))
    return keeper, keeper.getsockname()[1]


def readable(sock, seconds=None):
    return bool(select.select([sock], [], [], PATIENCE if seconds is None else seconds)[0])
