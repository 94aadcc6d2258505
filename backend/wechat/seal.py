"""Sealed messages of the push's safe mode, and the encrypted data that a mini-program hands over."""

import base64
import json
import struct
from typing import Any

from wechatpy.crypto import WeChatCrypto, WeChatWxaCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException

from backend.wechat.errors import LoginAgain

_BROKEN = (InvalidSignatureException, InvalidAppIdException, ValueError, KeyError, IndexError, struct.error)


class BrokenSeal(ValueError):
    """A pushed message is not sealed with our key for our account."""


class Seal:
    """Opens and closes messages of the push's safe mode (docs: 消息加解密)."""

    def __init__(self, token: str, aes_key: str, appid: str) -> None:
        self._crypto = WeChatCrypto(token, aes_key, appid)

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """Raises BrokenSeal for a wrong signature, key or account, whatever wechatpy makes of it."""
        body = {"Encrypt": encrypted}
        try:
            plain = self._crypto.decrypt_message(body, signature, timestamp, nonce)
        except _BROKEN as fault:
            raise BrokenSeal() from fault
        return plain if isinstance(plain, bytes) else plain.encode()

    def close(self, xml: str, nonce: str, timestamp: str) -> str:
        return self._crypto.encrypt_message(xml, nonce, timestamp)


def open_data(session_key: str, encrypted: str, iv: str, appid: str) -> dict[str, Any]:
    """What wx.getUserInfo and the like encrypted for us (docs: 开放数据校验与解密). Raises LoginAgain.

    With a session_key that is no longer the current one the plain text is noise, and wechatpy raises whatever the
    noise leads to (wechatpy#401).
    """
    try:
        base64.b64decode(session_key, validate=True)
        found = WeChatWxaCrypto(session_key, iv, appid).decrypt_message(encrypted)
        found = found if isinstance(found, dict) else json.loads(found)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, InvalidAppIdException):
        raise LoginAgain() from None
    if not isinstance(found, dict) or (found.get("watermark") or {}).get("appid") != appid:
        raise LoginAgain()
    return found
