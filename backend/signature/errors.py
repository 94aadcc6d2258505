"""What a commitment or a signature refuses, in words that say what to do next."""

from backend.platform.errors import Conflict, Expired, Forbidden, Invalid, NotAllowedNow


class AlreadyPushed(Conflict):
    code = "commitment_already_pushed"
    message = "承诺书已推送给申请人，请勿重复推送"


class AlreadySigned(Conflict):
    code = "already_signed"
    message = "已签名，无需重复签名"


class TooEarly(NotAllowedNow):
    code = "too_early"
    message = "请读完承诺书，倒计时结束后再继续"


class TextStale(Conflict):
    code = "commitment_stale"
    message = "承诺书内容已更新，请等待客服重新推送后再签名"


class CommitmentGone(Conflict):
    code = "commitment_withdrawn"
    message = "承诺书已撤回，请等待客服重新推送"


class NotReadYet(NotAllowedNow):
    code = "not_read_yet"
    message = "请先读完承诺书再签名"


class SessionOver(NotAllowedNow):
    code = "session_over"
    message = "会话已结束，不能再签名"


class CodeExpired(Expired):
    code = "sign_code_expired"
    message = "二维码已过期，请在电脑上刷新二维码后重新扫码"


class CodeReplaced(Expired):
    code = "sign_code_replaced"
    message = "二维码已刷新，请扫描电脑上最新的二维码"


class OtherDevice(Forbidden):
    code = "sign_other_device"
    message = "该二维码已在另一台手机上打开，请在电脑上刷新二维码后，用本人手机扫码"


class SignatureRefused(Invalid):
    """Base of all that can be wrong with a handwriting; `code` says which."""

    code = "signature_refused"
    message = "签名无效，请重新签名"


class SignatureBlank(SignatureRefused):
    code = "signature_blank"
    message = "没有签名笔迹，请在签名框内手写姓名"


class SignatureTooShort(SignatureRefused):
    code = "signature_too_short"
    message = "签名笔迹太短，请手写完整姓名"


class StrokesBroken(SignatureRefused):
    code = "signature_strokes_broken"
    message = "签名笔迹数据有误，请清除后重新签名"


class ImageBroken(SignatureRefused):
    code = "signature_image_broken"
    message = "签名图片有误，请清除后重新签名"


class ImageTooLarge(SignatureRefused):
    code = "signature_image_too_large"
    message = "签名图片过大，请清除后重新签名"


class ImageMismatch(SignatureRefused):
    code = "signature_image_mismatch"
    message = "签名图片与笔迹不一致，请清除后重新签名"
