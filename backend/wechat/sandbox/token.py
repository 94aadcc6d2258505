"""/cgi-bin/token and /cgi-bin/stable_token."""

from typing import Any

from flask import Blueprint, current_app, request

from backend.wechat.sandbox.world import (
    FORCE_A_DAY,
    FORCE_EVERY,
    OLD_TOKEN_SECONDS,
    Account,
    Fault,
    Token,
    World,
)

bp = Blueprint("token", __name__)
A_DAY = 2000


def world() -> World:
    return current_app.extensions["world"]


def _credentials(given: dict[str, Any]) -> Account:
    if given.get("grant_type") != "client_credential":
        raise Fault(40002, "invalid grant_type")
    if not given.get("appid"):
        raise Fault(41002, "appid missing")
    if not given.get("secret"):
        raise Fault(41004, "appsecret missing")
    return world().account(given["appid"], given["secret"])


def _reply(token: Token) -> dict[str, Any]:
    return {"access_token": token.value, "expires_in": int(token.until - world().now())}


@bp.get("/cgi-bin/token")
def plain() -> dict[str, Any]:
    """Each call makes a new token; the old one lives five minutes more."""
    w = world()
    with w.lock:
        account = _credentials(request.args)
        w.limit(f"token:{account.appid}", A_DAY, 24 * 3600, 45009)
        w.old_token(account.appid, "token", OLD_TOKEN_SECONDS)
        return _reply(w.new_token(account.appid, "token"))


@bp.route("/cgi-bin/stable_token", methods=["GET", "POST"])
def stable() -> dict[str, Any]:
    """The same token until its last five minutes; force_refresh ends it at once, every 30 s and 20 a day at most."""
    if request.method != "POST":
        raise Fault(43002, "require POST method")
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise Fault(47001, "data format error")
    w = world()
    with w.lock:
        account = _credentials(given)
        current = w.tokens.get(w.newest.get((account.appid, "stable"), ""))
        if given.get("force_refresh") and _may_force(w, account.appid):
            w.old_token(account.appid, "stable", 0)
            current = None
        if current is None or current.until - w.now() < OLD_TOKEN_SECONDS:
            current = w.new_token(account.appid, "stable")
        return _reply(current)


def _may_force(w: World, appid: str) -> bool:
    times = w.forced.setdefault(appid, [])
    now = w.now()
    times[:] = [t for t in times if now - t < 24 * 3600]
    if len(times) >= FORCE_A_DAY or (times and now - times[-1] < FORCE_EVERY):
        return False
    times.append(now)
    return True
