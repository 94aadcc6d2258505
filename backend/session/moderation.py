"""Content rules for what applicants write in the chat, where the operator turns them on (contract 4; CONTENT_CHECK).

Words are checked before they are stored, with no transaction open: unfit ones are refused, doubtful ones are marked for
staff, and when WeChat does not answer they pass, marked, and are checked again later. Pictures are sent at once; when
WeChat finds one unfit later, `chat.withheld` takes it out of the chat. Who has no mini-program openid (signed in by
phone) can't be checked by WeChat, and papers that are handed in never are.
"""

from typing import Any

from flask import g, request
from sqlalchemy import select

from backend.identity import service as identity
from backend.platform import tickets
from backend.platform.auth import Actor, current_actor
from backend.platform.db import db, unit_of_work
from backend.platform.errors import DomainError, NotFound
from backend.platform.jobs import enqueue
from backend.platform.settings import settings
from backend.session import timeline
from backend.session.access import get_for, locked
from backend.session.errors import ContentRefused
from backend.session.machine import State
from backend.session.models import ContentCheck, ServiceSession, TimelineEvent
from backend.wechat.content import MediaCheck
from backend.wechat.errors import NotRecent
from backend.wechat.gateway import Verdict, gateway
from backend.wechat.hooks import on_media_check

FLAGGED, WITHHELD = "chat.flagged", "chat.withheld"
TICKET = "content"  # stands for one picture; WeChat fetches it at an address without a login
TICKET_SECONDS = 1800  # a result comes within so long
PENDING = Verdict("review", 0)  # WeChat did not answer


def look_at_words(session_id: str) -> None:
    """Before a message's transaction begins: what WeChat says of its words. Raises ContentRefused."""
    g.verdict = None
    actor, asked = current_actor(), request.get_json(silent=True)
    body = asked if isinstance(asked, dict) else {}
    text = body.get("text")
    if settings().content_check == "off" or actor.staff or not isinstance(text, str) or not text.strip():
        return
    session, openid = get_for(actor, session_id), identity.openids(actor.id).get("mp")
    sent = timeline.by_client_id(session.id, actor.id, str(body.get("client_id")))
    if openid is None or sent or session.state != State.ACTIVE:
        return
    db.session.commit()  # nothing was written: gives the connection back while WeChat thinks
    g.verdict = _ask(openid, text)
    if g.verdict.suggest == "risky":
        raise ContentRefused()


def _ask(openid: str, text: str) -> Verdict:
    try:
        return gateway().check_text(openid, text)
    except NotRecent:  # not in the mini-program but on a page: WeChat does not check those
        return Verdict("pass", 0)
    except DomainError:
        return PENDING


def said(session: ServiceSession, actor: Actor, event: TimelineEvent) -> None:
    """A message was stored: mark what is in doubt, and have checked what is not yet (inside its unit of work)."""
    verdict: Verdict | None = g.pop("verdict", None)
    if verdict and verdict.suggest == "review":
        _flag(session, event.seq, "pending" if verdict is PENDING else "review", verdict.label)
        if verdict is PENDING:
            enqueue("session.check_text", session.id, event.seq)
    if event.kind == "chat.image" and not actor.staff and settings().content_check == "all":
        enqueue("session.check_image", session.id, event.seq)


def _flag(session: ServiceSession, seq: int, suggest: str, label: int) -> None:
    payload = {"seq": seq, "suggest": suggest, "label": label}
    timeline.record(session, FLAGGED, timeline.SYSTEM, payload, audience="staff")


# --- later --------------------------------------------------------------------------------------------------


def check_text_again(session_id: str, seq: int) -> None:
    """What passed because WeChat did not answer. Raises what the gateway raises: the job comes again."""
    event, openid = _said_by(session_id, seq)
    if event is None or openid is None:
        return
    text = str(event.payload["text"])
    db.session.commit()
    try:
        verdict = gateway().check_text(openid, text)
    except NotRecent:
        return  # stays marked: a person looks at it
    settle(session_id, seq, verdict)


def ask_about_image(session_id: str, seq: int) -> None:
    """Have a picture of the chat looked at; the answer is pushed to `image_checked`."""
    event, openid = _said_by(session_id, seq)
    if event is None or openid is None:
        return
    ticket = tickets.issue(TICKET, {"attachment_id": event.payload["attachment_id"]}, ttl=TICKET_SECONDS)
    db.session.commit()
    try:
        trace_id = gateway().check_image(openid, f"{settings().public_url}/api/attachments/shown/{ticket}")
    except NotRecent:
        return
    with unit_of_work():
        db.session.add(ContentCheck(session_id=session_id, seq=seq, trace_id=trace_id))


@on_media_check
def image_checked(result: MediaCheck) -> None:
    """Raises NotFound for a result that is faster than our own note of the question: the job comes again."""
    check = db.session.scalar(select(ContentCheck).where(ContentCheck.trace_id == result.trace_id))
    if check is None:
        raise NotFound()
    settle(check.session_id, check.seq, result.verdict)


def settle(session_id: str, seq: int, verdict: Verdict) -> None:
    """The verdict on a message that is in the chat already. Twice the same has one effect."""
    with unit_of_work():
        session = locked(session_id)
        if timeline.find_about(session.id, WITHHELD, seq):
            return
        if verdict.suggest == "risky":
            timeline.record(session, WITHHELD, timeline.SYSTEM, {"seq": seq, "label": verdict.label})
            return
        before = timeline.find_about(session.id, FLAGGED, seq)
        known = before.payload["suggest"] if before else "pass"
        if verdict.suggest != known:
            _flag(session, seq, verdict.suggest, verdict.label)


def _said_by(session_id: str, seq: int) -> tuple[TimelineEvent | None, str | None]:
    event = timeline.find(session_id, seq)
    person: Any = event.actor_id if event else None
    return event, identity.openids(person).get("mp") if person else None
