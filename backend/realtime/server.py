"""The WebSocket of the product: flask-sock's server class, on the `websockets` package's protocol without I/O.

Why not flask-sock's own engine: it checks no Origin, knows no size limit, no ping and no send time-out, lets two
threads write into one frame and needs a thread of its own for each socket (docs/adr/0003). Here the request's thread
is the one reader; whoever has a frame writes it under the one lock, and what the kernel does not take at once waits in
a bounded outbox for the keeper. Works on gunicorn's gthread and gevent and on Werkzeug.
"""

import contextlib
import logging
import socket as stdlib
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import flask_sock
from websockets.datastructures import Headers
from websockets.frames import TEXT
from websockets.http11 import Request
from websockets.protocol import OPEN, Protocol, Side
from websockets.server import ServerProtocol

from backend.platform.errors import Malformed
from backend.realtime.frames import POLICY, Parts
from backend.realtime.keeper import keeper
from backend.realtime.limits import Bucket, Rules
from backend.realtime.workers import new_lock, poll_writable, raw_socket, ways

QUICK_BYTES = 1_000_000  # a second: a socket that takes so much may have a burst queued, up to …
BURST_BYTES = 16 * 1024 * 1024
DOUBT_SECONDS = 1.0  # before that we can't tell a slow reader from a busy one
_quiet = logging.getLogger("backend.realtime.websocket")
_quiet.setLevel(logging.ERROR)


