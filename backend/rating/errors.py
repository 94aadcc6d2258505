"""What rating refuses."""

from backend.platform.errors import Conflict, Expired, Invalid, NotAllowedNow, NotFound


class NotOver(NotAllowedNow):
    code, message = "session_not_completed", "办理结束后才能评价"


class RatingClosed(Expired):
    code, message = "rating_closed", "评价已截止，感谢您的关注"


class AlreadyRated(Conflict):
    """details: rating. Send it with change = true to change it within the seven days."""

    code, message = "already_rated", "您已评价过本次服务，如需修改请点击“修改评价”"


class UnknownTag(Invalid):
    code, message = "unknown_tag", "评价标签与满意度不一致，请重新选择"


class FollowUpNotFound(NotFound):
    code, message = "follow_up_not_found", "没有找到该回访工单"
