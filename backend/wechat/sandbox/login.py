"""Sign-in: jscode2session and its session_key, phone number, OAuth's tokens."""

import base64
import hmac
import itertools
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Blueprint, request

from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Account, Fault, Persona, World

bp = Blueprint("login", __name__)
_turn = itertools.count()
LOGINS_A_MINUTE = 100  # of one person


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
        w.limit(f"login:{code.persona.key}", LOGINS_A_MINUTE, 60, 45011)
        if code.persona.risky:
            raise Fault(40226, "high risk user")
        openid = code.persona.openid(account.appid)
        w.seen[openid] = w.now()
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


def _session_key() -> tuple[str, str]:
    """openid and session_key of a call signed with the latter."""
    w = world()
    account = w.check_token(request.args.get("access_token"), "mp")
    if request.args.get("sig_method") != "hmac_sha256":
        raise Fault(87008, "invalid sig_method")
    openid = request.args.get("openid", "")
    w.by_openid(account.appid, openid)
    key = w.session_keys.get(openid, "")
    expected = hmac.new(base64.b64decode(key), b"", "sha256").hexdigest()
    if not key or not hmac.compare_digest(expected, request.args.get("signature", "")):
        raise Fault(87009, "invalid signature")
    return openid, key


@bp.get("/wxa/checksession")
def check_session() -> dict[str, Any]:
    _session_key()
    return {"errcode": 0, "errmsg": "ok"}


@bp.get("/wxa/resetusersessionkey")
def reset_session() -> dict[str, Any]:
    w = world()
    with w.lock:
        openid, _ = _session_key()
        w.session_keys[openid] = base64.b64encode(secrets.token_bytes(16)).decode()
        return {"errcode": 0, "errmsg": "ok", "openid": openid, "session_key": w.session_keys[openid]}


@bp.post("/__sandbox__/encrypt")
def encrypt() -> dict[str, Any]:
    """{persona, data, appid?} → {encryptedData, iv, session_key}: what the phone hands over with the present key."""
    given, w = request.get_json(force=True), world()
    appid = w.of_kind("mp").appid
    key = base64.b64decode(w.session_keys[w.persona(given["persona"]).openid(appid)])
    watermark = {"timestamp": int(w.now()), "appid": given.get("appid", appid)}
    plain = json.dumps({**given["data"], "watermark": watermark}).encode()
    pad, iv = 16 - len(plain) % 16, secrets.token_bytes(16)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    shown = {"encryptedData": sealed, "iv": iv, "session_key": key}
    return {name: base64.b64encode(value).decode() for name, value in shown.items()}


@bp.get("/sns/oauth2/access_token")
def oauth_token() -> dict[str, Any]:
    w = world()
    with w.lock:
        account = _app_credentials()
        if not request.args.get("code"):
            raise Fault(41008, "missing code")
        code = w.take_code(request.args["code"], "oauth", account.appid)
        reply = _grant(w, account.appid, code.persona, code.scope)
        if code.persona.snapshot:
            reply["is_snapshotuser"] = 1
        return reply


def _grant(w: World, appid: str, person: Persona, scope: str) -> dict[str, Any]:
    access, refresh = secrets.token_urlsafe(60), secrets.token_urlsafe(60)
    w.grants[access] = w.grants[refresh] = (appid, person.key, scope)
    return {
        "access_token": access, "expires_in": 7200, "refresh_token": refresh, "openid": person.openid(appid),
        "scope": scope, "unionid": person.unionid,
    }  # fmt: skip


@bp.get("/sns/oauth2/refresh_token")
def oauth_refresh() -> dict[str, Any]:
    w = world()
    with w.lock:
        if request.args.get("grant_type") != "refresh_token":
            raise Fault(40002, "invalid grant_type")
        appid, key, scope = w.grants.get(request.args.get("refresh_token", ""), ("", "", ""))
        if not appid or appid != request.args.get("appid"):
            raise Fault(40030, "invalid refresh_token")
        return _grant(w, appid, w.personas[key], scope)


def _granted() -> tuple[Persona, str, str]:
    """The person, account and scope of an OAuth token; its openid must be the person's."""
    w = world()
    appid, key, scope = w.grants.get(request.args.get("access_token", ""), ("", "", ""))
    if not appid:
        raise Fault(40001, "invalid credential, access_token is invalid or not latest")
    person = w.personas[key]
    if request.args.get("openid") != person.openid(appid):
        raise Fault(40003, "invalid openid")
    return person, appid, scope


@bp.get("/sns/auth")
def oauth_check() -> dict[str, Any]:
    _granted()
    return {"errcode": 0, "errmsg": "ok"}


@bp.get("/sns/userinfo")
def oauth_user() -> dict[str, Any]:
    person, appid, scope = _granted()
    if scope != "snsapi_userinfo":
        raise Fault(48001, "api unauthorized")
    return {"openid": person.openid(appid), "nickname": person.name, "sex": 0, "unionid": person.unionid}
