"""States of a booking: the whole truth, in one table (domain.md, State machines)."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    HELD = "held"  # 待确认: a place is kept for two minutes, with a countdown
    BOOKED = "booked"  # 已预约
    QUEUED = "queued"  # 排队中 or in session
    SERVED = "served"  # 已办理
    CANCELLED = "cancelled"  # 已取消
    MISSED = "missed"  # 已爽约: the slot ended and nobody queued, or two calls were not answered
    EXPIRED = "expired"  # 已超时: the hold ran out
    RELEASED = "released"  # 已放弃: the hold was given up


S = State
ACTIVE = (S.HELD, S.BOOKED, S.QUEUED)  # these take a place of their slot

machine = Machine(
    "booking",
    move("confirm", [S.HELD], S.BOOKED, "applicant"),
    move("release", [S.HELD], S.RELEASED, "applicant"),
    move("expire", [S.HELD], S.EXPIRED, "system"),
    move("cancel", [S.BOOKED], S.CANCELLED, "applicant", "staff"),  # the applicant: before the slot starts
    move("reschedule", [S.BOOKED], S.BOOKED, "applicant"),  # the new place first, then the old one is freed
    move("queue", [S.BOOKED], S.QUEUED, "applicant"),  # only in the slot
    move("leave", [S.QUEUED], S.BOOKED, "system"),  # left the line inside the slot
    move("serve", [S.QUEUED], S.SERVED, "system"),
    move("not_answer", [S.QUEUED], S.MISSED, "system"),  # called twice, never answered
    move("miss", [S.BOOKED], S.MISSED, "system"),  # the slot ended, never queued
    move("lapse", [S.BOOKED], S.CANCELLED, "system"),  # the slot ended after the line was left: not a no-show
)
