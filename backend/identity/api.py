"""Sign-in over HTTP: phone number, WeChat, staff; refresh, logout. More doors are in doors_api and scan_api."""

from typing import Any

from apiflask import APIFlask
from flask import redirect, request
from werkzeug.wrappers import Response

from backend.identity import (
    cookies,
    doors_api,
    me_api,
    oidc,
    scan_api,
    service,
    staff_accounts,
    tokens,
    wechat_login,
)
from backend.identity.replies import arrive, ip, reply, uncached
from backend.identity.schemas import (
    PhoneIn,
    RefreshIn,
    SmsIn,
    SmsOut,
    StaffSignIn,
    TokensOut,
    WechatCodeIn,
)
from backend.platform.api import Blueprint, access
from backend.platform.auth import actor_or_none, register_loader
from backend.platform.limits import limit
from backend.platform.settings import settings

bp = Blueprint("identity", __name__, url_prefix="/api", tag="登录与身份")
register_loader(tokens.load_actor)


def init_app(app: APIFlask) -> None:
    oidc.init_app(app, app.extensions["settings"])
    for part in (doors_api.bp, doors_api.pages, scan_api.bp, me_api.bp):
        app.register_blueprint(part)


@bp.post("/auth/sms")
@access("public")
@bp.input(SmsIn)
@bp.output(SmsOut)
def send_code(json_data: SmsIn) -> Any:
    """Text a sign-in code."""
    return {"sandbox_code": service.send_code(json_data.phone, ip())}


@bp.post("/auth/phone")
@access("public")
@bp.input(PhoneIn)
@bp.output(TokensOut)
def sign_in_by_phone(json_data: PhoneIn) -> Any:
    """Sign in with a phone number and its code."""
    limit(f"signin:{ip()}", settings().sign_ins_per_ip, per=600)
    entry, device = cookies.client_entry(), cookies.device()
    return reply(
        service.sign_in_by_phone(
            json_data.phone,
            json_data.code,
            entry,
            device,
            real_name=json_data.real_name,
            consent=json_data.privacy,
        )
    )


@bp.post("/auth/wechat/code")
@access("public")
@bp.input(WechatCodeIn)
@bp.output(TokensOut)
def sign_in_by_wechat(json_data: WechatCodeIn) -> Any:
    """Sign in with the code of wx.login (mini-program) or of the official account's page."""
    limit(f"signin:{ip()}", settings().sign_ins_per_ip, per=600)
    return reply(wechat_login.by_code(json_data.code, json_data.entry, cookies.device(), json_data.privacy))


@bp.get("/auth/wechat/oa/start")
@access("public")
@bp.doc(responses=[302])
def start_oauth() -> Any:
    """Send the browser to WeChat; `next` is the local path to return to, `privacy` the policy agreed to."""
    consent = request.args.get("privacy")
    url, binding = wechat_login.start(request.args.get("next"), request.host_url, consent)
    response = redirect(url)
    cookies.bind(response, binding)
    return uncached(response)


@bp.get("/auth/wechat/oa/callback")
@access("public")
@bp.doc(responses=[302])
def finish_oauth() -> Any:
    """Where WeChat sends the browser back; it may come twice with the same code."""
    args, binding = request.args, request.cookies.get(cookies.BINDING, "")
    return arrive(
        lambda: wechat_login.finish(args.get("state", ""), args.get("code", ""), binding, cookies.device())
    )


@bp.post("/auth/refresh")
@access("public")
@bp.input(RefreshIn)
@bp.output(TokensOut)
def refresh(json_data: RefreshIn) -> Any:
    """New tokens for an applicant's page."""
    return reply(tokens.rotate(cookies.refresh_token("applicant", json_data.refresh_token), "applicant"))


@bp.post("/auth/logout")
@access("public")
@bp.input(RefreshIn)
@bp.doc(responses={204: "ended"})
def logout(json_data: RefreshIn) -> Any:
    """End this login: both tokens stop working at once."""
    return _logout("applicant", json_data.refresh_token)


@bp.post("/auth/staff")
@access("public")
@bp.input(StaffSignIn)
@bp.output(TokensOut)
def sign_in_staff(json_data: StaffSignIn) -> Any:
    """Sign in to the console."""
    limit(f"staff:{ip()}", settings().sign_ins_per_ip, per=600)
    return reply(
        staff_accounts.sign_in(json_data.username, json_data.password, json_data.totp, cookies.device())
    )


@bp.post("/auth/staff/refresh")
@access("public")
@bp.input(RefreshIn)
@bp.output(TokensOut)
def refresh_staff(json_data: RefreshIn) -> Any:
    """New tokens for the console."""
    return reply(tokens.rotate(cookies.refresh_token("staff", json_data.refresh_token), "staff"))


@bp.post("/auth/staff/logout")
@access("public")
@bp.input(RefreshIn)
@bp.doc(responses={204: "ended"})
def logout_staff(json_data: RefreshIn) -> Any:
    """End a console login."""
    return _logout("staff", json_data.refresh_token)


def _logout(kind: str, in_body: str | None) -> Response:
    """Needs the access token, or the refresh token with our own Origin; without either there is nothing to end."""
    actor = actor_or_none()
    if actor and actor.kind == kind:
        tokens.revoke(actor.login_id)
    elif in_body or request.cookies.get(cookies.NAMES[kind]):
        tokens.revoke_by_refresh(cookies.refresh_token(kind, in_body), kind)
    return cookies.drop(Response(status=204), kind)
