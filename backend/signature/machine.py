"""States of a commitment and of the ticket behind its QR code (domain.md; guide rows S22–S24)."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    PUSHED = "pushed"  # 待阅读: the countdown runs from the moment the server first showed it
    READ = "read"  # 待签名: the countdown was served in full
    SIGNED = "signed"  # 已签名
    REJECTED = "rejected"  # the agent did not take the signature; a new one is pushed
    WITHDRAWN = "withdrawn"  # 已撤回


class TicketState(StrEnum):
    NEW = "new"  # 等待扫码
    SCANNED = "scanned"  # 已扫码: bound to the phone that opened it first
    SIGNED = "signed"
    EXPIRED = "expired"
    REPLACED = "replaced"  # a newer code was made


S, T = State, TicketState
UNSIGNED = (S.PUSHED, S.READ)  # a session has at most one of these
LIVE_TICKET = (T.NEW, T.SCANNED)  # a commitment has at most one of these

machine = Machine(
    "commitment",
    move("read", [S.PUSHED], S.READ, "applicant"),
    move("sign", [S.READ], S.SIGNED, "applicant"),
    move("reject", [S.SIGNED], S.REJECTED, "agent"),
    move("withdraw", UNSIGNED, S.WITHDRAWN, "agent", "system"),
)

ticket_machine = Machine(
    "sign_ticket",
    move("scan", [T.NEW], T.SCANNED, "signer"),
    move("sign", [T.SCANNED], T.SIGNED, "signer"),
    move("replace", LIVE_TICKET, T.REPLACED, "applicant", "system"),
    move("expire", LIVE_TICKET, T.EXPIRED, "system"),
)
