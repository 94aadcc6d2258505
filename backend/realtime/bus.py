"""Messages between processes: Redis pub/sub in, the hub of each process out.

Correctness never depends on a message arriving: events are numbered and in the database, everything else is a hint.
When Redis was away, every socket replays what it missed and its client asks for the rest again.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import orjson
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from backend.config import Settings
from backend.realtime.channels import Message
from backend.realtime.hub import REPLAY, Hub, Live, Member, Mender
from backend.realtime.presence import Presence

log = logging.getLogger(__name__)

ROOM, SIGNAL, CONTROL = "rt:room:", "rt:signal:", "rt:control"
QUIET_SECONDS = 5.0  # without a word from Redis we ask whether it is there; twice that and it is not
CALL_STARTED = "call.started"


def publish(room: str, message: Message, *, exclude: str | None = None) -> None:
    """Send `message` to every socket in `room`, but not to the endpoint `exclude`. Call it through `after_commit`.

    A message {"t": "event", "event": {"seq", "kind", …}} is numbered: sockets get it once, in order. Never raises for
    a Redis that is away: sockets of this process get it at once, the others replay when Redis is back.
    """
    bus().publish(room, message, exclude)


def endpoints(room: str) -> list[str]:
    """Endpoints that are connected to `room` now, on any process. Raises RedisError when that can't be told."""
    return bus().presence.list(room)


def close_sockets(*, room: str | None = None, login: str | None = None, user: str | None = None) -> None:
    """End the sockets of a login (log-out), of a user, or of a room, on every process, with 1008."""
    which = {"room": room, "login": login, "user": user}
    bus().control({"do": "close", **{k: v for k, v in which.items() if v}})


def bus() -> "Bus":
    return current_app.extensions["bus"]


class Bus:
    """One for each application; its listener starts with the first socket of the process."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.hub = Hub()
        self.mender = Mender(app)
        self.redis = _client(settings.redis_url, timeout=1.0)
        self.presence = Presence(self.redis)
        self._listener = Listener(
            _client(settings.redis_url, timeout=QUIET_SECONDS), self, settings.redis_patience_seconds
        )
        self._avoid_until = 0.0
        self._unsent = Unsent(self._confess)

    def listen(self) -> None:
        """Make sure that this process hears the others, before a socket takes its snapshot."""
        self._listener.start()

    def publish(self, room: str, message: Message, exclude: str | None = None) -> None:
        event = message.get("event") or {}
        epoch = event["payload"]["epoch"] if event.get("kind") == CALL_STARTED else None
        data = orjson.dumps(message, option=orjson.OPT_UTC_Z)
        head = orjson.dumps([event.get("seq"), epoch, exclude])
        if not self.send(ROOM + room, head + b"\n" + data):
            self.receive_room(room, head, data)
            self._unsent.add(room)

    def control(self, order: Message) -> None:
        if not self.send(CONTROL, orjson.dumps(order)):
            self.obey(order)

    def send(self, channel: str, payload: bytes) -> bool:
        """To Redis; False when it is away. After a failure it is left alone for a second: callers don't queue up."""
        if monotonic() < self._avoid_until:
            return False
        try:
            self.redis.publish(channel, payload)
        except (RedisError, OSError) as fault:
            self._avoid_until = monotonic() + 1.0
            log.warning("redis is away, a message stays in this process: %s", fault)
            return False
        return True

    def _confess(self, rooms: list[str]) -> bool:
        """Tell every process that these rooms missed something; False when Redis is still away."""
        return self.send(CONTROL, orjson.dumps({"do": "mend", "rooms": rooms}))

    # --- what the listener hears -------------------------------------------------------------------

    def receive(self, channel: str, payload: bytes) -> None:
        if channel.startswith(ROOM):
            head, _, data = payload.partition(b"\n")
            self.receive_room(channel.removeprefix(ROOM), head, data)
        elif channel.startswith(SIGNAL):
            to, _, frame = payload.partition(b"\n")
            if member := self.hub.at(channel.removeprefix(SIGNAL), to.decode()):
                member.offer(Live(frame), "")
        else:
            self.obey(orjson.loads(payload))

    def receive_room(self, room: str, head: bytes, data: bytes) -> None:
        if not self.hub.members(room):
            return
        seq, epoch, exclude = orjson.loads(head)
        if epoch is not None:
            self.hub.set_epoch(room, epoch)
        self.hub.deliver(room, Live(data, seq, exclude))

    def obey(self, order: Message) -> None:
        """Orders to every process: end sockets, or give way to a newer one."""
        if order["do"] == "replace":
            for member in self.hub.members(order["room"]):
                if _gives_way(member, order):
                    member.replaced = True
                    member.socket.close(4001, "replaced")
        elif order["do"] == "close":
            wanted = [(k, v) for k, v in order.items() if k != "do"]
            members = [m for m in self.hub.everyone() if all(getattr(m, k) == v for k, v in wanted)]
            self.hub.close(members, 1008, "signed out")
        elif order["do"] == "mend":
            self._replay(m for room in order["rooms"] for m in self.hub.members(room))

    def replay_all(self) -> None:
        """Redis was away: what was said meanwhile is fetched again."""
        self._replay(self.hub.everyone())

    def _replay(self, members: Iterable[Member]) -> None:
        for member in members:
            member.untold = member.endpoint is not None
            if member.channel.snapshot or member.untold:
                self.mender.ask(member)
            member.socket.send(REPLAY)


