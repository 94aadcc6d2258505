"""One account's client: wechatpy's, with our token, our hosts, time-outs and one bounded retry.

What wechatpy lacks and is done here: stable_token, one refresher for all processes, one retry instead of an endless
one, no secret in an exception, pictures told from errors (docs/wechat.md).
"""

import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from redis import Redis
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from backend.wechat import errors
from backend.wechat.tokens import TokenStore

log = logging.getLogger(__name__)
T = TypeVar("T")

STABLE = "/cgi-bin/stable_token"
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def plain(send: Callable[[], requests.Response], path: str) -> dict[str, Any]:
    """The answer to a call without a token; WeChat labels some text/plain: parsed by content."""
    try:
        found = send().json()
        code = int(found.get("errcode") or 0)
    except (requests.RequestException, ValueError, AttributeError) as fault:
        log.warning("wechat %s: %s", path, type(fault).__name__)  # its text holds the address and the secret
        raise errors.WechatUnavailable() from None
    if code:
        log.warning("wechat %s: errcode %s", path, code)
        raise errors.of(code, str(found.get("errmsg", "")))
    return found


class Client(WeChatClient):
    """wechatpy's client with our token, our hosts and one retry."""

    def __init__(self, appid: str, secret: str, api: str, redis: Redis, timeout: float) -> None:
        self._api = api
        self._tokens = TokenStore(redis, appid, self._stable_token)
        self._tickets = TokenStore(redis, f"jsapi:{appid}", self._jsapi_ticket)
        super().__init__(appid, secret, timeout=timeout, auto_retry=False)

    @property
    def access_token(self) -> str:
        return self._tokens.get()

    def _stable_token(self, force: bool) -> tuple[str, int]:
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": force}
        found = plain(lambda: requests.post(f"{self._api}{STABLE}", json=body, timeout=self.timeout), STABLE)
        return found["access_token"], int(found["expires_in"])

    def fetch(self) -> None:
        """Try the credentials; the token in use stays as it is."""
        self._stable_token(force=False)

    def ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One API call that answers JSON."""
        return self._with_token(path, lambda token: self._once(method, path, body, token))

    def picture(self, path: str, body: dict[str, Any]) -> bytes:
        """One API call that answers a PNG or JPEG; with an error it answers JSON, which is never taken for one."""
        return self._with_token(path, lambda token: self._picture(path, body, token))

    def ticket(self) -> str:
        """The jsapi_ticket, one for all processes like the token."""
        return self._tickets.get()

    def _with_token(self, path: str, once: Callable[[str], T]) -> T:
        """`once` with the token, and once more with a new one if that was refused. Raises the errors of errors.py."""
        token = self.access_token
        try:
            return once(token)
        except WeChatClientException as fault:
            if fault.errcode not in errors.TOKEN_CODES:
                raise self._translated(path, fault) from None
        try:
            return once(self._tokens.renew(token))
        except WeChatClientException as fault:
            raise self._translated(path, fault) from None

    def _once(self, method: str, path: str, body: dict[str, Any], token: str) -> Any:
        send: dict[str, Any] = {"params": {"access_token": token}}
        if method == "GET":
            send["params"] |= body
        else:
            send["data"] = body  # as `data` wechatpy sends raw Chinese; escapes would blind the content check
        try:
            found = self._request(method, self._api + path, **send)
        except requests.RequestException as fault:
            log.warning("wechat %s: %s", path, type(fault).__name__)
            raise errors.WechatUnavailable() from None
        if not isinstance(found, dict):
            raise WeChatClientException(None, None)
        return found

    def _picture(self, path: str, body: dict[str, Any], token: str) -> bytes:
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            reply = requests.post(self._api + path, data, params={"access_token": token}, timeout=self.timeout)
        except requests.RequestException as fault:
            log.warning("wechat %s: %s", path, type(fault).__name__)
            raise errors.WechatUnavailable() from None
        if reply.ok and reply.content.startswith(PICTURES):
            return reply.content
        try:
            code = int(reply.json()["errcode"])
        except (ValueError, KeyError, TypeError):
            code = None
        raise WeChatClientException(code, None)

    def _jsapi_ticket(self, force: bool) -> tuple[str, int]:
        """An empty ticket has been seen in the wild (silenceper/wechat#883): asked again once, never kept."""
        for _ in range(2):
            found = self.ask("GET", "/cgi-bin/ticket/getticket", {"type": "jsapi"})
            if found.get("ticket"):
                return found["ticket"], int(found["expires_in"])
        log.error("wechat getticket of %s: empty", self.appid)
        raise errors.WechatUnavailable()

    @staticmethod
    def _translated(path: str, fault: WeChatClientException) -> Exception:
        log.warning("wechat %s: errcode %s", path, fault.errcode)
        return errors.of(int(fault.errcode or 0), str(fault.errmsg or ""))
