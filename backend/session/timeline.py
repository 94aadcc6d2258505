"""The append-only, numbered, hash-chained record of a session, and its replay.

Every verb appends here in the same transaction in which it moves the session. The number is taken from the locked
session row, so it has no gap and no repeat. Each event's hash covers the one before it, twice: SHA-256 and SM3.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash
from sqlalchemy import select, update

from backend.identity.service import NAMELESS
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.crypto import mask_name
from backend.platform.db import after_commit, db, in_unit_of_work
from backend.realtime.bus import publish
from backend.session.models import ServiceSession, TimelineEvent

GENESIS = "0" * 64
SYSTEM = None  # as an actor: nobody pressed a button, time or a rule did it


def lock(session_id: str) -> ServiceSession | None:
    """The session as it is now, locked until the unit of work ends: verbs on one session follow each other."""
    query = select(ServiceSession).where(ServiceSession.id == session_id)
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True))


def record(
    session: ServiceSession,
    kind: str,
    actor: Actor | None,
    payload: Mapping[str, Any] | None = None,
    audience: str = "all",
    client_id: str | None = None,
) -> TimelineEvent:
    """Append one event (inside a unit of work); it is published once that has committed.

    `actor` None is the system. `audience` "staff" hides kind, actor and payload from the applicant. `payload` must be
    plain JSON without floats (a database may write a float another way, and the chain would break).
    """
    if not in_unit_of_work():
        raise RuntimeError("record() outside a unit of work")
    taken = (
        update(ServiceSession)
        .where(ServiceSession.id == session.id)
        .values(last_seq=ServiceSession.last_seq + 1)
        .returning(ServiceSession.last_seq)
        .execution_options(synchronize_session=False)
    )
    seq = db.session.execute(taken).scalar_one()
    db.session.expire(session, ["last_seq"])
    before = _at(session.id, seq - 1)
    kind_, id_, name = _who(actor)
    event = TimelineEvent(
        session_id=session.id, seq=seq, kind=kind, actor_kind=kind_, actor_id=id_, actor_name=name, audience=audience,
        payload=_plain(dict(payload or {})), client_id=client_id, at=_milliseconds(now()),
        prev_hash=before.hash if before else GENESIS,
    )  # fmt: skip
    event.hash, event.hash_sm3 = _hashes(event, before)
    db.session.add(event)
    db.session.flush()
    after_commit(_announcement(event))
    return event


def events(session_id: str, after: int = 0, *, staff: bool = False, limit: int = 2000) -> list[dict[str, Any]]:
    """The events numbered above `after`, in order, as they go over the wire."""
    query = select(TimelineEvent).where(TimelineEvent.session_id == session_id, TimelineEvent.seq > after)
    found = list(db.session.scalars(query.order_by(TimelineEvent.seq).limit(limit)))
    gone = _gone(session_id) if any(e.kind.startswith("chat.") for e in found) else {}
    return [wire(e, staff=staff, gone=gone.get(e.seq)) for e in found]


def find(session_id: str, seq: int) -> TimelineEvent | None:
    return _at(session_id, seq)


def by_client_id(session_id: str, actor_id: str, client_id: str) -> TimelineEvent | None:
    """The event that this sender's message `client_id` already made."""
    query = select(TimelineEvent).where(
        TimelineEvent.session_id == session_id,
        TimelineEvent.actor_id == actor_id,
        TimelineEvent.client_id == client_id,
    )
    return db.session.scalar(query)


def latest(session_id: str, kind: str) -> TimelineEvent | None:
    query = select(TimelineEvent).where(TimelineEvent.session_id == session_id, TimelineEvent.kind == kind)
    return db.session.scalar(query.order_by(TimelineEvent.seq.desc()).limit(1))


def find_about(session_id: str, kind: str, seq: int) -> TimelineEvent | None:
    """The newest event of a kind about the message `seq`."""
    query = select(TimelineEvent).where(TimelineEvent.session_id == session_id, TimelineEvent.kind == kind)
    found = db.session.scalars(query.order_by(TimelineEvent.seq.desc()))
    return next((event for event in found if event.payload["seq"] == seq), None)


def wire(event: TimelineEvent, *, staff: bool, gone: str | None = None) -> dict[str, Any]:
    """An event as clients see it. What is for staff leaves its number only, so that the numbers have no gap. `gone`:
    "recalled" or "withheld", what was said is shown no more.
    """
    at = stamp(event.at)
    if event.audience == "staff" and not staff:
        return {"seq": event.seq, "kind": "hidden", "at": at}
    actor = {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name}
    payload = {gone: True, "client_id": event.client_id} if gone else event.payload
    return {"seq": event.seq, "kind": event.kind, "actor": actor, "at": at, "payload": payload}


