"""States of a requested material: the whole truth, in one table (domain.md; guide rows S25–S28)."""

from enum import StrEnum

from backend.platform.machine import Machine, move


class State(StrEnum):
    REQUESTED = "requested"  # 待上传
    UPLOADED = "uploaded"  # 已上传, waits for the agent's check
    REJECTED = "rejected"  # 已退回, with a reason
    VERIFIED = "verified"  # 已核验: final unless the agent reopens it
    WITHDRAWN = "withdrawn"  # 已撤回: no longer asked for


class VersionState(StrEnum):
    UPLOADED = "uploaded"  # the one to be checked
    REPLACED = "replaced"  # the applicant sent a better one before the check
    REJECTED = "rejected"
    VERIFIED = "verified"
    VOIDED = "voided"  # was verified, then reopened: the check no longer counts


S = State
OPEN = (S.REQUESTED, S.REJECTED, S.UPLOADED)  # may be uploaded or replaced

machine = Machine(
    "material",
    move("upload", OPEN, S.UPLOADED, "applicant"),
    move("capture", OPEN, S.UPLOADED, "agent"),  # a picture from the video becomes a version
    move("verify", [S.UPLOADED], S.VERIFIED, "agent"),
    move("reject", [S.UPLOADED], S.REJECTED, "agent"),
    move("reopen", [S.VERIFIED], S.REQUESTED, "agent"),  # voids the check
    move("withdraw", OPEN, S.WITHDRAWN, "agent"),
)
