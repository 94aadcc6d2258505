"""Verbs of the console: what an agent sees, the floor, personal data in full, quick replies."""

from typing import Any

from sqlalchemy import select

from backend.catalog import service as catalog
from backend.identity import service as identity
from backend.identity import staff_accounts
from backend.platform.audit import audit
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotFound
from backend.platform.limits import limit
from backend.rating import service as rating
from backend.session import duty, queue, reports
from backend.session import service as sessions
from backend.session.machine import OPEN, State
from backend.session.models import ServiceSession
from backend.session.view import row
from backend.staff import figures
from backend.staff.errors import ReasonMissing, RevealRefused
from backend.staff.models import QuickReply

AFTER_END_SECONDS = 3600  # an agent may look something up for so long after the end: wrap-up
REVEALS_AN_HOUR = 60


# --- what an agent sees ------------------------------------------------------------------------------------


def state(actor: Actor) -> dict[str, Any]:
    """The whole console in one answer; hints on the socket say when to ask again (P10: a gap is harmless)."""
    card = duty.of(actor.id)
    groups = card.skill_group_ids if card else staff_accounts.get(actor.id).skill_group_ids
    return {
        "me": me(actor),
        "duty": duty_view(card),
        "figures": figures.of_agent(actor.id),
        "waiting": [line(s, place=n) for n, s in enumerate(reports.waiting(groups), start=1)],
        "ringing": _first(reports.of_agent(actor.id, State.RINGING)),
        "mine": [line(s) for s in reports.of_agent(actor.id, State.ACTIVE)],
        "suspended": [line(s) for s in reports.of_agent(actor.id, State.SUSPENDED)],
        "wrap_up": _wrap_up(actor, card),
        "versions": {
            g.id: queue.version(g.id) for g in catalog.skill_groups() if not groups or g.id in groups
        },
    }


def me(actor: Actor) -> dict[str, Any]:
    """The agent's own card, with the groups they serve."""
    account = staff_accounts.get(actor.id)
    mine = set(account.skill_group_ids)
    groups = [{"id": g.id, "name": g.name} for g in catalog.skill_groups() if not mine or g.id in mine]
    return {**staff_accounts.card(actor.id), "roles": sorted(actor.roles), "skill_groups": groups}


def duty_view(card: duty.AgentDuty | None) -> dict[str, Any]:
    """State of an agent, since when, and what the agent may choose."""
    if card is None:
        return {"state": "offline", "since": None, "choices": ["idle"], "skill_group_ids": []}
    moves = duty.machine.allowed(card.state, "agent")
    choices = {"go_online": "idle", "done": "idle", "take_break": "break", "go_offline": "offline"}
    return {
        "state": card.state,
        "since": card.since,
        "choices": [choices[m] for m in moves if m in choices],
        "skill_group_ids": card.skill_group_ids,
    }


def line(session: ServiceSession, place: int | None = None) -> dict[str, Any]:
    """A session as a line of a list: no personal data beyond the masked name of one's own applicants."""
    return {**row(session), **reports.row_times(session), "place": place, "applicant": session.applicant_name}


def go(actor: Actor, target: str) -> dict[str, Any]:
    """Set one's state: "idle" (在线), "break" (小休), "offline" (离线)."""
    account = staff_accounts.get(actor.id)
    card = duty.go(actor, target, number=account.number, skill_group_ids=account.skill_group_ids)
    return duty_view(card)


def wrap_up_done(actor: Actor) -> dict[str, Any]:
    """Notes are written: ready for the next one."""
    duty.wrap_up_done(actor)
    return duty_view(duty.of(actor.id))


def list_sessions(
    actor: Actor, *, state: str | None, number: str | None, before: str | None, limit: int
) -> dict[str, Any]:
    """Sessions, newest first: one's own, or everyone's for a supervisor."""
    own = None if actor.has("supervisor", "admin") else actor.id
    rows, further = reports.page(agent_id=own, state=state, number=number, before=before, limit=limit)
    return {
        "items": [line(s) | {"created_at": s.created_at, "ended_at": s.ended_at} for s in rows],
        "next": further,
    }


# --- personal data in full -----------------------------------------------------------------------------------


def reveal(actor: Actor, session_id: str, field: str, reason: str = "") -> dict[str, Any]:
    """One datum of the applicant in full. Every look leaves an audit line and a note in the timeline (M56).

    The serving agent may while the case is open and an hour beyond; a supervisor must give a reason.
    """
    session = sessions.get_for(actor, session_id)
    side = sessions.side_of(actor, session)
    if side == "agent" and not _in_hand(session):
        raise RevealRefused()
    if side == "observer" and len(reason) < 2:
        raise ReasonMissing()
    limit(f"reveal:{actor.id}", REVEALS_AN_HOUR, per=3600)
    with unit_of_work():
        value = identity.reveal(session.applicant_id, field)
        audit("person.revealed", subject=f"session:{session_id}", field=field, reason=reason)
        sessions.record(session, "person.revealed", actor, {"field": field}, audience="staff")
    return {"field": field, "value": value}


