"""A command under test: its output is awaited line by line, never guessed by waiting."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Command:
    """Runs until told otherwise. `until(pattern)` awaits a line that fits; each line is given once."""

    def __init__(self, *command: str, **env: str) -> None:
        self.lines: list[str] = []
        self.given: set[int] = set()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout
        os.set_blocking(self.process.stdout.fileno(), False)
        self.rest = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def until(self, pattern: str, within: float = 30) -> re.Match[str]:
        deadline, begin = time.monotonic() + within, 0
        while True:
            for at in range(begin, len(self.lines)):
                if at not in self.given and (found := re.search(pattern, self.lines[at])):
                    self.given.add(at)
                    return found
            begin = len(self.lines)
            assert self._read(deadline), f"no line like {pattern!r}; output:\n" + "\n".join(self.lines[-40:])

    def _read(self, deadline: float) -> bool:
        """Takes in what comes next; False at the end of the output or of the time."""
        if not self.selector.select(max(deadline - time.monotonic(), 0)):
            return False
        assert self.process.stdout
        chunk = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        self.lines += [line.decode(errors="replace") for line in lines]
        return bool(chunk)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, within: float = 30) -> int:
        """Waits for its end, takes in the rest of its output and returns the exit code."""
        deadline = time.monotonic() + within
        while self._read(deadline):
            pass
        return self.process.wait(max(deadline - time.monotonic(), 0.1))

    def close(self) -> None:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.end()
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.selector.close()
        assert self.process.stdout
        self.process.stdout.close()
