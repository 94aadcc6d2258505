"""What booking refuses, in words that say what to do next."""

from backend.platform.errors import Conflict, Expired, Invalid, NotAllowedNow, NotFound


class SlotNotFound(NotFound):
    code, message = "slot_not_found", "该时段不存在或尚未放号，请返回重新选择"


class BookingNotFound(NotFound):
    code, message = "booking_not_found", "没有找到该预约"


class NotBookable(Conflict):
    code, message = "not_bookable", "该事项暂未开通视频办预约"


class SlotFull(Conflict):
    code, message = "slot_full", "该时段刚刚约满，请选择其他时段"


class SlotClosed(Conflict):
    code, message = "slot_closed", "该时段已停止预约，请选择其他时段"


class SlotPast(Conflict):
    code, message = "slot_past", "该时段已结束，请选择其他时段"


class SlotTwice(Conflict):
    code, message = "slot_twice", "不可重复预约同一时段"


class ItemBooked(Conflict):
    code, message = "item_booked", "您已预约该事项，请先办理或取消原预约，也可以改期"


class SlotOverlap(Conflict):
    code, message = "slot_overlap", "您在这个时间已有其他预约，请选择不重叠的时段"


class HoldExpired(Expired):
    code, message = "hold_expired", "为您保留的名额已超时释放，请重新选择时段"


class TooLateToCancel(NotAllowedNow):
    code, message = "too_late_to_cancel", "预约时段已经开始，不能取消或改期"


class NotInSlot(NotAllowedNow):
    """details: opens_at, closes_at."""

    code, message = "not_in_slot", "未到预约时段，请在预约的时间段内排队"


class BadTemplate(Invalid):
    code, message = "bad_template", "时段设置有误，请检查起止时间和名额"
