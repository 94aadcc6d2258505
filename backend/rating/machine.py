"""States of a follow-up: the whole truth, in one table."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    OPEN = "open"  # 待回访
    DONE = "done"  # 已办结
    WITHDRAWN = "withdrawn"  # the rating was changed to a good one before anybody called


machine = Machine(
    "follow_up",
    move("close", [State.OPEN], State.DONE, "supervisor"),
    move("withdraw", [State.OPEN], State.WITHDRAWN, "applicant"),
    move("reopen", [State.WITHDRAWN], State.OPEN, "applicant"),  # changed back to a bad one
)
