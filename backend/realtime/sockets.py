"""The life of one socket: ticket, room, replay, live; upward only what is never stored."""

import logging
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from redis.exceptions import RedisError

from backend.config import Settings
from backend.platform import tickets
from backend.platform.auth import Actor
from backend.platform.db import db
from backend.platform.errors import DomainError, Forbidden
from backend.platform.settings import settings
from backend.realtime import signalling
from backend.realtime.bus import Bus, bus, publish
from backend.realtime.channels import Channel, Message, open_channel
from backend.realtime.frames import BAD_TICKET, BROKEN, BUSY, POLICY, REPLACED, text_frame
from backend.realtime.hub import Member
from backend.realtime.limits import Bucket, Rules
from backend.realtime.presence import TOUCH_EVERY
from backend.realtime.server import Socket

log = logging.getLogger(__name__)

TICKET_SECONDS = 30
NATIVE_ENTRIES = frozenset({"mp"})  # the mini-program's sockets carry no Origin
PONG = text_frame(b'{"t":"pong"}')


def issue_ticket(name: str, actor: Actor | None, request: Message) -> str:
    """A single-use pass for one connection to a channel; raises as the channel does when the actor may not listen."""
    open_channel(name, actor, request)
    who = {**vars(actor), "roles": sorted(actor.roles)} if actor else None
    return tickets.issue("socket", {"channel": name, "actor": who, "request": request}, TICKET_SECONDS)


def rules(settings: Settings) -> Rules:
    return Rules(
        message_bytes=settings.socket_message_bytes,
        outbox_bytes=settings.socket_outbox_bytes,
        frames_per_second=settings.socket_signals_per_second + settings.socket_messages_per_second + 20,
        ping_seconds=settings.socket_ping_seconds,
        dead_seconds=settings.socket_dead_seconds,
        send_seconds=settings.socket_send_seconds,
        admit=admit,
    )


def admit(environ: dict[str, Any]) -> None:
    """Refuse a page of another site before the upgrade (ASVS 5.0 4.4.2). Raises Forbidden."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        token = parse_qs(environ.get("QUERY_STRING", "")).get("ticket", [""])[0]
        ticket = tickets.peek("socket", token) or {}
        if (ticket.get("actor") or {}).get("entry") not in NATIVE_ENTRIES:
            raise Forbidden("缺少来源,拒绝连接")
    elif origin not in settings().allowed_origins and not _own(origin, environ.get("HTTP_HOST", "")):
        raise Forbidden("来源不被允许")


def _own(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc.lower() == host.lower()


def serve(socket: Socket, token: str, after: int) -> None:
    """Run a socket until it ends; the request's thread lives in here."""
    the_bus = bus()
    if not the_bus.hub.enter(settings().socket_limit):
        return _refuse(socket, BUSY, "busy")
    try:
        opened = _open(token)
        db.session.remove()
        if opened is None:
            return _refuse(socket, BAD_TICKET, "ticket")
        actor, channel = opened
        user, login = (actor.id, actor.login_id) if actor else (None, None)
        Connection(the_bus, Member(socket, channel, user, login, after)).run()
    except Exception:  # an error page must not be written into the stream of frames
        log.exception("a socket failed")
        _refuse(socket, BROKEN, "failed")
    finally:
        the_bus.hub.exit()
        db.session.remove()


def _refuse(socket: Socket, code: int, reason: str) -> None:
    socket.close(code, reason)
    for _ in socket.messages():
        pass  # until the closing handshake is over


def _open(token: str) -> tuple[Actor | None, Channel] | None:
    ticket = tickets.take("socket", token)
    if ticket is None:
        return None
    who = ticket["actor"]
    actor = Actor(**{**who, "roles": frozenset(who["roles"])}) if who else None
    try:
        return actor, open_channel(ticket["channel"], actor, ticket["request"])
    except DomainError:
        return None  # it was allowed when the ticket was issued and is not any more


