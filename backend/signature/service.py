"""The verbs of 承诺书 (guide rows S22–S24): push, read in full, sign by a code or in place, reject.

All times are the server's. Each verb locks the session, moves one machine and appends to the timeline; of two phones
that sign at once one wins, and the unique index on the signature says so too (case S28).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from backend.catalog import service as catalog
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotFound
from backend.platform.ids import new_id
from backend.platform.storage import storage
from backend.session import service as sessions
from backend.session import timeline
from backend.session.machine import State as SessionState
from backend.session.models import ServiceSession
from backend.signature import handwriting, tickets
from backend.signature.errors import (
    AlreadyPushed,
    AlreadySigned,
    CommitmentGone,
    NotReadYet,
    SessionOver,
    TextStale,
    TooEarly,
)
from backend.signature.handwriting import Handwriting
from backend.signature.machine import UNSIGNED, State, machine
from backend.signature.models import Commitment, Signature

FOLDER = "signatures/"
SIGNABLE = (
    SessionState.ACTIVE,
    SessionState.SUSPENDED,
)  # a line that broke in mid-signature does not spoil it


@dataclass(frozen=True)
class Written:
    """A checked handwriting with where it came from. `body_hash`: of the text the signer had before the eyes."""

    hand: Handwriting
    image: bytes
    drawn: bytes
    body_hash: str | None
    ip: str | None
    device: str | None


def written(
    strokes: list[list[Any]],
    width: float,
    height: float,
    image: str,
    body_hash: str | None,
    ip: str | None,
    device: str,
) -> Written:
    """Check a handwriting; raises SignatureRefused in one of its forms (cases S27)."""
    hand = handwriting.parse(strokes, width, height)
    picture = handwriting.picture(image)
    handwriting.same(hand, picture)
    drawn = handwriting.png(handwriting.draw(hand))
    return Written(hand, handwriting.png(picture), drawn, body_hash, ip, device[:300])


# --- push, read -------------------------------------------------------------------------------------------------


def push(agent: Actor, session_id: str) -> Commitment:
    """Show the applicant the item's 承诺书 (S22). Raises AlreadyPushed while one is unsigned, AlreadySigned after."""
    with unit_of_work():
        session = sessions.serving(agent, session_id)
        before = latest(session_id)
        if before is not None and before.state in UNSIGNED:
            raise AlreadyPushed(commitment_id=before.id)
        if before is not None and before.state == State.SIGNED:
            raise AlreadySigned()
        text = catalog.commitment_for(session.item_id)
        row = Commitment(
            session_id=session_id, template_id=text.template_id, template_version=text.version, title=text.title,
            body=text.body, body_hash=hash_of(text.version, text.title, text.body),
            countdown_seconds=text.countdown_seconds, state=State.PUSHED, pushed_at=now(),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        event = sessions.record(
            session,
            "commitment.pushed",
            agent,
            {
                "commitment_id": row.id,
                "title": row.title,
                "version": row.template_version,
                "body_hash": row.body_hash,
            },
        )
        row.pushed_seq = event.seq
    return row


def show(actor: Actor, commitment_id: str) -> Commitment:
    """The text for one who may see it. The first time the applicant gets it, the countdown starts (S23)."""
    row = _seen(actor, commitment_id)
    if not actor.staff and row.opened_at is None and row.state == State.PUSHED:
        with unit_of_work():
            db.session.execute(
                update(Commitment)
                .where(Commitment.id == row.id, Commitment.opened_at.is_(None))
                .values(opened_at=now())
                .execution_options(synchronize_session=False)
            )
            db.session.expire(row)
    return row


def seconds_left(row: Commitment) -> int:
    """Whole seconds until the text may count as read; the full time while nobody has opened it."""
    if row.state != State.PUSHED:
        return 0
    if row.opened_at is None:
        return row.countdown_seconds
    left = row.opened_at + timedelta(seconds=row.countdown_seconds) - now()
    return max(0, -(-left // timedelta(seconds=1)))


def read(applicant: Actor, commitment_id: str) -> Commitment:
    """The applicant has read to the end: only after the countdown, by our clock. Raises TooEarly (S23, M40)."""
    with unit_of_work():
        session, row = _as(applicant, commitment_id, "applicant")
        if row.state in (State.READ, State.SIGNED):
            return row
        _not_gone(row)
        if left := seconds_left(row):
            raise TooEarly(f"请继续阅读，还需 {left} 秒", seconds_left=left)
        machine.apply(row, "read", "applicant", read_at=now())
        seconds = int((now() - (row.opened_at or now())).total_seconds())
        sessions.record(session, "commitment.read", applicant, {"commitment_id": row.id, "seconds": seconds})
    return row


# --- sign ---------------------------------------------------------------------------------------------------------


def issue_ticket(applicant: Actor, commitment_id: str) -> tickets.Issued:
    """A fresh QR code; an earlier one stops working (S24, P37). Raises NotReadYet, AlreadySigned, CommitmentGone."""
    with unit_of_work():
        session, row = _as(applicant, commitment_id, "applicant")
        _may_sign(session, row)
        issued = tickets.issue(row.id)
        sessions.record(
            session,
            "sign.ticketed",
            applicant,
            {"commitment_id": row.id, "expires_at": issued.row.expires_at},
        )
    return issued


def open_ticket(token: str, device: str) -> tuple[ServiceSession, Commitment, tickets.SignTicket]:
    """The phone has scanned the code: the first one to open it is the one that may sign (S24, P36).

    Raises NotFound, CodeExpired, CodeReplaced, OtherDevice, AlreadySigned, CommitmentGone, SessionOver.
    """
    with unit_of_work():
        session, row, ticket = _by_token(token)
        _may_sign(session, row)
        tickets.check(ticket)
        if tickets.scan(ticket, device):
            sessions.record(session, "sign.scanned", _signer(session, ticket), {"commitment_id": row.id})
    return session, row, ticket


def sign_by_ticket(token: str, device: str, what: Written) -> Signature:
    """The signature from the phone. Of two at once one gets in; the other is told 已签名.

    The very same handwriting from the same phone again (its first answer was lost) gives the signature that is there.
    """
    with unit_of_work():
        session, row, ticket = _by_token(token)
        if (same := _sent_before(row, ticket, device, what)) is not None:
            return same
        _may_sign(session, row)
        tickets.check(ticket)
        tickets.use(ticket, device)
        return _sign(session, row, _signer(session, ticket), "qr", what)


def _sent_before(row: Commitment, ticket: tickets.SignTicket, device: str, what: Written) -> Signature | None:
    signature = (
        signature_of(row.id) if row.state == State.SIGNED and tickets.signed_by(ticket, device) else None
    )
    return signature if signature is not None and signature.strokes == what.hand.strokes else None


def sign_in_place(applicant: Actor, commitment_id: str, what: Written) -> Signature:
    """Signed on the phone that holds the session (rule 9); a code that is about is no longer needed."""
    with unit_of_work():
        session, row = _as(applicant, commitment_id, "applicant")
        _may_sign(session, row)
        tickets.replace(row.id)
        return _sign(session, row, applicant, "in_place", what)


def _sign(session: ServiceSession, row: Commitment, signer: Actor, method: str, what: Written) -> Signature:
    if what.body_hash is not None and what.body_hash != row.body_hash:
        raise TextStale()
    if catalog.commitment_for(session.item_id).version != row.template_version:
        raise TextStale(version=row.template_version)
    at = now()
    machine.apply(row, "sign", "applicant", signed_at=at)
    signature = _kept(session, row, method, what, at)
    payload = {
        "commitment_id": row.id, "title": row.title, "version": row.template_version, "method": method,
        "body_hash": row.body_hash, "image_sha256": signature.image_sha256,
        "evidence_sha256": signature.evidence_sha256,
    }  # fmt: skip
    sessions.record(session, "sign.signed", signer, payload)
    return signature


def _kept(session: ServiceSession, row: Commitment, method: str, what: Written, at: Any) -> Signature:
    signature = Signature(
        id=new_id(), commitment_id=row.id, session_id=session.id, signer_id=session.applicant_id, method=method,
        strokes=what.hand.strokes, width=what.hand.width, height=what.hand.height, body_hash=row.body_hash,
        image_sha256=hashlib.sha256(what.image).hexdigest(), drawn_sha256=hashlib.sha256(what.drawn).hexdigest(),
        ip=what.ip, device=what.device, at=at,
    )  # fmt: skip
    signature.evidence_sha256 = evidence_hash(signature)
    signature.image_key = f"{FOLDER}{signature.id}.png"
    signature.drawn_key = f"{FOLDER}{signature.id}-drawn.png"
    storage.put(signature.image_key, what.image)
    storage.put(signature.drawn_key, what.drawn)
    db.session.add(signature)
    db.session.flush()
    return signature


# --- take back ------------------------------------------------------------------------------------------------------


def withdraw(agent: Actor, commitment_id: str) -> Commitment:
    """Take an unsigned commitment back; its code stops working."""
    with unit_of_work():
        session, row = _as(agent, commitment_id, "agent")
        _withdraw(session, row, agent)
    return row


def withdraw_unsigned(session: ServiceSession) -> None:
    """The session ended: what was not signed is not waited for any more."""
    row = latest(session.id)
    if row is not None and row.state in UNSIGNED:
        _withdraw(session, row, None)


def _withdraw(session: ServiceSession, row: Commitment, agent: Actor | None) -> None:
    machine.apply(row, "withdraw", "agent" if agent else "system")
    tickets.replace(row.id)
    sessions.record(session, "commitment.withdrawn", agent, {"commitment_id": row.id, "title": row.title})


def reject(agent: Actor, commitment_id: str, reason: str) -> Commitment:
    """The handwriting can't be taken (not the name, unreadable): it stays on record, the agent pushes anew."""
    with unit_of_work():
        session, row = _as(agent, commitment_id, "agent")
        machine.apply(row, "reject", "agent", reason=reason)
        payload = {"commitment_id": row.id, "title": row.title, "reason": reason}
        sessions.record(session, "commitment.rejected", agent, payload)
    return row


# --- questions ------------------------------------------------------------------------------------------------------


def latest(session_id: str) -> Commitment | None:
    query = select(Commitment).where(Commitment.session_id == session_id, Commitment.state != State.WITHDRAWN)
    return db.session.scalar(query.order_by(Commitment.id.desc()).limit(1))


def signature_of(commitment_id: str) -> Signature | None:
    return db.session.scalar(select(Signature).where(Signature.commitment_id == commitment_id))


def signed(actor: Actor, commitment_id: str) -> Signature:
    """The signature under a commitment, for its applicant and its staff; raises NotFound."""
    row = _seen(actor, commitment_id)
    signature = signature_of(row.id)
    if signature is None:
        raise NotFound()
    return signature


def signed_with_text(actor: Actor, commitment_id: str) -> tuple[ServiceSession, Commitment, Signature]:
    """A signature with the text under which it stands and the session; raises NotFound."""
    signature = signed(actor, commitment_id)
    row = db.session.get_one(Commitment, commitment_id)
    return sessions.get_for(actor, row.session_id), row, signature


def hash_of(version: int, title: str, body: str) -> str:
    return hashlib.sha256(_canonical({"version": version, "title": title, "body": body})).hexdigest()


def evidence_hash(signature: Signature) -> str:
    """SHA-256 over strokes, both pictures, the text, the signer and the time: recomputed, it must be the stored one."""
    covered = {
        "commitment_id": signature.commitment_id, "signer_id": signature.signer_id, "method": signature.method,
        "strokes": signature.strokes, "width": signature.width, "height": signature.height,
        "image": signature.image_sha256, "drawn": signature.drawn_sha256, "body": signature.body_hash,
        "at": signature.at.isoformat(timespec="milliseconds"),
    }  # fmt: skip
    return hashlib.sha256(_canonical(covered)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# --- inside ---------------------------------------------------------------------------------------------------------


def _may_sign(session: ServiceSession, row: Commitment) -> None:
    if row.state == State.SIGNED:
        raise AlreadySigned()
    if session.state not in SIGNABLE:
        raise SessionOver(state=session.state)
    _not_gone(row)
    if row.state != State.READ:
        raise NotReadYet(seconds_left=seconds_left(row))


def _not_gone(row: Commitment) -> None:
    if row.state in (State.WITHDRAWN, State.REJECTED):
        raise CommitmentGone()


def _seen(actor: Actor, commitment_id: str) -> Commitment:
    row = db.session.get(Commitment, commitment_id)
    if row is None:
        raise NotFound()
    sessions.get_for(actor, row.session_id)
    return row


def _as(actor: Actor, commitment_id: str, side: Any) -> tuple[ServiceSession, Commitment]:
    row = db.session.get(Commitment, commitment_id)
    if row is None:
        raise NotFound()
    session, _ = sessions.get_as(actor, row.session_id, side)
    db.session.refresh(row)
    return session, row


def _by_token(token: str) -> tuple[ServiceSession, Commitment, tickets.SignTicket]:
    ticket = tickets.find(token)
    row = db.session.get_one(Commitment, ticket.commitment_id)
    session = timeline.lock(row.session_id)
    if session is None:
        raise NotFound()
    db.session.refresh(row)
    db.session.refresh(ticket)
    return session, row, ticket


def _signer(session: ServiceSession, ticket: tickets.SignTicket) -> Actor:
    """The applicant, on a phone that has no login but the code."""
    return Actor(
        "applicant", session.applicant_id, session.applicant_name, login_id=f"sign:{ticket.id}", entry="sign"
    )
