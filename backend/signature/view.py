"""What the commitment adds to a session's view: its card, the dialog, the step 承诺书."""

from typing import Any

from backend.platform.auth import Actor
from backend.session import hooks
from backend.session import service as sessions
from backend.session.machine import State as SessionState
from backend.session.models import ServiceSession
from backend.session.timeline import stamp
from backend.signature import service, tickets
from backend.signature.machine import UNSIGNED, State
from backend.signature.models import Commitment, Signature


def facts(row: Commitment) -> dict[str, Any]:
    """A commitment without its text."""
    signature = service.signature_of(row.id)
    return {
        "id": row.id,
        "state": row.state,
        "title": row.title,
        "version": row.template_version,
        "countdown_seconds": row.countdown_seconds,
        "read_seconds_left": service.seconds_left(row),
        "reason": row.reason,
        "pushed_at": _stamp(row.pushed_at),
        "read_at": _stamp(row.read_at),
        "signed_at": _stamp(row.signed_at),
        "signature": signature_facts(signature) if signature else None,
    }


def signature_facts(row: Signature) -> dict[str, Any]:
    shown = ("id", "method", "image_sha256", "drawn_sha256", "evidence_sha256")
    return {**{key: getattr(row, key) for key in shown}, "at": stamp(row.at)}


@hooks.view_section("commitment")
def commitment(session: ServiceSession, actor: Actor) -> dict[str, Any] | None:
    row = service.latest(session.id)
    return {**facts(row), "ticket": _ticket(row)} if row else None


def _ticket(row: Commitment) -> dict[str, Any] | None:
    ticket = tickets.newest_of(row.id)
    return {"state": tickets.state_of(ticket), "expires_at": stamp(ticket.expires_at)} if ticket else None


@hooks.prompt_source
def prompts(session: ServiceSession, actor: Actor) -> list[dict[str, Any]]:
    row = service.latest(session.id)
    if actor.staff or row is None or row.state not in UNSIGNED or session.state not in service.SIGNABLE:
        return []
    data = {"commitment_id": row.id, "state": row.state, "read_seconds_left": service.seconds_left(row)}
    prompt_id = f"commitment:{row.id}"
    return [
        {"id": prompt_id, "kind": "commitment", "title": row.title, "seq": row.pushed_seq or 0, "data": data}
    ]


@hooks.action_source
def actions(session: ServiceSession, actor: Actor) -> list[str]:
    side, row = sessions.side_of(actor, session), service.latest(session.id)
    state = row.state if row else None
    if side == "agent" and session.state == SessionState.ACTIVE:
        if state in UNSIGNED:
            return ["commitment.withdraw"]
        return ["commitment.reject"] if state == State.SIGNED else ["commitment.push"]
    if side == "applicant" and session.state in service.SIGNABLE:
        if state == State.PUSHED:
            return ["commitment.read"]
        return ["commitment.sign"] if state == State.READ else []
    return []


@hooks.progress_step("commitment", "承诺书", order=20)
def done(session: ServiceSession) -> bool:
    row = service.latest(session.id)
    return row is not None and row.state == State.SIGNED


@hooks.on_completed
def close(session: ServiceSession) -> None:
    service.withdraw_unsigned(session)


def _stamp(moment: Any) -> str | None:
    return stamp(moment) if moment else None
