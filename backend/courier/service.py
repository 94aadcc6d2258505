"""The verbs of 填写预约取件信息 (S31, S32): push, fill in, order, collected. Personal data stays encrypted."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from backend.booking import calendar
from backend.catalog import service as catalog
from backend.courier import rules
from backend.courier.errors import (
    AlreadyAsked,
    AlreadyOrdered,
    MailNotAllowed,
    NothingAsked,
)
from backend.courier.gateway import Order
from backend.courier.machine import LIVE, State, machine
from backend.courier.models import PickupForm
from backend.notice import service as notices
from backend.platform.auth import Actor
from backend.platform.clock import now, shanghai
from backend.platform.crypto import blinds, decrypt, encrypt, mask_name, mask_phone
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow, NotFound
from backend.platform.jobs import enqueue
from backend.session import service as sessions
from backend.session import timeline
from backend.session.machine import State as SessionState
from backend.session.models import ServiceSession

ORDER = "courier.order"
FILLABLE = (
    SessionState.ACTIVE,
    SessionState.SUSPENDED,
    SessionState.COMPLETED,
)  # after the talk is early enough


def mail_allowed(session: ServiceSession) -> bool:
    return catalog.get_item(session.item_id).mail_allowed


def push(agent: Actor, session_id: str) -> PickupForm:
    """Ask the applicant for a pick-up (S31). Raises MailNotAllowed, AlreadyAsked while one is under way."""
    with unit_of_work():
        session = sessions.serving(agent, session_id)
        if not mail_allowed(session):
            raise MailNotAllowed()
        before = latest(session_id)
        if before is not None and before.state in LIVE:
            raise AlreadyAsked(state=before.state)
        row = PickupForm(session_id=session_id, state=State.REQUESTED)
        db.session.add(row)
        db.session.flush()
        row.requested_seq = sessions.record(session, "pickup.requested", agent, {"form_id": row.id}).seq
    return row


def offered() -> list[rules.Window]:
    """The courier's times: working days from tomorrow."""
    return rules.windows(
        shanghai(calendar.workdays_later(now(), n)).date() for n in range(1, rules.WINDOW_DAYS + 1)
    )


def submit(
    applicant: Actor, session_id: str, *, name: str, phone: str, district: str, address: str, window: str
) -> PickupForm:
    """Fill in, or correct before it is ordered. The same content again changes nothing.

    Raises NothingAsked, AlreadyOrdered, and what is wrong with a field (rules.check).
    """
    with unit_of_work():
        session, _ = sessions.get_as(applicant, session_id, "applicant")
        row = latest(session_id)
        if row is None or row.state == State.CANCELLED or session.state not in FILLABLE:
            raise NothingAsked()
        if row.state in (State.ORDERED, State.COLLECTED):
            raise AlreadyOrdered()
        pickup = rules.check(name, phone, district, address, window, offered())
        fingerprints = blinds(
            "\n".join([pickup.name, pickup.phone, district, pickup.address, pickup.window.id])
        )
        if row.state == State.SUBMITTED and row.fingerprint in fingerprints:
            return row
        _fill(session, row, applicant, pickup, fingerprints[0])
    return row


def _fill(
    session: ServiceSession, row: PickupForm, applicant: Actor, pickup: rules.Pickup, fingerprint: str
) -> None:
    corrected, revision = row.revision > 0, row.revision + 1
    machine.apply(
        row, "submit", "applicant", revision=revision, fingerprint=fingerprint, submitted_at=now(),
        name_enc=encrypt(pickup.name), phone_enc=encrypt(pickup.phone), address_enc=encrypt(pickup.address),
        name_masked=mask_name(pickup.name), phone_masked=mask_phone(pickup.phone), district=pickup.district,
        window_start=pickup.window.start, window_end=pickup.window.end,
    )  # fmt: skip
    payload = {
        "form_id": row.id, "district": pickup.district, "corrected": corrected,
        "window": {"start": pickup.window.start.astimezone(UTC), "end": pickup.window.end.astimezone(UTC)},
    }  # fmt: skip
    sessions.record(session, "pickup.submitted", applicant, payload)
    enqueue(ORDER, row.id, dedupe=f"{ORDER}:{row.id}:{revision}")


def cancel(agent: Actor, session_id: str) -> PickupForm:
    """No pick-up after all; only until it is ordered."""
    with unit_of_work():
        session, _ = sessions.get_as(agent, session_id, "agent")
        row = latest(session_id)
        if row is None:
            raise NothingAsked()
        machine.apply(row, "cancel", "agent")
        sessions.record(session, "pickup.cancelled", agent, {"form_id": row.id})
    return row


# --- the courier -----------------------------------------------------------------------------------------------


def to_order(form_id: str) -> Order | None:
    """What to tell the courier, or None when there is nothing to tell any more."""
    row = db.session.get_one(PickupForm, form_id)
    if row.state != State.SUBMITTED or row.window_start is None or row.window_end is None:
        return None
    name, phone, address = (decrypt(v or "") for v in (row.name_enc, row.phone_enc, row.address_enc))
    full = address if "深圳" in address[:8] else f"广东省深圳市{_with_district(row.district or '', address)}"
    return Order(
        row.id, row.revision, name, phone, full, shanghai(row.window_start), shanghai(row.window_end)
    )


def _with_district(district: str, address: str) -> str:
    return address if address.startswith(district) else district + address


def ordered(form_id: str, revision: int, waybill: str) -> bool:
    """The courier has taken the order. False when a correction came meanwhile: its own job orders again."""
    with unit_of_work():
        row, session = _locked(form_id)
        try:
            machine.apply(
                row,
                "order",
                "courier",
                waybill=waybill,
                ordered_at=now(),
                where=[PickupForm.revision == revision],
            )
        except NotAllowedNow:
            return False
        sessions.record(session, "pickup.ordered", None, {"form_id": row.id, "waybill": waybill})
        data = {"id": session.id, "item": session.item_name, "waybill": waybill}
        notices.notify(session.applicant_id, "waybill", data, key=f"pickup:{row.id}:ordered")
    return True


def collected(form_id: str, waybill: str, at: datetime) -> bool:
    """The courier's push: the parcel is collected. Told twice, it has one effect. Raises NotFound."""
    with unit_of_work():
        row, session = _locked(form_id)
        if row.waybill != waybill:
            raise NotFound()
        if row.state == State.COLLECTED:
            return False
        machine.apply(row, "collect", "courier", collected_at=at)
        sessions.record(
            session,
            "pickup.collected",
            None,
            {"form_id": row.id, "waybill": waybill, "collected_at": at.astimezone(UTC)},
        )
    return True


# --- questions ---------------------------------------------------------------------------------------------------


def latest(session_id: str) -> PickupForm | None:
    query = (
        select(PickupForm).where(PickupForm.session_id == session_id).order_by(PickupForm.id.desc()).limit(1)
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def own_words(row: PickupForm) -> dict[str, Any]:
    """Name, phone and address in full: for the applicant who wrote them, to correct them."""
    return {
        key: decrypt(value) if value else None
        for key, value in (("name", row.name_enc), ("phone", row.phone_enc), ("address", row.address_enc))
    }


def _locked(form_id: str) -> tuple[PickupForm, ServiceSession]:
    row = db.session.get(PickupForm, form_id)
    session = timeline.lock(row.session_id) if row else None
    if row is None or session is None:
        raise NotFound()
    db.session.refresh(row)
    return row, session
