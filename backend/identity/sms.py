"""Text messages: the port, the sandbox behind it, and one-time codes.

A code lives in Redis as a keyed hash for five minutes and five tries; it is never logged.
"""

import json
import logging
import secrets
from typing import Protocol

import requests

from backend.identity.errors import CodeExpired, SmsUnavailable, WrongCode
from backend.platform.crypto import blind
from backend.platform.limits import limit
from backend.platform.redis import redis
from backend.platform.settings import settings

log = logging.getLogger(__name__)

CODE_SECONDS = 300
CODE_TRIES = 5

# KEYS[1] code hash; ARGV[1] hash offered, ARGV[2] tries allowed. 1 right (and used up), 0 wrong, -1 gone.
_CHECK = """
local kept = redis.call('HGET', KEYS[1], 'hash')
if not kept then return -1 end
if redis.call('HINCRBY', KEYS[1], 'tries', 1) > tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) return -1 end
if kept == ARGV[1] then redis.call('DEL', KEYS[1]) return 1 end
return 0
"""


class SmsSender(Protocol):
    """What a carrier must do for us."""

    def send_code(self, phone: str, code: str, minutes: int) -> None:
        """Deliver `code`, valid for `minutes`. Raises SmsUnavailable."""

    def send_notice(self, phone: str, text: str, mark: str) -> None:
        """Deliver `text`; the same `mark` again is the same message. Raises SmsUnavailable."""


class SandboxSender:
    """Keeps what would have been sent, newest first, for half an hour (development and tests only)."""

    KEY = "sms:sandbox"

    def send_code(self, phone: str, code: str, minutes: int) -> None:
        self._keep({"phone": phone, "code": code, "minutes": minutes})

    def send_notice(self, phone: str, text: str, mark: str) -> None:
        self._keep({"phone": phone, "text": text, "mark": mark})

    def _keep(self, message: dict[str, object]) -> None:
        redis.lpush(self.KEY, json.dumps(message))
        redis.ltrim(self.KEY, 0, 199)
        redis.expire(self.KEY, 1800)


class HttpSender:
    """Posts a message as JSON to the district's message platform, with a bearer key (SMS_URL, SMS_KEY)."""

    def send_code(self, phone: str, code: str, minutes: int) -> None:
        self._post({"phone": phone, "template": settings().sms_template, "params": [code, str(minutes)]})

    def send_notice(self, phone: str, text: str, mark: str) -> None:
        self._post({"phone": phone, "template": settings().notice_sms_template, "params": [text], "id": mark})

    @staticmethod
    def _post(body: dict[str, object]) -> None:
        try:
            reply = requests.post(
                settings().sms_url,
                json=body,
                headers={"Authorization": f"Bearer {settings().sms_key}"},
                timeout=5,
            )
        except requests.RequestException as fault:
            log.warning(
                "text message not sent: %s", type(fault).__name__
            )  # its text holds the address and the number
            raise SmsUnavailable() from None
        if reply.status_code // 100 != 2:
            log.warning("text message not sent: the platform answered %s", reply.status_code)
            raise SmsUnavailable()


_SENDERS: dict[str, type[SmsSender]] = {"sandbox": SandboxSender, "http": HttpSender}


def sender() -> SmsSender:
    """The configured carrier. Production never sends into the sandbox."""
    if settings().production and settings().sms_gateway == "sandbox":
        raise SmsUnavailable()
    return _SENDERS[settings().sms_gateway]()


def send_code(phone: str, ip: str) -> str | None:
    """Send a fresh sign-in code to `phone`; the older one dies. Returns the code in the sandbox only.

    Raises TooMany beyond one a minute or five an hour for a number, thirty an hour for an address.
    """
    limit(f"sms:minute:{blind(phone)}", 1, per=60)
    limit(f"sms:hour:{blind(phone)}", 5, per=3600)
    limit(f"sms:ip:{ip}", settings().sms_per_ip_hour, per=3600)
    code = f"{secrets.randbelow(10**6):06d}"
    key = _key(phone)
    with redis.pipeline() as p:
        p.delete(key)
        p.hset(key, "hash", _hash(phone, code))
        p.expire(key, CODE_SECONDS)
        p.execute()
    sender().send_code(phone, code, CODE_SECONDS // 60)
    return code if settings().sms_gateway == "sandbox" and not settings().production else None


def send_notice(phone: str, text: str, mark: str) -> None:
    """Text a notice to `phone`; how many, and when, is the caller's business. Raises SmsUnavailable."""
    sender().send_notice(phone, text, mark)


def check_code(phone: str, code: str) -> None:
    """Use up the code of `phone`. Raises WrongCode, or CodeExpired after five tries or five minutes."""
    result = redis.eval(_CHECK, 1, _key(phone), _hash(phone, code), CODE_TRIES)
    if result == 1:
        return
    raise WrongCode() if result == 0 else CodeExpired()


def _key(phone: str) -> str:
    return f"sms:code:{blind(phone)}"


def _hash(phone: str, code: str) -> str:
    return blind(f"sms:{phone}:{code}")
