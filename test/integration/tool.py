"""Other people's programs as clients of a server under test, or in front of it. None outlives the test program."""

import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile

from harness import PATIENCE, wait_until

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Tool:
    """One process; its stdin stays open until it is closed here. `said()`: stdout and stderr so far."""

    def __init__(self, *words, environment=None, **rest):
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        parent = os.getpid()

        def in_child():
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=self.output, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, preexec_fn=in_child, env={**os.environ, **(environment or {})}, **rest,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def said(self):
        with open(f"/proc/self/fd/{self.output.fileno()}", encoding="utf-8", errors="replace") as output:
            return output.read()

    def wait_said(self, text):
        def come():
            if text in self.said():
                return True
            if self.process.poll() is not None and text not in self.said():
                raise AssertionError(f"{self.process.args[0]} ended with {self.process.returncode} and has not said {text!r}:\n{self.said()}")
            return False

        try:
            return wait_until(come, f"{self.process.args[0]} says {text!r}")
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.said()}") from None

    def write(self, text):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text)
            self.process.stdin.flush()

    def finish(self, seconds=None):
        """Closes its stdin and waits for its end; what it said."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.wait(seconds)

    def wait(self, seconds=None):
        """Waits for its end, stdin still open; what it said."""
        try:
            self.process.wait(seconds or PATIENCE)
        except subprocess.TimeoutExpired:
            said = self.said()
            self.kill()
            raise AssertionError(f"{self.process.args[0]} did not end:\n{said}") from None
        return self.said()

    def kill(self):
        """It, and what it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.output.close()


def use(*words, seconds=None, environment=None):
    """Runs a tool with nothing on its stdin, to its end; what it said."""
    with Tool(*words, environment=environment) as tool:
        return tool.finish(seconds)