class Connection:
    """A member and what it does between its first and its last frame."""

    def __init__(self, bus: Bus, member: Member) -> None:
        self.bus, self.member, self.socket = bus, member, member.socket
        member.mend, member.touch = bus.mender.ask, self._touch
        limits = settings()
        self._small = Bucket(limits.socket_messages_per_second)
        self._signals = Bucket(limits.socket_signals_per_second)
        self._next_touch = monotonic() + TOUCH_EVERY

    def run(self) -> None:
        self.bus.listen()
        self.bus.hub.join(self.member)
        try:
            try:
                self._start()
            except Exception:
                log.exception("a socket could not be opened")
                self.socket.close(BROKEN, "open")
            for text in self.socket.messages(self._tick):
                self._answer(text)
        finally:
            self.bus.hub.leave(self.member)
            self._leave()

    # --- opening and leaving -----------------------------------------------------------------------

    def _start(self) -> None:
        """Already subscribed: greet, claim the endpoint, replay, go live."""
        member = self.member
        epoch = self.bus.hub.epoch(member.room)
        hello = {"t": "hello", "seq": member.last_seq, "endpoint": member.endpoint, "epoch": epoch}
        self.socket.send(text_frame(orjson.dumps(hello)))
        waiting: list[bytes] = []
        if member.endpoint:
            waiting = self._claim()
            self._call(member.channel.on_open)
        for live in signalling.parked(waiting, self.bus.hub.epoch(member.room)):
            self.socket.send_waiting(live.frame)
        member.catch_up(self.socket.send_waiting)
        db.session.remove()

    def _claim(self) -> list[bytes]:
        member = self.member
        try:
            live, waiting = self.bus.presence.claim(member.room, member.endpoint or "", member.id)
        except (RedisError, OSError):
            live, waiting = [], []
            log.warning("redis is away: presence of %s is not known", member.room)
        place = {"room": member.room, "endpoint": member.endpoint, "user": member.user}
        order = {"do": "replace", **place, "by": member.id}
        self.bus.obey(order)  # here at once, elsewhere by the bus
        self.bus.control(order)
        self._announce(live)
        return waiting

    def _leave(self) -> None:
        member = self.member
        if not member.endpoint:
            return
        try:
            mine, live = self.bus.presence.release(member.room, member.endpoint, member.id)
        except (RedisError, OSError):
            mine, live = not member.replaced, []
        if mine:
            self._announce(live)
            self._call(member.channel.on_close)

    def _announce(self, live: list[str]) -> None:
        publish(self.member.room, {"t": "presence", "endpoints": live})

    def _call(self, callback: Any) -> None:
        if callback is None:
            return
        try:
            callback()
        except Exception:
            log.exception("a callback of a socket of %s failed", self.member.room)
        finally:
            db.session.remove()

    def _tick(self, now: float) -> None:
        """Now and then: say that we are here, and look whether an announcement was lost with a process that died."""
        if now < self._next_touch:
            return
        self._next_touch = now + TOUCH_EVERY
        if self.member.endpoint:
            self._touch()
        if self.member.channel.snapshot:
            self.bus.mender.ask(self.member)

    def _touch(self) -> None:
        try:
            mine, changed = self.bus.presence.touch(self.member.room, self.member.endpoint or "", self.member.id)
        except (RedisError, OSError):
            return
        if not mine:
            self.member.replaced = True
            self.socket.close(REPLACED, "replaced")
        elif changed is not None:
            self._announce(changed)

    # --- upward --------------------------------------------------------------------------------------

    def _answer(self, text: bytes) -> None:
        try:
            if not self._hear(text):
                self.socket.fail(POLICY, "not allowed")
        except Exception:
            log.exception("a message from a client broke its socket")
            self.socket.fail(BROKEN, "failed")

    def _hear(self, text: bytes) -> bool:
        """One message from the client; False ends the socket with 1008."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        kind = message.get("t") if type(message) is dict else None
        if type(kind) is not str:
            return False
        bucket = self._signals if kind == "signal" else self._small
        if not bucket.take(monotonic()):
            return False
        if kind == "ping":
            self.socket.send(PONG)
            return True
        if kind not in self.member.channel.says or not self.member.endpoint:
            return False
        if kind == "signal":
            return self._signal(message)
        return self._small_talk(kind, message)

    def _signal(self, message: Message) -> bool:
        try:
            signalling.relay(self.bus, self.member, message)
        except signalling.BadSignal:
            return False
        return True

    def _small_talk(self, kind: str, message: Message) -> bool:
        said: Message = {"t": kind, "from": self.member.endpoint}
        if kind == "pointer":
            x, y = message.get("x"), message.get("y")
            if not (_share(x) and _share(y)):
                return False
            said |= {"x": x, "y": y}
        publish(self.member.room, said, exclude=self.member.endpoint)
        return True


def _share(value: Any) -> bool:
    """A part of the picture's width or height."""
    return type(value) in (int, float) and 0 <= value <= 1


def init_app(app: Any) -> None:
    app.config["SOCK_SERVER_OPTIONS"] = {"rules": rules(app.extensions["settings"])}


