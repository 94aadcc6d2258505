"""The official account's own things: the menu, the ticket of the JS-SDK."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, request

from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import TOKEN_SECONDS, Fault

bp = Blueprint("account", __name__)
OK = {"errcode": 0, "errmsg": "ok"}


def body() -> dict[str, Any]:
    """The JSON body of a call with a token."""
    if not request.get_data():
        raise Fault(44002, "empty post data")
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise Fault(47001, "data format error")
    return given


@bp.post("/cgi-bin/menu/create")
def menu_create() -> dict[str, Any]:
    w = world()
    with w.lock:
        w.check_token(request.args.get("access_token"), "oa")
        given = body()
        buttons = given.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise Fault(40016, "invalid button size")
        for button in buttons:
            _check(button, w.of_kind("mp").appid, top=True)
        w.menu = given
        return OK


def _check(button: dict[str, Any], linked: str, top: bool) -> None:
    size = len(str(button.get("name", "")).encode())
    if not 1 <= size <= (16 if top else 60):
        raise Fault(40018 if top else 40025, "invalid button name size")
    subs = button.get("sub_button")
    if subs:
        if not top:
            raise Fault(40022, "invalid sub button level")
        if len(subs) > 5:
            raise Fault(40023, "invalid sub button size")
        for sub in subs:
            _check(sub, linked, top=False)
        return
    kind = button.get("type")
    if kind == "click":
        if not 1 <= len(str(button.get("key", "")).encode()) <= 128:
            raise Fault(40019 if top else 40026, "invalid button key size")
        return
    if kind not in ("view", "miniprogram"):
        raise Fault(40017 if top else 40024, "invalid button type")
    url = str(button.get("url", ""))
    if len(url.encode()) > 1024:
        raise Fault(40020 if top else 40027, "invalid button url size")
    if urlsplit(url).scheme not in ("http", "https"):
        raise Fault(40055, "invalid button url domain")
    if kind == "miniprogram" and button.get("appid") != linked:
        raise Fault(45064, "no permission to use weapp in menu")


@bp.get("/cgi-bin/menu/get")
def menu_get() -> dict[str, Any]:
    world().check_token(request.args.get("access_token"), "oa")
    if world().menu is None:
        raise Fault(46003, "menu no exist")
    return {"menu": world().menu}


@bp.get("/cgi-bin/menu/delete")
def menu_delete() -> dict[str, Any]:
    world().check_token(request.args.get("access_token"), "oa")
    world().menu = None
    return OK


@bp.get("/cgi-bin/ticket/getticket")
def ticket() -> dict[str, Any]:
    """The same ticket for two hours; now and then an empty one, if so ordered."""
    w = world()
    with w.lock:
        account = w.check_token(request.args.get("access_token"), "oa")
        if request.args.get("type") != "jsapi":
            raise Fault(40097, "invalid args: type")
        if w.empty_tickets > 0:
            w.empty_tickets -= 1
            return {**OK, "ticket": "", "expires_in": TOKEN_SECONDS}
        value, until = w.tickets.get(account.appid, ("", 0.0))
        if until <= w.now():
            value, until = secrets.token_urlsafe(60), w.now() + TOKEN_SECONDS
            w.tickets[account.appid] = (value, until)
        return {**OK, "ticket": value, "expires_in": int(until - w.now())}


@bp.post("/__sandbox__/empty_tickets")
def empty_tickets() -> Any:
    """{times}: so many next tickets are empty (seen in the wild)."""
    world().empty_tickets = request.get_json(force=True)["times"]
    return {}
