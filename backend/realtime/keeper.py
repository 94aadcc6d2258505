"""The keeper of a process's sockets: sends what had to wait, ends what is overdue, asks the silent."""

import os
import select
import threading
from time import monotonic
from typing import Protocol

TICK_MS = 50
MAX_PULSE_SECONDS = 2.0


class Kept(Protocol):
    """What the keeper asks of a socket."""

    def fileno(self) -> int: ...

    def has_backlog(self) -> bool: ...

    def tend(self, now: float) -> bool:
        """Send what fits, end what is overdue; True when there is nothing left to look after."""
        ...

    def pulse(self, now: float) -> None:
        """Ping a silent peer, let go of a dead one."""
        ...


class Keeper:
    """Two threads a process, started when first needed.

    One tends sockets with a backlog or a deadline: most never meet it, since a frame is written by the thread that
    has it. The other looks at every open socket now and then, so that readers need no time-out of their own.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._watched: set[Kept] = set()
        self._open: set[Kept] = set()
        self._pulse_seconds = MAX_PULSE_SECONDS
        self._tending = self._pulsing = False

    def watch(self, socket: Kept) -> None:
        """Tend this one until it says that it is done."""
        self._own_process()
        with self._lock:
            self._watched.add(socket)
            start, self._tending = not self._tending, True
        if start:
            threading.Thread(target=self._tend, name="socket-keeper", daemon=True).start()
        self._work.set()

    def look_after(self, socket: Kept, ping_seconds: float) -> None:
        self._own_process()
        with self._lock:
            self._open.add(socket)
            self._pulse_seconds = min(self._pulse_seconds, ping_seconds / 4)
            start, self._pulsing = not self._pulsing, True
        if start:
            threading.Thread(target=self._pulse, name="socket-pulse", daemon=True).start()

    def forget(self, socket: Kept) -> None:
        with self._lock:
            self._open.discard(socket)

    def _own_process(self) -> None:
        if self._pid != os.getpid():  # a forked worker starts its own threads
            self._reset()

    def _tend(self) -> None:
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

    def _pulse(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._pulse_seconds)
            with self._lock:
                sockets = list(self._open)
            now = monotonic()
            for socket in sockets:
                socket.pulse(now)

    @staticmethod
    def _wait_writable(watched: list[Kept]) -> None:
        poll = select.poll()
        for socket in watched:
            if socket.has_backlog() and socket.fileno() >= 0:
                poll.register(socket.fileno(), select.POLLOUT)
        poll.poll(TICK_MS)


keeper = Keeper()