def stamp(moment: datetime) -> str:
    """2026-11-25T06:00:00.000Z"""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


# --- tamper evidence (M43) --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What verify found. `fault` names the first wrong event; `head` is the last hash, to be kept elsewhere."""

    session_id: str
    events: int
    fault: str | None
    head: str

    @property
    def ok(self) -> bool:
        return self.fault is None


def verify(session_id: str) -> Verdict:
    """Recompute the chain from the stored rows: numbers, both hashes, and the session's own counter."""
    query = select(TimelineEvent).where(TimelineEvent.session_id == session_id).order_by(TimelineEvent.seq)
    before: TimelineEvent | None = None
    count = 0
    for event in db.session.scalars(query.execution_options(populate_existing=True)):
        count += 1
        head = before.hash if before else GENESIS
        if event.seq != count:
            return Verdict(session_id, count - 1, f"event {count} is missing", head)
        if event.prev_hash != head or (event.hash, event.hash_sm3) != _hashes(event, before):
            return Verdict(session_id, count, f"event {count} ({event.kind}) was changed", head)
        before = event
    last = db.session.scalar(select(ServiceSession.last_seq).where(ServiceSession.id == session_id)) or 0
    fault = None if last == count else f"the session counts {last} events, {count} are stored"
    return Verdict(session_id, count, fault, before.hash if before else GENESIS)


def canonical(event: TimelineEvent) -> bytes:
    """The one byte string that an event's hash covers: JSON with sorted keys, no spaces, UTF-8."""
    covered = {
        "session_id": event.session_id, "seq": event.seq, "kind": event.kind, "actor_kind": event.actor_kind,
        "actor_id": event.actor_id, "actor_name": event.actor_name, "audience": event.audience,
        "payload": event.payload, "client_id": event.client_id, "at": stamp(event.at),
    }  # fmt: skip
    return json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _hashes(event: TimelineEvent, before: TimelineEvent | None) -> tuple[str, str]:
    body = canonical(event)
    sha = hashlib.sha256((before.hash if before else GENESIS).encode() + b"\n" + body).hexdigest()
    sm3 = Hash(SM3())
    sm3.update((before.hash_sm3 if before else GENESIS).encode() + b"\n" + body)
    return sha, sm3.finalize().hex()


# --- small things -------------------------------------------------------------------------------------------


def _at(session_id: str, seq: int) -> TimelineEvent | None:
    query = select(TimelineEvent).where(TimelineEvent.session_id == session_id, TimelineEvent.seq == seq)
    return db.session.scalar(query)


def _who(actor: Actor | None) -> tuple[str, str | None, str]:
    if actor is None:
        return "system", None, "系统"
    if actor.staff:
        return "agent", actor.id, actor.name
    return "applicant", actor.id, NAMELESS if actor.name in ("", NAMELESS) else mask_name(actor.name)


_TAKES_AWAY = {"chat.recalled": "recalled", "chat.withheld": "withheld"}


def _gone(session_id: str) -> dict[int, str]:
    """Messages that are shown no more, by number: taken back by their sender, or unfit (moderation.py)."""
    query = select(TimelineEvent.kind, TimelineEvent.payload).where(
        TimelineEvent.session_id == session_id, TimelineEvent.kind.in_(_TAKES_AWAY)
    )
    return {payload["seq"]: _TAKES_AWAY[kind] for kind, payload in db.session.execute(query)}


def _announcement(event: TimelineEvent) -> Callable[[], object]:
    """What leaves after commit: the event as staff see it, marked when the applicant's socket must hide it."""
    room = room_of(event.session_id)
    seen = wire(event, staff=True) | ({"audience": "staff"} if event.audience == "staff" else {})
    return lambda: publish(room, {"t": "event", "room": room, "event": seen})


def hide(message: dict[str, Any]) -> dict[str, Any]:
    """A live message as an applicant may see it."""
    event = message.get("event")
    if not event or event.get("audience") != "staff":
        return message
    return {**message, "event": {"seq": event["seq"], "kind": "hidden", "at": event["at"]}}


def room_of(session_id: str) -> str:
    return f"session:{session_id}"


def _plain(value: Any) -> Any:
    """`value` if it is JSON that every database gives back as it was stored."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, datetime):
        return stamp(value)
    if value is None or isinstance(value, (bool, int, str)):
        return str(value) if isinstance(value, str) else value
    raise TypeError(f"{type(value).__name__} can't go into a timeline payload")


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
