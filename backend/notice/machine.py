"""States of a notice (features M14)."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    WAITING = "waiting"  # 待发送: for its time, for the morning, or for the next try
    SENT = "sent"  # 已发送 by its channel
    FAILED = "failed"  # 发送失败: there was a channel, it never took the notice
    DROPPED = "dropped"  # 未发送: nobody to send to, or too late; the person finds it in the list
    WITHDRAWN = "withdrawn"  # 已撤回: what it was about is no more


S = State

machine = Machine(
    "notice",
    move("try", [S.WAITING], S.WAITING, "system"),  # claimed for one try, put off, or on to the next channel
    move("send", [S.WAITING], S.SENT, "system"),
    move("return", [S.SENT], S.WAITING, "system"),  # taken, and not delivered after all: the next channel
    move("fail", [S.WAITING], S.FAILED, "system"),
    move("drop", [S.WAITING], S.DROPPED, "system"),
    move("withdraw", [S.WAITING], S.WITHDRAWN, "system"),
)