def _gives_way(member: Any, order: Message) -> bool:
    same = member.endpoint == order["endpoint"] and member.user == order["user"]
    return same and member.id != order["by"] and member.id < order["by"]


class Unsent:
    """Rooms whose messages did not leave this process; said again, as one order, as soon as Redis is back."""

    def __init__(self, confess: Callable[[list[str]], bool]) -> None:
        self._confess = confess
        self._lock = threading.Lock()
        self._rooms: set[str] = set()
        self._running = False

    def add(self, room: str) -> None:
        with self._lock:
            self._rooms.add(room)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="bus-unsent", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(0.3)
            with self._lock:
                rooms = sorted(self._rooms)
            if self._confess(rooms):
                with self._lock:
                    self._rooms.difference_update(rooms)
                    if not self._rooms:
                        self._running = False
                        return


def _client(url: str, timeout: float) -> Redis:
    return Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 1), retry_on_error=[]
    )


class Listener:
    """The one subscriber of a process. It comes back when Redis does and says so; if it can't, the process ends."""

    def __init__(self, redis: Redis, bus: Bus, patience: float) -> None:
        self._redis, self._bus, self._patience = redis, bus, patience
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._pid = 0

    def start(self, wait: float = 2.0) -> None:
        with self._lock:
            if self._pid != os.getpid():  # first use, or first use after a fork
                self._pid = os.getpid()
                self._ready.clear()
                threading.Thread(target=self._run, name="bus-listener", daemon=True).start()
        self._ready.wait(wait)  # when Redis is away, sockets open all the same and replay later

    def _run(self) -> None:
        lost_at, delay, before = monotonic(), 0.05, False
        while True:
            try:
                with self._redis.pubsub() as pubsub:
                    pubsub.psubscribe(ROOM + "*", SIGNAL + "*", CONTROL)
                    self._listen(pubsub, before)
            except (RedisError, OSError) as fault:
                if self._ready.is_set():
                    lost_at, delay, before = monotonic(), 0.05, True
                    self._ready.clear()
                    log.warning("the bus lost redis: %s", fault)
            except Exception:
                log.critical("the bus listener failed", exc_info=True)
                return _end_process()
            if monotonic() - lost_at > self._patience:
                log.critical("redis has been away for %s s: this process ends", self._patience)
                return _end_process()
            threading.Event().wait(delay)
            delay = min(1.0, delay * 2)

    def _listen(self, pubsub: Any, before: bool) -> None:
        missing, asked = 3, False
        while True:
            message = pubsub.get_message(timeout=QUIET_SECONDS)
            if message is None:
                if asked:
                    raise RedisError("no answer to a ping")
                pubsub.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "psubscribe":
                missing -= 1
                if missing == 0:
                    self._ready.set()
                    if before:
                        log.warning("the bus is back, every socket replays")
                        self._bus.replay_all()
            elif message["type"] == "pmessage":
                self._hand_on(message)

    def _hand_on(self, message: Any) -> None:
        try:
            self._bus.receive(message["channel"].decode(), message["data"])
        except Exception:
            log.exception("a message from the bus was not understood")


def _end_process(end: Callable[[int, int], None] = os.kill) -> None:
    """Loudly: the supervisor starts a new one. A process that is deaf and looks healthy is worse."""
    end(os.getpid(), signal.SIGTERM)


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["bus"] = Bus(app, settings)