class Socket:
    """One connection. `messages` reads; `send`, `close` and `abort` may be called from any thread."""

    def __init__(self, environ: dict[str, Any], rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.rules.admit(environ)
        self._sock, self.mode = raw_socket(environ)
        self._lock = new_lock()
        self._outbox: deque[memoryview] = deque()
        self._queued = 0
        self._stalled_at = 0.0  # when the outbox was last empty
        self._flushed = 0  # bytes since then
        self._deadline: float | None = None  # of the closing handshake
        self._over = False  # nothing is read or written any more
        self._open = True  # neither side has begun to close
        self._heard_at = self._asked_at = monotonic()
        self._frames = Bucket(self.rules.frames_per_second)
        self.on_drain: Callable[[], None] | None = None
        response = ServerProtocol(logger=_quiet).accept(_handshake(environ))
        if response.status_code != 101:
            raise Malformed()
        self._protocol = Protocol(Side.SERVER, max_size=self.rules.message_bytes, logger=_quiet)
        self._get, self._put, self._stop_waiting = ways(self._sock)
        with self._lock:
            self._write(response.serialize())

    # --- reading: the request's own thread -----------------------------------------------------

    def messages(self, tick: Callable[[float], None] = lambda now: None) -> Iterator[bytes]:
        """Each whole text message until the socket is over; `tick(now)` runs whenever the peer is heard of."""
        parts = Parts()
        keeper.look_after(self, self.rules.ping_seconds)
        try:
            while not self._over:
                data = self._read()
                self._heard_at = now = monotonic()
                for frame in self._take_in(data):
                    if frame.opcode is TEXT and frame.fin:
                        if self._open:
                            yield frame.data
                        continue
                    if not self._frames.take(now):
                        self.fail(POLICY, "too many frames")
                        break
                    message = parts.add(frame)
                    if message is not None and self._open:
                        yield message
                    elif parts.fault:
                        self.fail(*parts.fault)
                        break
                if self._protocol.eof_sent:
                    return
                tick(now)
        finally:
            self._end()

    def _read(self) -> bytes:
        """Bytes, b"" at the end of the stream."""
        try:
            return self._get()
        except OSError:
            return b""

    def _take_in(self, data: bytes) -> list[Any]:
        with self._lock:
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            events = self._protocol.events_received()
            if self._protocol.writes:
                self._flush_protocol()
        return events

    def pulse(self, now: float) -> None:
        """The keeper's question now and then: ask a silent peer whether it is there, let go of one that is not."""
        if now - self._heard_at >= self.rules.dead_seconds:
            return self.abort()
        if now - max(self._heard_at, self._asked_at) < self.rules.ping_seconds:
            return None
        self._asked_at = now
        with self._lock:
            if self._open and not self._outbox and not self._over:
                self._protocol.send_ping(b"")
                self._flush_protocol()
        return None

    def fail(self, code: int, reason: str) -> None:
        """End for a reason of the peer's making: closing frame, then nothing more is read."""
        with self._lock:
            if not self._protocol.eof_sent:
                self._protocol.fail(code, reason)
            self._flush_protocol()

    def _end(self) -> None:
        """Nobody writes from here on: the server closes the descriptor next and may give its number to another."""
        keeper.forget(self)
        if self._protocol.close_sent is not None and not self._over:
            self._linger()
        with self._lock:
            self._over = True
            self._stop_waiting()
            self._outbox.clear()
            self._queued = 0

    def _linger(self) -> None:
        """Let the peer read our closing frame: unread input at close would make the kernel throw it away."""
        until = monotonic() + self.rules.close_seconds
        with contextlib.suppress(OSError):
            self._sock.shutdown(stdlib.SHUT_WR)
            self._sock.settimeout(0.2)
            while monotonic() < until:
                with contextlib.suppress(TimeoutError):
                    if not self._sock.recv(65536):
                        break

    # --- writing: any thread --------------------------------------------------------------------

    def send(self, frame: bytes) -> bool:
        """Write or queue a frame made by `text_frame`. False: the outbox is full and the frame was not taken."""
        with self._lock:
            if self._over or not self._open:
                return True  # nobody to miss it
            if self._queued + len(frame) > self.rules.outbox_bytes and not self._may_burst(len(frame)):
                return False
            self._write(frame)
            return True

    def _may_burst(self, more: int) -> bool:
        age = monotonic() - self._stalled_at
        quick = age < DOUBT_SECONDS or self._flushed > QUICK_BYTES * age
        return quick and self._queued + more <= BURST_BYTES

    def send_waiting(self, frame: bytes) -> bool:
        """`send` from the reader's own thread: waits as long as the rules let a socket be slow."""
        until = monotonic() + self.rules.send_seconds
        while not self.send(frame):
            if not self._wait_for_room(until):
                return False
        return True

    def _wait_for_room(self, until: float) -> bool:
        """Help the outbox to become half empty; False at `until`."""
        poll = poll_writable(self.fileno())
        while (now := monotonic()) < until:
            if poll is None or self._over:
                return True
            poll.poll(50)
            self.tend(now)
            if self._queued <= self.rules.outbox_bytes // 2:
                return True
        return False

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin the closing handshake; the keeper ends it if the peer does not."""
        with self._lock:
            if self._over or not self._open:
                return
            self._protocol.send_close(code, reason)
            self._flush_protocol()
            self._deadline = monotonic() + self.rules.close_seconds
        keeper.watch(self)

    def abort(self) -> None:
        """End at once: the reader wakes up and leaves."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(stdlib.SHUT_RDWR)

    def _flush_protocol(self) -> None:
        """Under the lock: what the protocol wants to say; an empty piece stands for its end of stream."""
        for piece in self._protocol.data_to_send():
            if piece and not self._over:
                self._write(piece)
        self._open = self._protocol.state is OPEN

    def _write(self, data: bytes) -> None:
        """Under the lock. Whole frames only ever follow whole frames: a rest goes before anything newer."""
        if not self._outbox:
            try:
                sent = self._put(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
            data = data[sent:]
            self._stalled_at, self._flushed = monotonic(), 0
            keeper.watch(self)
        self._outbox.append(memoryview(data))
        self._queued += len(data)

    # --- what the keeper asks -----------------------------------------------------------------------

    def fileno(self) -> int:
        return -1 if self._over else self._sock.fileno()

    def has_backlog(self) -> bool:
        return bool(self._outbox) and not self._over

    def tend(self, now: float) -> bool:
        drained = False
        with self._lock:
            if self._over:
                return True
            if self._outbox:
                self._flush()
                drained = not self._outbox
            overdue = bool(self._outbox) and now - self._stalled_at > self.rules.send_seconds
            overdue = overdue or (self._deadline is not None and now > self._deadline)
            idle = not self._outbox and self._deadline is None
        if overdue:
            self.abort()
            return True
        if drained and self.on_drain:
            self.on_drain()
        return idle

    def _flush(self) -> None:
        while self._outbox:
            head = self._outbox[0]
            try:
                sent = self._put(head)
            except BlockingIOError:
                return
            except OSError:
                self.abort()
                self._outbox.clear()
                self._queued = 0
                return
            self._queued -= sent
            self._flushed += sent
            if sent < len(head):
                self._outbox[0] = head[sent:]
                return
            self._outbox.popleft()


def _handshake(environ: dict[str, Any]) -> Request:
    headers = Headers()
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            headers[key[5:].replace("_", "-")] = value
    return Request(environ.get("RAW_URI", environ["PATH_INFO"]), headers)


flask_sock.Server = Socket  # flask-sock looks its server class up here for every connection
