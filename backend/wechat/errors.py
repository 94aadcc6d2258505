"""What can go wrong with WeChat, in our words. One table from their codes; no magic numbers further in."""

from backend.platform.errors import Conflict, DomainError, Forbidden, TooMany, Unauthenticated, Unavailable


class WechatUnavailable(Unavailable):
    code = "wechat_unavailable"
    message = "微信服务暂时不可用，请稍后再试或用手机号登录"


class WechatBusy(TooMany):
    code = "wechat_busy"
    message = "操作过于频繁，请稍后再试"


class CodeRefused(Unauthenticated):
    """A login, phone or OAuth code is unknown, used, too old or somebody else's."""

    code = "wechat_code_refused"
    message = "微信授权已失效，请重新进入后再试"


class LoginAgain(Conflict):
    """The session_key is not the current one: wx.login must run again."""

    code = "wechat_login_again"
    message = "微信登录状态已更新，请重新登录"


class UserBlocked(Forbidden):
    code = "wechat_user_blocked"
    message = "微信判定该账号存在风险，暂不能用微信登录，请用手机号登录"


class NotSubscribed(Conflict):
    """No consent for this notice is left (43101), or the user does not follow the account (43004)."""

    code = "wechat_not_subscribed"
    message = "用户没有订阅该通知"


class NotRecent(Conflict):
    """WeChat checks words of people who used the mini-program in the last two hours only (61010)."""

    code = "wechat_not_recent"
    message = "用户近两小时没有使用小程序，微信不检测其内容"


TOKEN_CODES = frozenset({40001, 40014, 42001})  # the access token is wrong: renew once

_BY_CODE: dict[int, type[DomainError]] = {
    40029: CodeRefused,
    40163: CodeRefused,
    41008: CodeRefused,
    40226: UserBlocked,
    45009: WechatBusy,
    45011: WechatBusy,
    43004: NotSubscribed,
    43101: NotSubscribed,
    61010: NotRecent,
    87009: LoginAgain,
}


def of(errcode: int, errmsg: str = "") -> DomainError:
    """The error for WeChat's code; anything we can't help is WechatUnavailable (503).

    `said` is WeChat's own text, for the operator's check; it is neither shown to a user nor part of the message.
    """
    fault = _BY_CODE.get(errcode, WechatUnavailable)(errcode=errcode)
    fault.said = errmsg  # type: ignore[attr-defined]
    return fault
