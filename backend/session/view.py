"""What one person sees of a session and may do now. Clients draw buttons from `actions` and dialogs from `prompts`."""

from typing import Any

from backend.platform.auth import Actor
from backend.session import call, channel, chat, hooks, queue, timeline
from backend.session.access import Side, side_of
from backend.session.call import CONTROL, SCREEN, Call, Share
from backend.session.machine import OPEN, State, machine
from backend.session.models import ServiceSession

_ON_SERVER_ONLY = {"accept", "cancel_ring", "give_up", "expire"}  # moves that the session page does not offer


def view(session: ServiceSession, actor: Actor) -> dict[str, Any]:
    """The whole page in one answer. `actor` must be allowed to see the session (access.get_for)."""
    side = side_of(actor, session) or "observer"
    here = channel.endpoints(session.id)
    return {
        "id": session.id,
        "number": session.number,
        "state": session.state,
        "seq": session.last_seq,
        "side": side,
        "item": {"id": session.item_id, "name": session.item_name},
        "booking_id": session.booking_id,
        "mail_allowed": session.mail_allowed,
        "actions": actions(session, actor, side),
        "prompts": prompts(session, actor, side),
        "queue": queue.place(session).to_dict() if session.state == State.WAITING else None,
        "call_me": session.call_me,
        "peer": _peer(session, side, here),
        "applicant": {"masked_name": session.applicant_name, "real_name_level": session.real_name_level},
        "call": {"epoch": session.call_epoch, "state": session.call_state, "media_endpoint": session.media_endpoint},
        "screen": {"state": session.screen_state, "surface": session.screen_surface},
        "control": {"state": session.control_state},
        "outcome": session.outcome,
        "suspended": _suspended(session),
        "progress": progress(session),
        "receipts": chat.receipts(session),
        "endpoints": here,
        **{name: section(session, actor) for name, section in hooks.view_sections.items()},
    }


def actions(session: ServiceSession, actor: Actor, side: Side) -> list[str]:
    """What `actor` may do now: the machine's moves, then call, screen, help, chat, then what siblings add."""
    if side == "observer":
        return ["note"]
    allowed = [m for m in machine.allowed(session.state, side) if m not in _ON_SERVER_ONLY]
    if side == "applicant" and session.state == State.WAITING and session.tell_near and not session.call_me:
        allowed.append("call-me")
    if side == "agent" and session.state == State.RINGING:
        allowed.append("cancel-ring")
    if session.state == State.ACTIVE:
        allowed.append("send")
        allowed.append("call.end" if session.call_state == Call.ON else "call.start")
        allowed += [f"screen.{step}" for step in call.steps_allowed(SCREEN, session.screen_state, side)]
        allowed += [f"control.{step}" for step in call.steps_allowed(CONTROL, session.control_state, side)]
    if side == "applicant" and session.state in OPEN:
        allowed.append("handover")
    if side == "agent":
        allowed.append("note")
    for source in hooks.action_sources:
        allowed += source(session, actor)
    return allowed


def prompts(session: ServiceSession, actor: Actor, side: Side) -> list[dict[str, Any]]:
    """The dialogs that wait for `actor`, oldest first; each names the event that is its card in the chat."""
    found = _own_prompts(session) if side == "applicant" else []
    for source in hooks.prompt_sources:
        found += source(session, actor)
    return sorted(found, key=lambda p: p["seq"])


def _own_prompts(session: ServiceSession) -> list[dict[str, Any]]:
    found = []
    if session.state == State.RINGING:
        until = timeline.stamp(session.ring_until) if session.ring_until else None
        who = {"agent": session.agent_name, "number": session.agent_number, "until": until}
        found.append(_prompt(session, "ring", "客服已接入，请接听", "session.ringing", who))
    if session.call_state == Call.CALLING:
        found.append(_prompt(session, "call_invite", "客服邀请您开启音视频通话", "call.invited"))
    if session.screen_state in (Share.REQUESTED, Share.GRANTED):
        found.append(_prompt(session, "screen_request", "客服申请查看您的屏幕，请共享整个屏幕", "screen.requested"))
    if session.control_state == Share.REQUESTED:
        found.append(_prompt(session, "control_request", "客服申请远程协助您操作", "control.requested"))
    return found


def _prompt(session: ServiceSession, kind: str, title: str, event: str, data: Any = None) -> dict[str, Any]:
    card = timeline.latest(session.id, event)
    seq = card.seq if card else session.last_seq
    return {"id": f"{kind}:{seq}", "kind": kind, "title": title, "seq": seq, "data": data or {}}


def _peer(session: ServiceSession, side: Side, here: list[str]) -> dict[str, Any] | None:
    """The other one, and whether they are connected. Nobody before an agent has taken the session."""
    if side == "applicant":
        if not session.agent_id or session.state == State.WAITING:
            return None
        theirs = [e for e in here if e == "agent"]
        return {"name": session.agent_name, "number": session.agent_number, "online": bool(theirs), "endpoints": theirs}
    theirs = [e for e in here if e.startswith("applicant")]
    return {"name": session.applicant_name, "number": None, "online": bool(theirs), "endpoints": theirs}


def _suspended(session: ServiceSession) -> dict[str, Any] | None:
    if session.state != State.SUSPENDED:
        return None
    return {"by": session.suspended_by, "reason": session.suspend_reason, "missing": session.missing or [],
            "expires_at": session.suspend_until}  # fmt: skip


def progress(session: ServiceSession) -> list[dict[str, Any]]:
    """授权 → 承诺书 → 材料 → 核验 → 邮寄 → 评价, as far as the steps apply."""
    done = [(step, step.done(session)) for step in sorted(hooks.steps.values())]
    return [{"key": s.key, "title": s.title, "done": is_done} for s, is_done in done if is_done is not None]


def row(session: ServiceSession) -> dict[str, Any]:
    """One line of a list: no personal data, so that it may be shown to every agent of the group (S16)."""
    return {
        "id": session.id,
        "number": session.number,
        "state": session.state,
        "item": {"id": session.item_id, "name": session.item_name},
        "skill_group_id": session.skill_group_id,
        "booking_id": session.booking_id,
        "returning": session.line_class == queue.RETURNING,
        "waiting_since": session.waiting_since,
        "slot_at": session.line_slot_at,
        "away": session.away_at is not None,
        "own_agent_id": session.own_agent_id,
        "agent": {"id": session.agent_id, "name": session.agent_name} if session.agent_id else None,
        "suspended": _suspended(session),
        "outcome": session.outcome,
    }


@hooks.progress_step("consent", "授权", order=10)
def _consented(session: ServiceSession) -> bool:
    return True  # nobody enters the line without (gate.py)
