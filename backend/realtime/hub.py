"""The sockets of this process by room, and what each of them has heard already."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from backend.platform.ids import new_id
from backend.realtime.channels import Channel, Message
from backend.realtime.frames import RESTART, text_frame
from backend.realtime.server import Socket
from backend.realtime.workers import new_lock

log = logging.getLogger(__name__)

REPLAY = text_frame(b'{"t":"replay"}')
MAX_HELD = 2000  # live messages held back during one replay


class Live:
    """A message on its way to many sockets: serialised once, parsed only for those that see it differently."""

    __slots__ = ("_message", "data", "exclude", "frame", "seq")

    def __init__(self, data: bytes, seq: int | None = None, exclude: str | None = None) -> None:
        self.data, self.seq, self.exclude = data, seq, exclude
        self.frame = text_frame(data)
        self._message: Message | None = None

    def frame_for(self, render: Callable[[Message], Message | None] | None) -> bytes | None:
        if render is None:
            return self.frame
        if self._message is None:
            self._message = orjson.loads(self.data)
        seen = render(self._message)
        return None if seen is None else text_frame(orjson.dumps(seen))


class Member:
    """One socket in its rooms. Numbered events reach it once, in order and without a gap.

    While it replays (`_held` is a list) live messages wait. A gap, a full outbox or a lost bus is mended by replaying
    from the snapshot after the last number that was sent; messages without a number that found no room are lost, and
    the client is told to ask for everything again (REPLAY).
    """

    def __init__(self, socket: Socket, channel: Channel, user: str | None, login: str | None, after: int) -> None:
        self.id = new_id()
        self.socket, self.channel, self.user, self.login = socket, channel, user, login
        self.room, self.endpoint = channel.rooms[0], channel.endpoint
        self.last_seq = after
        self.replaced = False
        self.mend: Callable[[Member], None] = lambda member: None
        self.touch: Callable[[], None] = lambda: None
        self.untold = False  # Redis may have forgotten that it is here
        self._lock = new_lock()
        self._held: list[Live] | None = []
        self._behind = False  # something did not fit: mended when the outbox is empty
        self._lossy = False  # … and it had no number
        self._asked = False
        socket.on_drain = self._on_drain

    def offer(self, live: Live, room: str) -> None:
        """A live message of one of its rooms."""
        if live.exclude is not None and live.exclude == self.endpoint:
            return
        with self._lock:
            if self._held is not None:
                if len(self._held) < MAX_HELD:
                    self._held.append(live)
                else:
                    self._lossy = self._lossy or live.seq is None
            elif live.seq is None or self.channel.snapshot is None or room != self.room:
                self._pass(live)
            elif live.seq == self.last_seq + 1 and not self._behind:
                if self._pass(live):
                    self.last_seq = live.seq
            elif live.seq > self.last_seq and not self._behind:
                self._ask()

    def _pass(self, live: Live, send: Callable[[bytes], bool] | None = None) -> bool:
        frame = live.frame_for(self.channel.render)
        if frame is None or (send or self.socket.send)(frame):
            return True
        self._behind = True
        self._lossy = self._lossy or live.seq is None or self.channel.snapshot is None
        return False

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            self.mend(self)

    def _on_drain(self) -> None:
        with self._lock:
            if self._behind and self._held is None:
                self._ask()

    def begin_mending(self) -> bool:
        """Hold live messages back from here on; False when that is already so."""
        with self._lock:
            self._asked = False
            if self._held is not None:
                return False
            self._held, self._behind = [], False
            return True

    def catch_up(self, send: Callable[[bytes], bool]) -> None:
        """Send what the snapshot holds after the last number, then what was held back, then go live.

        When the outbox fills up it goes on from there once that is empty.
        """
        for _ in range(10):
            for message in self.channel.snapshot(self.last_seq) if self.channel.snapshot else ():
                seq = message["event"]["seq"]
                if seq > self.last_seq:
                    if not send(text_frame(orjson.dumps(message))):
                        return self._go_on_later()
                    self.last_seq = seq
            if self._let_through(send):
                return None
        return self.socket.close(RESTART, "replay")

    def _go_on_later(self) -> None:
        with self._lock:
            held, self._held = self._held or [], None
            self._behind = True
            self._lossy = self._lossy or any(live.seq is None for live in held)
        if not self.socket.has_backlog():  # emptied in between: nobody would call
            self._on_drain()

    def _let_through(self, send: Callable[[bytes], bool]) -> bool:
        """Pass on what was held back; False when there is a gap in it or more came meanwhile."""
        with self._lock:
            held, self._held = self._held or [], []
            lossy, self._lossy = self._lossy, False
        gap = False
        for live in held:
            if live.seq is None or self.channel.snapshot is None:
                self._pass(live, send)
            elif live.seq == self.last_seq + 1:
                if self._pass(live, send):
                    self.last_seq = live.seq
            elif live.seq > self.last_seq:
                gap = True
        if lossy:
            send(REPLAY)
        with self._lock:
            if gap or self._held:
                return False
            self._held = None
            return True


class Hub:
    """Rooms of members, of this process only; the bus fills it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rooms: dict[str, tuple[Member, ...]] = {}
        self._epochs: dict[str, int] = {}
        self._open = 0
        self.closing = False

    def enter(self, limit: int) -> bool:
        """Count one more open socket; False when there are `limit` already or the process is going down."""
        with self._lock:
            if self._open >= limit or self.closing:
                return False
            self._open += 1
            return True

    def exit(self) -> None:
        with self._lock:
            self._open -= 1

    @property
    def open_sockets(self) -> int:
        return self._open

    def join(self, member: Member) -> None:
        with self._lock:
            for room in member.channel.rooms:
                self._rooms[room] = (*self._rooms.get(room, ()), member)
            if member.channel.epoch > self._epochs.get(member.room, 0):
                self._epochs[member.room] = member.channel.epoch

    def leave(self, member: Member) -> None:
        with self._lock:
            for room in member.channel.rooms:
                rest = tuple(m for m in self._rooms.get(room, ()) if m is not member)
                if rest:
                    self._rooms[room] = rest
                else:
                    self._rooms.pop(room, None)
                    self._epochs.pop(room, None)

    def members(self, room: str) -> tuple[Member, ...]:
        return self._rooms.get(room, ())

    def everyone(self) -> set[Member]:
        with self._lock:
            return {m for members in self._rooms.values() for m in members}

    def at(self, room: str, endpoint: str) -> Member | None:
        """The newest member at an endpoint of the room, if it is connected to this process."""
        for member in reversed(self._rooms.get(room, ())):
            if member.endpoint == endpoint and not member.replaced:
                return member
        return None

    def deliver(self, room: str, live: Live) -> None:
        for member in self._rooms.get(room, ()):
            try:
                member.offer(live, room)
            except Exception:
                log.exception("a message could not be passed to a socket of %s", room)

    def epoch(self, room: str) -> int:
        return self._epochs.get(room, 0)

    def set_epoch(self, room: str, epoch: int) -> None:
        """A new call began: signals of older ones are dropped from here on."""
        with self._lock:
            if room in self._rooms and epoch > self._epochs.get(room, 0):
                self._epochs[room] = epoch

    def close(self, which: Iterable[Member], code: int, reason: str) -> None:
        for member in which:
            member.socket.close(code, reason)

    def drain(self) -> None:
        """The process is going down: no new sockets, and every client is told to connect elsewhere."""
        self.closing = True
        self.close(self.everyone(), RESTART, "restart")


class Mender:
    """One thread a process that lets members catch up; it waits for no slow one (that one is closed and returns)."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._queue: deque[Member] = deque()
        self._work = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, member: Member) -> None:
        with self._work:
            self._queue.append(member)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="socket-mender", daemon=True)
                self._thread.start()
            self._work.notify()

    def _run(self) -> None:
        while True:
            with self._work:
                while not self._queue:
                    self._work.wait()
                member = self._queue.popleft()
            try:
                with self._app.app_context():
                    if member.untold:
                        member.untold = False
                        member.touch()
                    if member.begin_mending():
                        member.catch_up(member.socket.send)
            except Exception:
                log.exception("a socket could not catch up and is closed")
                member.socket.close(RESTART, "replay")


