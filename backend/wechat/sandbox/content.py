"""Content checks: words at once, pictures later by a push."""

import secrets
import threading
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, request

from backend.wechat.sandbox import driver
from backend.wechat.sandbox.account import OK, body
from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import RECENT_SECONDS, Fault, World

bp = Blueprint("content", __name__)
WORDS = {"赌博": ("risky", 20006), "毒品": ("risky", 20006), "加微信": ("review", 10001), "代办费": ("review", 20008)}


def _check_common(w: World, given: dict[str, Any], appid: str) -> str:
    if given.get("version") != 2:
        raise Fault(40097, "invalid args: version")
    openid = str(given.get("openid", ""))
    w.by_openid(appid, openid)
    if given.get("scene") not in (1, 2, 3, 4):
        raise Fault(40129, "invalid scene")
    if w.now() - w.seen.get(openid, 0) > RECENT_SECONDS:
        raise Fault(61010, "code is expired: user has not been active in 2 hours")
    return openid


@bp.post("/wxa/msg_sec_check")
def words() -> dict[str, Any]:
    """As WeChat does it, also in this: a body with \\u escapes is not understood and always passes."""
    w = world()
    account, given = w.check_token(request.args.get("access_token"), "mp"), body()
    _check_common(w, given, account.appid)
    text = str(given.get("content", ""))
    if not text:
        raise Fault(44002, "empty content")
    if len(text) > 2500:
        raise Fault(40097, "invalid args: content too long")
    found = [] if b"\\u" in request.get_data() else [v for word, v in WORDS.items() if word in text]
    suggest, label = max(found, default=("pass", 100), key=lambda v: v[0] == "risky")
    detail = [{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}]
    result = {"suggest": suggest, "label": label}
    return {**OK, "trace_id": secrets.token_hex(16), "result": result, "detail": detail}


@bp.post("/wxa/media_check_async")
def media() -> dict[str, Any]:
    w = world()
    account, given = w.check_token(request.args.get("access_token"), "mp"), body()
    openid = _check_common(w, given, account.appid)
    address = urlsplit(str(given.get("media_url", "")))
    own = address.scheme == "http" and address.hostname in w.hosts  # a development machine has no certificate
    if given.get("media_type") not in (1, 2) or not (address.scheme == "https" or own):
        raise Fault(40097, "invalid args: media")
    trace = secrets.token_hex(16)
    w.checks[trace] = {"trace_id": trace, "openid": openid, "media_url": given["media_url"], "scene": given["scene"]}
    if w.product:
        threading.Timer(1, result_of, (w, trace, {"suggest": "pass", "label": 100})).start()
    return {**OK, "trace_id": trace}


def result_of(w: World, trace: str, result: dict[str, Any], url: str = "", errcode: int = 0, **how: Any) -> list[Any]:
    """Push the result of a picture's check; the answers of the product."""
    account = w.of_kind("mp")
    event = {
        "FromUserName": w.checks[trace]["openid"], "MsgType": "event", "Event": "wxa_media_check",
        "appid": account.appid, "trace_id": trace, "version": 2, "errcode": errcode,
        "errmsg": "ok" if not errcode else "download failed", "result": result,
        "detail": [{"strategy": "content_model", "errcode": 0, **result}],
    }  # fmt: skip
    target = url or f"{w.product}/wechat/push/mp"
    return driver.deliver(account, w, {"url": target, "message": event, "format": "json", **how})


@bp.get("/__sandbox__/media_checks")
def checks() -> Any:
    """Pictures whose check was asked for, oldest first."""
    return jsonify(list(world().checks.values()))


@bp.post("/__sandbox__/media_checks/<trace>")
def decide(trace: str) -> Any:
    """{suggest, label, url?, errcode?, mode?, format?, times?}: push the result of one."""
    given = request.get_json(force=True)
    result = {"suggest": given.pop("suggest", "pass"), "label": given.pop("label", 100)}
    return {"answers": result_of(world(), trace, result, **given)}


@bp.post("/__sandbox__/seen")
def seen() -> Any:
    """{persona}: somebody uses the mini-program now."""
    w = world()
    person = w.persona(request.get_json(force=True)["persona"])
    w.seen[person.openid(w.of_kind("mp").appid)] = w.now()
    return {}
