"""One thread a process that looks after sockets which could not send at once, or which are told to end."""

import os
import select
import threading
from time import monotonic
from typing import Protocol

TICK_MS = 50


class Tended(Protocol):
    """What the keeper asks of a socket."""

    def fileno(self) -> int: ...

    def has_backlog(self) -> bool: ...

    def tend(self, now: float) -> bool:
        """Send what fits, end what is overdue; True when there is nothing left to look after."""
        ...


class Keeper:
    """Most sockets never meet it: a frame is written by the thread that has it, and only a rest is left here."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._watched: set[Tended] = set()
        self._thread: threading.Thread | None = None

    def watch(self, socket: Tended) -> None:
        if self._pid != os.getpid():  # a forked worker starts its own
            self._reset()
        with self._lock:
            self._watched.add(socket)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="socket-keeper", daemon=True)
                self._thread.start()
        self._work.set()

    def _run(self) -> None:
        while True:
            self._work.wait()
            with self._lock:
                watched = list(self._watched)
                if not watched:
                    self._work.clear()
                    continue
            self._wait_writable(watched)
            now = monotonic()
            done = [s for s in watched if s.tend(now)]
            with self._lock:
                # One that got new work in between has asked again by itself or still has a backlog.
                self._watched.difference_update(s for s in done if not s.has_backlog())

    @staticmethod
    def _wait_writable(watched: list[Tended]) -> None:
        poll = select.poll()
        for socket in watched:
            if socket.has_backlog() and socket.fileno() >= 0:
                poll.register(socket.fileno(), select.POLLOUT)
        poll.poll(TICK_MS)


keeper = Keeper()
