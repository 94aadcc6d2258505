"""The gateway over HTTP, for the live hosts and the sandbox alike. client.py and seal.py are what it stands on; these
three are the only importers of wechatpy.
"""

import hashlib
import logging
import re
import time
from typing import Any
from urllib.parse import quote

import requests
from flask import Flask
from redis import Redis

from backend.config import Settings
from backend.platform.ids import new_token
from backend.wechat import errors, fields, seal
from backend.wechat.client import Client, plain
from backend.wechat.content import verdict, worst
from backend.wechat.gateway import MiniProgramLogin, OAuthLogin, SceneQr, Verdict

STATE = re.compile(r"[A-Za-z0-9]{1,128}")
SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
PAGE = re.compile(r"[A-Za-z0-9_/-]{0,128}")
MAINLAND = "86"
MONTH = 2592000
CHECKED_AT_ONCE = 2500
VERSION = {"formal": "release", "trial": "trial", "developer": "develop"}


class RealGateway:
    """See gateway.Gateway."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        sandbox = settings.wechat_gateway == "sandbox"
        self._api = (settings.wechat_sandbox_url if sandbox else settings.wechat_api_url).rstrip("/")
        browser = settings.wechat_sandbox_browser_url or settings.wechat_sandbox_url
        self._open = (browser if sandbox else settings.wechat_open_url).rstrip("/")
        self._state = settings.wechat_mp_state
        self._timeout = settings.wechat_timeout_seconds
        self._oa = (settings.wechat_oa_appid, settings.wechat_oa_secret)
        self._mp = (settings.wechat_mp_appid, settings.wechat_mp_secret)
        self._clients = {
            "mp": Client(*self._mp, self._api, redis, self._timeout),
            "oa": Client(*self._oa, self._api, redis, self._timeout),
        }

    def code_to_session(self, code: str) -> MiniProgramLogin:
        # wechatpy's own method adds an access token to this call, which it must not have
        appid, secret = self._mp
        params = {"appid": appid, "secret": secret, "js_code": code, "grant_type": "authorization_code"}
        found = self._plain("/sns/jscode2session", params)
        return MiniProgramLogin(found["openid"], found.get("unionid"), found["session_key"])

    def phone_number(self, code: str, openid: str) -> str:
        found = self.call("mp", "/wxa/business/getuserphonenumber", {"code": code, "openid": openid})["phone_info"]
        if str(found.get("countryCode")) != MAINLAND:
            raise errors.CodeRefused("请使用中国大陆手机号")
        return str(found["purePhoneNumber"])

    def oauth_url(self, redirect: str, state: str) -> str:
        if not STATE.fullmatch(state):
            raise ValueError("state: 1 to 128 letters and digits")
        query = f"appid={self._oa[0]}&redirect_uri={quote(redirect, safe='')}&response_type=code&scope=snsapi_base"
        return f"{self._open}/connect/oauth2/authorize?{query}&state={state}#wechat_redirect"  # in this order only

    def oauth_exchange(self, code: str) -> OAuthLogin:
        appid, secret = self._oa
        params = {"appid": appid, "secret": secret, "code": code, "grant_type": "authorization_code"}
        found = self._plain("/sns/oauth2/access_token", params)
        return OAuthLogin(found["openid"], found.get("unionid"), bool(found.get("is_snapshotuser")))

    def subscribe_message(self, openid: str, template: str, values: dict[str, object], page: str = "") -> None:
        message = {"touser": openid, "template_id": template, "data": fields.data(values), "lang": "zh_CN"}
        message |= {"miniprogram_state": self._state} | ({"page": page} if page else {})
        self.call("mp", "/cgi-bin/message/subscribe/send", message)

    def template_message(self, openid: str, template: str, values: dict[str, object], url: str, mark: str) -> str:
        message = {"touser": openid, "template_id": template, "data": fields.data(values), "url": url}
        found = self.call("oa", "/cgi-bin/message/template/send", {**message, "client_msg_id": mark})
        return str(found.get("msgid") or "")

    def decrypt(self, session_key: str, encrypted: str, iv: str) -> dict[str, Any]:
        return seal.open_data(session_key, encrypted, iv, self._mp[0])

    def mini_program_code(self, scene: str, page: str = "", width: int = 430) -> bytes:
        if not SCENE.fullmatch(scene):
            raise ValueError("scene: 1 to 32 legal characters")
        if not PAGE.fullmatch(page) or page.startswith("/"):
            raise ValueError("page: without a leading slash and a query")
        asked = {"scene": scene, "width": width, "env_version": VERSION[self._state]}
        asked |= {"page": page} if page else {}
        return self._clients["mp"].picture(
            "/wxa/getwxacodeunlimit", {**asked, "check_path": self._state == "formal"}
        )

    def url_link(self, path: str, query: str = "", days: int = 30) -> str:
        if not 1 <= days <= 30 or len(query) > 1024:
            raise ValueError("1 to 30 days; at most 1024 characters of query")
        asked = {"path": path, "query": query, "expire_type": 1, "expire_interval": days}
        return self.call("mp", "/wxa/generate_urllink", {**asked, "env_version": VERSION[self._state]})["url_link"]

    def scene_qr(self, scene: str, seconds: int | None = MONTH) -> SceneQr:
        if not 1 <= len(scene) <= 64 or (seconds is not None and not 1 <= seconds <= MONTH):
            raise ValueError("scene: 1 to 64 characters; seconds: at most 30 days")
        asked: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
        asked |= {"action_name": "QR_STR_SCENE", "expire_seconds": seconds} if seconds else {}
        found = self.call("oa", "/cgi-bin/qrcode/create", {"action_name": "QR_LIMIT_STR_SCENE", **asked})
        return SceneQr(found["url"], found["ticket"], seconds)

    def jssdk(self, url: str) -> dict[str, Any]:
        nonce, timestamp = new_token(), int(time.time())
        signed = jssdk_signature(self._clients["oa"].ticket(), nonce, timestamp, url)
        return {"app_id": self._oa[0], "timestamp": timestamp, "nonce": nonce, "signature": signed}

    def check_text(self, openid: str, text: str, scene: int = 2) -> Verdict:
        parts = [text[i : i + CHECKED_AT_ONCE] for i in range(0, len(text), CHECKED_AT_ONCE)]
        return worst([self._check_part(openid, part, scene) for part in parts if part.strip()])

    def _check_part(self, openid: str, text: str, scene: int) -> Verdict:
        asked = {"version": 2, "openid": openid, "scene": scene, "content": text}
        found = self.call("mp", "/wxa/msg_sec_check", asked)
        return verdict(found.get("result"), str(found.get("trace_id", "")))

    def check_image(self, openid: str, url: str, scene: int = 2) -> str:
        asked = {"version": 2, "openid": openid, "scene": scene, "media_url": url, "media_type": 2}
        return str(self.call("mp", "/wxa/media_check_async", asked)["trace_id"])

    def prove(self, account: str) -> None:
        """Ask WeChat for a token with the account's credentials; raises what it says of them."""
        self._clients[account].fetch()

    def call(self, account: str, path: str, body: dict[str, Any], *, method: str = "POST") -> dict[str, Any]:
        return self._clients[account].ask(method, path, body)

    def _plain(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        return plain(lambda: requests.get(self._api + path, params=params, timeout=self._timeout), path)


def jssdk_signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """sha1 over these four, in this order (docs: JS-SDK 使用权限签名算法); `url` without its fragment."""
    page = url.split("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeChat's choice


def make(app: Flask, settings: Settings) -> RealGateway:
    logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it writes addresses with secrets in them
    return RealGateway(settings, app.extensions["redis"])
