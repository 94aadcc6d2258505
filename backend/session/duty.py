"""What an agent is doing: one table, and the verbs that move an agent through it (domain.md, Agent)."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update

from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.machine import Machine, move
from backend.platform.settings import settings
from backend.session import queue
from backend.session.errors import AgentNotIdle
from backend.session.models import AgentDuty


class Duty(StrEnum):
    OFFLINE = "offline"  # 离线
    IDLE = "idle"  # 在线: may be given an applicant
    SERVING = "serving"  # 服务中: a session rings or is active
    WRAP_UP = "wrap_up"  # 整理中: notes and outcome of the last one
    BREAK = "break"  # 小休


D = Duty
ONLINE = (D.IDLE, D.SERVING, D.WRAP_UP)  # 在线客服 (S15)

machine = Machine(
    "duty",
    move("go_online", [D.OFFLINE, D.BREAK], D.IDLE, "agent"),
    move("take", [D.IDLE], D.SERVING, "agent"),
    move("wrap_up", [D.SERVING], D.WRAP_UP, "agent", "system"),  # after an end
    move("free", [D.SERVING], D.IDLE, "agent", "system"),  # nobody answered, or the applicant's line broke
    move("done", [D.WRAP_UP], D.IDLE, "agent"),
    move("take_break", [D.IDLE, D.WRAP_UP], D.BREAK, "agent"),
    move("go_offline", [D.IDLE, D.WRAP_UP, D.BREAK], D.OFFLINE, "agent", "system"),
    move("lose", [D.SERVING], D.OFFLINE, "system"),  # gone in the middle of a session, beyond the grace time
)


def of(staff_id: str) -> AgentDuty | None:
    return db.session.get(AgentDuty, staff_id, populate_existing=True)


def go(actor: Actor, target: str, *, number: str = "", skill_group_ids: list[str] | None = None) -> AgentDuty:
    """Set the agent's own state: "idle" (在线), "break" (小休) or "offline" (离线). The same state again is no error.

    `skill_group_ids` empty: every group. Raises NotAllowedNow, e.g. in the middle of a session.
    """
    with unit_of_work():
        row = of(actor.id) or _new(actor)
        row.name, row.seen_at = actor.name, now()
        if number:
            row.number = number
        if skill_group_ids is not None:
            row.skill_group_ids = skill_group_ids
        if row.state != target:
            _apply(row, _towards(row.state, target), "agent")
    return row


def take(agent: Actor) -> AgentDuty:
    """idle → serving; raises AgentNotIdle. Of two presses at once only one gets here."""
    row = of(agent.id)
    if row is None:
        raise AgentNotIdle(state=D.OFFLINE)
    try:
        _apply(row, "take", "agent")
    except NotAllowedNow:
        raise AgentNotIdle(state=row.state) from None
    return row


def finish(staff_id: str | None, how: str, by: str = "system") -> None:
    """The agent's session rang out, broke or ended: "free", "wrap_up" or "lose". Nothing happens when not serving."""
    row = of(staff_id) if staff_id else None
    if row is not None and row.state == D.SERVING:
        _apply(row, how, by)


def wrap_up_done(actor: Actor) -> None:
    with unit_of_work():
        row = of(actor.id)
        if row is not None and row.state == D.WRAP_UP:
            _apply(row, "done", "agent")


def seen(staff_id: str) -> None:
    """The agent's console is alive (a socket's ping, a request). Written at most every ten seconds."""
    with unit_of_work():
        db.session.execute(
            update(AgentDuty)
            .where(AgentDuty.id == staff_id, AgentDuty.seen_at < now() - timedelta(seconds=10))
            .values(seen_at=now())
            .execution_options(synchronize_session=False)
        )


def online(skill_group_id: str) -> list[AgentDuty]:
    """The agents of a group that are there (S15: 在线客服人数)."""
    query = select(AgentDuty).where(AgentDuty.state.in_([s.value for s in ONLINE]))
    return [d for d in db.session.scalars(query) if serves(d, skill_group_id)]


def everyone() -> list[AgentDuty]:
    return list(db.session.scalars(select(AgentDuty).order_by(AgentDuty.number)))


def serves(row: AgentDuty, skill_group_id: str) -> bool:
    return not row.skill_group_ids or skill_group_id in row.skill_group_ids


def seen_lately(staff_id: str | None) -> bool:
    row = of(staff_id) if staff_id else None
    return row is not None and row.seen_at >= now() - timedelta(seconds=settings().agent_silent_seconds)


def unseen() -> list[AgentDuty]:
    """Agents that are not offline and whose console has been silent for too long (P12: ghosts)."""
    limit = now() - timedelta(seconds=settings().agent_silent_seconds)
    return list(db.session.scalars(select(AgentDuty).where(AgentDuty.state != D.OFFLINE, AgentDuty.seen_at < limit)))


def drop(staff_id: str) -> None:
    """A silent agent that serves nobody goes offline (P12)."""
    with unit_of_work():
        row = of(staff_id)
        if row is not None and row.state not in (D.OFFLINE, D.SERVING):
            _apply(row, "go_offline", "system")


def _new(actor: Actor) -> AgentDuty:
    row = AgentDuty(id=actor.id, state=D.OFFLINE, skill_group_ids=[])
    db.session.add(row)
    db.session.flush()
    return row


def _towards(state: str, target: str) -> str:
    if target == D.IDLE and state == D.WRAP_UP:
        return "done"
    return {D.IDLE: "go_online", D.BREAK: "take_break", D.OFFLINE: "go_offline"}[Duty(target)]


def _apply(row: AgentDuty, name: str, by: str) -> None:
    machine.apply(row, name, by, since=now(), seen_at=now() if by == "agent" else AgentDuty.seen_at)
    queue.changed_for_agent(row)
