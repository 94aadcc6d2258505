"""What the pick-up form refuses, in words that say what to do next."""

from backend.platform.errors import Conflict, Invalid, NotAllowedNow, Unauthenticated, Unavailable


class MailNotAllowed(Conflict):
    code = "mail_not_allowed"
    message = "该事项无需邮寄材料"


class AlreadyAsked(Conflict):
    code = "pickup_already_asked"
    message = "取件信息已推送给申请人，请勿重复推送"


class NothingAsked(NotAllowedNow):
    code = "pickup_not_asked"
    message = "客服尚未推送取件信息，请等待推送后再填写"


class AlreadyOrdered(Conflict):
    code = "pickup_ordered"
    message = "已为您下单，如需修改请联系客服"


class OutsideShenzhen(Invalid):
    code = "outside_shenzhen"
    message = "目前仅提供深圳地区上门收件服务"


class DistrictMismatch(Invalid):
    code = "district_mismatch"
    message = "详细地址与所选的区不一致，请检查"


class AddressTooShort(Invalid):
    code = "address_too_short"
    message = "请填写完整的地址：街道、小区或楼栋、门牌号"


class PhoneInvalid(Invalid):
    code = "pickup_phone_invalid"
    message = "手机号码不正确，请填写 11 位手机号码"


class NameInvalid(Invalid):
    code = "pickup_name_invalid"
    message = "请填写寄件人姓名（2 至 30 个汉字或字母）"


class WindowGone(Invalid):
    code = "pickup_window_gone"
    message = "所选的取件时间不可用，请重新选择"


class CourierUnreachable(Unavailable):
    code = "courier_unreachable"
    message = "快递系统暂时无法连接，系统会自动重新下单"


class BadPush(Unauthenticated):
    code = "courier_push_unsigned"
    message = "推送的签名不正确"
