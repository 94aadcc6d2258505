"""Routes of the pick-up form, and the courier's push."""

from datetime import UTC, datetime
from typing import Any

from flask import request

from backend.courier import gateway, rules, service, view
from backend.courier.errors import BadPush, OutsideShenzhen
from backend.courier.schemas import OptionsOut, PickupIn, PickupOut, PushIn, PushOut
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.limits import limit
from backend.session import service as sessions
from backend.session.timeline import stamp

bp = Blueprint("courier", __name__, url_prefix="/api", tag="邮寄取件")


@bp.post("/sessions/<session_id>/pickup")
@access("agent")
@bp.output(PickupOut, 201)
def push(session_id: str) -> Any:
    """Ask the applicant for a pick-up (S31)."""
    return view.facts(service.push(current_actor(), session_id), current_actor())


@bp.get("/sessions/<session_id>/pickup/options")
@access("party", scoped=True)
@bp.output(OptionsOut)
def options(session_id: str) -> Any:
    """Districts and times the courier serves."""
    sessions.get_for(current_actor(), session_id)
    windows = [{"id": w.id, "start": stamp_utc(w.start), "end": stamp_utc(w.end)} for w in service.offered()]
    return {"districts": list(rules.DISTRICTS), "windows": windows, "notice": OutsideShenzhen.message}


@bp.post("/sessions/<session_id>/pickup/submit")
@access("applicant", scoped=True)
@bp.input(PickupIn)
@bp.output(PickupOut)
def submit(session_id: str, json_data: PickupIn) -> Any:
    """Fill in, or correct before it is ordered; the waybill follows as event pickup.ordered."""
    return view.facts(service.submit(current_actor(), session_id, **json_data.model_dump()), current_actor())


@bp.post("/sessions/<session_id>/pickup/cancel")
@access("agent")
@bp.output(PickupOut)
def cancel(session_id: str) -> Any:
    """No pick-up after all; only until it is ordered."""
    return view.facts(service.cancel(current_actor(), session_id), current_actor())


@bp.post("/courier/push")
@access("public")
@bp.input(PushIn)
@bp.output(PushOut)
def courier_push(json_data: PushIn) -> Any:
    """The courier tells us that a parcel was collected; signed with the shared key (X-Courier-Signature)."""
    limit(f"courier-push:{request.remote_addr}", 600, per=60)
    if not gateway.signed(request.get_data(), request.headers.get("X-Courier-Signature", "")):
        raise BadPush()
    service.collected(json_data.ref, json_data.waybill, json_data.at)
    return {"ok": True}


def stamp_utc(moment: datetime) -> str:
    return stamp(moment.astimezone(UTC))
