"""States of a pick-up form (guide rows S31, S32)."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    REQUESTED = "requested"  # 待填写
    SUBMITTED = "submitted"  # 已提交: the order is on its way to the courier; may still be corrected
    ORDERED = "ordered"  # 已下单, with a waybill number
    COLLECTED = "collected"  # 已取件
    CANCELLED = "cancelled"  # 已取消


S = State
LIVE = (S.REQUESTED, S.SUBMITTED, S.ORDERED)  # a session has at most one of these

machine = Machine(
    "pickup",
    move("submit", [S.REQUESTED, S.SUBMITTED], S.SUBMITTED, "applicant"),  # again: a correction
    move("order", [S.SUBMITTED], S.ORDERED, "courier"),
    move("collect", [S.ORDERED], S.COLLECTED, "courier"),
    move("cancel", [S.REQUESTED, S.SUBMITTED], S.CANCELLED, "agent", "system"),
)