def _in_hand(session: ServiceSession) -> bool:
    if session.state in OPEN:
        return True
    return session.ended_at is not None and (now() - session.ended_at).total_seconds() < AFTER_END_SECONDS


# --- the floor -------------------------------------------------------------------------------------------------


def floor() -> dict[str, Any]:
    """Who serves whom and for how long, and how each line stands (supervisor)."""
    in_hand = {s.agent_id: s for s in reports.served_now()}
    cards = {d.id: d for d in duty.everyone()}
    agents = [
        {
            **staff_accounts.card(account.id),
            **duty_view(cards.get(account.id)),
            "session": line(in_hand[account.id]) if account.id in in_hand else None,
        }
        for account in staff_accounts.everyone()
        if account.active and "agent" in account.roles
    ]
    return {
        "figures": figures.of_day(),
        "low_ratings": len(rating.follow_ups()),
        "agents": agents,
        "groups": [_group(g.id, g.name) for g in catalog.skill_groups()],
    }


def _group(group_id: str, name: str) -> dict[str, Any]:
    there = duty.online(group_id)
    waiting = [line(s, place=n) for n, s in enumerate(reports.waiting([group_id]), start=1)]
    return {
        "id": group_id,
        "name": name,
        "online": len(there),
        "idle": sum(d.state == duty.Duty.IDLE for d in there),
        "waiting": waiting,
        "longest_wait_seconds": max((w["waited_seconds"] for w in waiting), default=0),
    }


# --- quick replies -----------------------------------------------------------------------------------------------

FIRST_REPLIES = (
    ("问候", "您好，我是客服{客服}（工号{工号}），很高兴为您服务，请问是办理“{事项}”吗？"),
    ("核对身份", "请您面对摄像头，并出示身份证原件，我们核对一下身份。"),
    ("阅读承诺书", "请您阅读弹出的承诺书，倒计时结束后点击“签名”完成手写签名。"),
    ("上传材料", "请点击“上传材料”，把清单中的材料逐份上传。"),
    ("出示原件", "请您在摄像头前逐项展示材料原件，保持平稳、避免反光。"),
    ("材料不清晰", "这份材料的照片不够清晰，请在光线充足处重新拍摄后上传。"),
    (
        "暂存挂起",
        "您的材料还需要补充，可以先点击“会话挂起”，准备好后从“预约记录”点击“重新连接”，无需再次预约。",
    ),
    ("邮寄", "纸质材料请填写预约取件信息，快递员会按预约时间上门取件。"),
    ("结束语", "本次办理已完成，感谢您的配合，诚邀您对本次服务进行评价。"),
)


def quick_replies(*, everything: bool = False) -> list[QuickReply]:
    """Replies in their order; `everything` also those that are switched off."""
    query = select(QuickReply).order_by(QuickReply.order, QuickReply.id)
    return list(db.session.scalars(query if everything else query.where(QuickReply.active)))


def save_quick_reply(reply_id: str | None, **values: Any) -> QuickReply:
    """Add one, or change one. Raises NotFound."""
    with unit_of_work():
        reply = (
            db.session.get(QuickReply, reply_id)
            if reply_id
            else QuickReply(order=len(quick_replies(everything=True)))
        )
        if reply is None:
            raise NotFound()
        for name, value in values.items():
            setattr(reply, name, value)
        db.session.add(reply)
        db.session.flush()
        audit("quick_reply.saved", subject=f"quick_reply:{reply.id}")
        return reply


def load_first_replies() -> None:
    """The replies a new installation begins with; nothing when there are some already."""
    with unit_of_work():
        if not quick_replies(everything=True):
            for order, (title, text) in enumerate(FIRST_REPLIES):
                db.session.add(QuickReply(title=title, text=text, order=order))


# --- inside --------------------------------------------------------------------------------------------------------


def _first(rows: list[ServiceSession]) -> dict[str, Any] | None:
    return line(rows[0]) if rows else None


def _wrap_up(actor: Actor, card: duty.AgentDuty | None) -> dict[str, Any] | None:
    if card is None or card.state != duty.Duty.WRAP_UP:
        return None
    last = reports.last_of(actor.id)
    return line(last) if last else None
