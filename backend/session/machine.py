"""States of a service session: the whole truth, in one table (domain.md, State machines)."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    WAITING = "waiting"  # 排队中: in the line of a skill group
    RINGING = "ringing"  # 呼叫中: an agent has taken it, the applicant has not answered yet
    ACTIVE = "active"  # 会话中: the two are in session
    SUSPENDED = "suspended"  # 会话挂起: kept, nobody serves it; reconnect without a booking
    COMPLETED = "completed"  # 已办结: ended with an outcome
    ABANDONED = "abandoned"  # 已结束: left, never answered, or the suspension ran out


S = State
LIVE = (S.WAITING, S.RINGING, S.ACTIVE)  # a user has at most one of these
SERVED = (S.RINGING, S.ACTIVE)  # an agent has at most one of these
OPEN = (*LIVE, S.SUSPENDED)  # 未完成业务
ENDED = (S.COMPLETED, S.ABANDONED)  # never live again

machine = Machine(
    "session",
    move("accept", [S.WAITING], S.RINGING, "agent"),
    move("answer", [S.RINGING], S.ACTIVE, "applicant"),
    move("decline", [S.RINGING], S.WAITING, "applicant", "system"),  # or 30 s without an answer: behind the next 3
    move("cancel_ring", [S.RINGING], S.WAITING, "agent", "system"),  # the agent took it back: same place
    move("give_up", [S.RINGING], S.ABANDONED, "applicant", "system"),  # the second time without an answer
    move("suspend", [S.ACTIVE], S.SUSPENDED, "applicant", "agent", "system"),
    move("reconnect", [S.SUSPENDED], S.WAITING, "applicant", "system"),  # at the front, own agent first
    move("complete", [S.ACTIVE], S.COMPLETED, "agent"),
    move("leave", [S.WAITING, S.SUSPENDED], S.ABANDONED, "applicant"),
    move("expire", [S.WAITING, S.SUSPENDED], S.ABANDONED, "system"),
)
