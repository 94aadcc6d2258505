"""Mini-program codes for print: made by WeChat once, then kept in storage, as the code of a scene never changes.

docs: 小程序码与小程序链接 → getUnlimitedQRCode (errors and limits); docs/wechat.md says how to have them made anew.
"""

import hashlib

from backend.platform.errors import Conflict, DomainError
from backend.platform.settings import settings
from backend.platform.storage import storage
from backend.wechat.errors import WechatBusy, WechatUnavailable
from backend.wechat.gateway import gateway

FIRST_PAGE = "pages/home/home"  # it follows the scene (miniprogram/services/links.js), and is where 返回 leads
WIDTH = 1280  # the most WeChat draws: a poster is read from some steps away

_NOT_SET_UP = "小程序账号配置有误，请联系运维人员用 flask wechat check 检查"
_REASONS = {
    41030: "小程序还没有发布，请先在微信后台发布正式版，再生成小程序码",
    40013: _NOT_SET_UP,  # no such appid
    40125: _NOT_SET_UP,  # wrong secret
    40164: _NOT_SET_UP,  # our address is not on the account's list
    48001: _NOT_SET_UP,  # the account may not call this
}


class PictureRefused(Conflict):
    """WeChat makes no code, and would not if asked again."""

    code, message = "mini_program_code_refused", "微信拒绝生成小程序码，请联系运维人员"


def picture(scene: str, page: str = FIRST_PAGE) -> bytes:
    """The code of `scene`, PNG or JPEG. Raises PictureRefused, WechatBusy, WechatUnavailable in words for staff."""
    key = storage_key(scene, page)
    try:
        with storage.open(key) as kept:
            return kept.read()
    except FileNotFoundError:
        made = _made(scene, page)
    storage.put(key, made)
    return made


def storage_key(scene: str, page: str = FIRST_PAGE) -> str:
    """Another account or version of the mini-program has codes of its own."""
    mark = "\n".join([settings().wechat_mp_appid, settings().wechat_mp_state, page, scene, str(WIDTH)])
    return f"wechat/codes/{hashlib.sha256(mark.encode()).hexdigest()}"


def _made(scene: str, page: str) -> bytes:
    try:
        return gateway().mini_program_code(scene, page, WIDTH)
    except DomainError as fault:
        raise _for_staff(fault) from None


def _for_staff(fault: DomainError) -> DomainError:
    errcode = fault.details.get("errcode")
    if isinstance(fault, WechatBusy):
        return WechatBusy("微信限制了生成次数，请过几分钟再试", errcode=errcode)
    if errcode in (None, 0, -1):  # no answer, none of theirs, or their system is busy
        return WechatUnavailable("微信没有返回小程序码，请稍后再试", **fault.details)
    return PictureRefused(_REASONS.get(int(str(errcode))), errcode=errcode)
