"""Text, image and file, ordered by the server, stored once, with how far each side has read (S19, M30, M31)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import after_commit, db, unit_of_work
from backend.platform.errors import Invalid, NotAllowedNow, NotFound
from backend.realtime.bus import publish
from backend.session import hooks, moderation, timeline
from backend.session.access import get_as
from backend.session.errors import SessionEnded
from backend.session.machine import ENDED, State
from backend.session.models import ServiceSession, TimelineEvent

MAX_TEXT = 4000  # characters
RECALL = timedelta(minutes=2)


def say(
    actor: Actor, session_id: str, client_id: str, *, text: str | None = None, attachment_id: str | None = None
) -> TimelineEvent:
    """Send one text or one attachment. `client_id` is the sender's own number: sent again, the first event is returned.

    Raises SessionEnded, NotAllowedNow (not active), Invalid, NotFound (no such attachment).
    """
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant", "agent")
        if stored := timeline.by_client_id(session.id, actor.id, client_id):
            return stored
        if session.state in ENDED:
            raise SessionEnded(state=session.state)
        if session.state != State.ACTIVE:
            raise NotAllowedNow("接通以后才能发送消息", state=session.state)
        if attachment_id is not None:
            kind, payload = _attachment(session, actor, attachment_id)
        else:
            kind, payload = "chat.text", {"text": _checked(text)}
        event = timeline.record(session, kind, actor, {**payload, "client_id": client_id}, client_id=client_id)
        moderation.said(session, actor, event)
        return event


def recall(actor: Actor, session_id: str, seq: int) -> TimelineEvent:
    """Take back one's own message within two minutes. The timeline keeps it; replay shows only that it was recalled."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant", "agent")
        event = timeline.find(session.id, seq)
        if event is None or not event.kind.startswith("chat.") or event.actor_id != actor.id:
            raise NotFound()
        if session.state != State.ACTIVE or event.kind == "chat.recalled" or now() - event.at > RECALL:
            raise NotAllowedNow("发送超过两分钟的消息不能撤回")
        again = timeline.by_client_id(session.id, actor.id, f"recall:{seq}")
        return again or timeline.record(session, "chat.recalled", actor, {"seq": seq}, client_id=f"recall:{seq}")


def receive(actor: Actor, session_id: str, *, delivered: int, read: int) -> None:
    """How far the caller's side has received and read. Only ever grows, never beyond what there is."""
    with unit_of_work():
        session, side = get_as(actor, session_id, "applicant", "agent")
        read = min(read, session.last_seq)
        delivered = max(min(delivered, session.last_seq), read)
        new = {f"{side}_delivered": delivered, f"{side}_read": read}
        grown = {name: value for name, value in new.items() if value > getattr(session, name)}
        if not grown:
            return
        db.session.execute(update(ServiceSession).where(ServiceSession.id == session.id).values(grown))
        db.session.expire(session)
        room, message = f"session:{session.id}", {"t": "receipts", "receipts": receipts(session)}
        after_commit(lambda: publish(room, message))


def receipts(session: ServiceSession) -> dict[str, Any]:
    return {
        "applicant": {"delivered": session.applicant_delivered, "read": session.applicant_read},
        "agent": {"delivered": session.agent_delivered, "read": session.agent_read},
    }


def _attachment(session: ServiceSession, actor: Actor, attachment_id: str) -> tuple[str, dict[str, Any]]:
    facts = hooks.attachment_facts(session, actor, attachment_id)
    if facts is None:
        raise NotFound("附件不存在，请重新上传")
    named = {"attachment_id": attachment_id, "name": facts["name"]}
    if facts.get("width") and facts["mime"].startswith("image/"):
        return "chat.image", {**named, "width": facts["width"], "height": facts["height"]}
    return "chat.file", {**named, "size": facts["size"], "mime": facts["mime"]}


def _checked(text: str | None) -> str:
    if not text or not text.strip():
        raise Invalid("请输入内容", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"一条消息最多 {MAX_TEXT} 字，请分几条发送", field="text")
    return text
