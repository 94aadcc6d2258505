"""Sign-in: jscode2session, phone number, OAuth's token."""

import base64
import itertools
import secrets
from typing import Any

from flask import Blueprint, request

from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Account, Fault

bp = Blueprint("login", __name__)
_turn = itertools.count()


def _app_credentials() -> Account:
    if not request.args.get("appid"):
        raise Fault(41002, "appid missing")
    if not request.args.get("secret"):
        raise Fault(41004, "appsecret missing")
    return world().account(request.args["appid"], request.args["secret"])


@bp.get("/sns/jscode2session")
def jscode2session() -> dict[str, Any]:
    """No access token belongs here; each login rotates the session_key."""
    w = world()
    with w.lock:
        account = _app_credentials()
        if "access_token" in request.args:
            raise Fault(40001, "invalid credential: no access_token here")
        if request.args.get("grant_type") != "authorization_code":
            raise Fault(40002, "invalid grant_type")
        if not request.args.get("js_code"):
            raise Fault(41008, "missing code")
        code = w.take_code(request.args["js_code"], "login", account.appid)
        if code.persona.risky:
            raise Fault(40226, "high risk user")
        openid = code.persona.openid(account.appid)
        w.session_keys[openid] = base64.b64encode(secrets.token_bytes(16)).decode()
        return {"openid": openid, "session_key": w.session_keys[openid], "unionid": code.persona.unionid}


@bp.post("/wxa/business/getuserphonenumber")
def phone_number() -> dict[str, Any]:
    w = world()
    with w.lock:
        account = w.check_token(request.args.get("access_token"), "mp")
        given = request.get_json(force=True, silent=True)
        if not isinstance(given, dict):
            raise Fault(47001, "data format error")
        code = w.take_code(given.get("code"), "phone", account.appid)
        if given.get("openid") not in (None, code.persona.openid(account.appid)):
            raise Fault(40029, "invalid code")
        number = code.persona.phone
        country: int | str = 86 if next(_turn) % 2 else "86"  # both are seen in the wild
        watermark = {"timestamp": int(w.now()), "appid": account.appid}
        info = {"phoneNumber": number, "purePhoneNumber": number, "countryCode": country, "watermark": watermark}
        return {"errcode": 0, "errmsg": "ok", "phone_info": info}


@bp.get("/sns/oauth2/access_token")
def oauth_token() -> dict[str, Any]:
    w = world()
    with w.lock:
        account = _app_credentials()
        if not request.args.get("code"):
            raise Fault(41008, "missing code")
        code = w.take_code(request.args["code"], "oauth", account.appid)
        reply = {
            "access_token": secrets.token_urlsafe(60),
            "expires_in": 7200,
            "refresh_token": secrets.token_urlsafe(60),
            "openid": code.persona.openid(account.appid),
            "scope": code.scope,
            "unionid": code.persona.unionid,
        }
        if code.persona.snapshot:
            reply["is_snapshotuser"] = 1
        return reply
