"""What the console refuses."""

from backend.platform.errors import Forbidden, Invalid


class RevealRefused(Forbidden):
    code, message = "reveal_refused", "只有正在办理的客服可以查看该信息"


class ReasonMissing(Invalid):
    code, message = "reason_missing", "请填写查看原因"
