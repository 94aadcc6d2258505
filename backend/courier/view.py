"""What the pick-up adds to a session's view: the form, the dialog, the step 邮寄."""

from typing import Any

from backend.courier import rules, service
from backend.courier.machine import LIVE, State
from backend.courier.models import PickupForm
from backend.platform.auth import Actor
from backend.session import hooks
from backend.session import service as sessions
from backend.session.machine import State as SessionState
from backend.session.models import ServiceSession
from backend.session.timeline import stamp


def facts(row: PickupForm, actor: Actor) -> dict[str, Any]:
    """The form as `actor` may see it."""
    masked = {"name": row.name_masked, "phone": row.phone_masked, "address": None}
    window = None
    if row.window_start and row.window_end:
        window_id = rules.window_id(row.window_start)
        window = {"id": window_id, "start": stamp(row.window_start), "end": stamp(row.window_end)}
    return {
        "id": row.id,
        "state": row.state,
        **(masked if actor.staff else service.own_words(row)),
        "district": row.district,
        "window": window,
        "waybill": row.waybill,
        **{key: _stamp(getattr(row, key)) for key in ("submitted_at", "ordered_at", "collected_at")},
    }


@hooks.view_section("pickup")
def pickup(session: ServiceSession, actor: Actor) -> dict[str, Any] | None:
    row = service.latest(session.id)
    return facts(row, actor) if row else None


@hooks.prompt_source
def prompts(session: ServiceSession, actor: Actor) -> list[dict[str, Any]]:
    row = service.latest(session.id)
    if actor.staff or row is None or row.state != State.REQUESTED or session.state not in service.FILLABLE:
        return []
    prompt = {
        "id": f"pickup:{row.id}",
        "kind": "pickup",
        "title": "填写预约取件信息",
        "seq": row.requested_seq or 0,
    }
    return [{**prompt, "data": {"form_id": row.id}}]


@hooks.action_source
def actions(session: ServiceSession, actor: Actor) -> list[str]:
    side, row = sessions.side_of(actor, session), service.latest(session.id)
    state = row.state if row else None
    if side == "agent" and session.state == SessionState.ACTIVE:
        if state in (State.REQUESTED, State.SUBMITTED):
            return ["pickup.cancel"]
        return ["pickup.push"] if state not in LIVE and service.mail_allowed(session) else []
    if side == "applicant" and session.state in service.FILLABLE:
        return ["pickup.submit"] if state in (State.REQUESTED, State.SUBMITTED) else []
    return []


@hooks.progress_step("mail", "邮寄", order=50)
def done(session: ServiceSession) -> bool | None:
    row = service.latest(session.id)
    if row is None or row.state == State.CANCELLED:
        return False if service.mail_allowed(session) else None
    return row.state in (State.SUBMITTED, State.ORDERED, State.COLLECTED)


def _stamp(moment: Any) -> str | None:
    return stamp(moment) if moment else None
