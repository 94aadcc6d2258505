"""Notices: subscribe messages of the mini-program, templates of the official account.

The checks are written from the documents and share nothing with the product's own.
"""

import re
from typing import Any

from flask import Blueprint, jsonify, request

from backend.wechat.sandbox.account import OK, body
from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Fault, World

bp = Blueprint("notices", __name__)
CJK = "[\u4e00-\u9fff]"
DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
HOUR = r"\d{1,2}:\d{2}"
SHAPES = {
    "thing": r".{1,20}",
    "phrase": f"{CJK}{{1,5}}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "number": r"[\d.]{1,41}",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}|_",
    "time": f"({DAY} )?{HOUR}(~({DAY} )?{HOUR})?|{DAY}",
    "date": f"{DAY}( {HOUR})?(~{DAY}( {HOUR})?)?",
    "amount": r"[¥$€£]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[0-9+\-() ]{1,17}",
    "car_number": r".{1,8}",
    "name": f"(?=.*{CJK}).{{1,10}}|[^\u4e00-\u9fff]{{1,20}}",
}


def _check_data(w: World, template: str, data: Any) -> None:
    keys = w.templates.get(template)
    if keys is None:
        raise Fault(40037, "invalid template_id")
    if not isinstance(data, dict):
        raise Fault(47003, "argument invalid! data is not an object")
    for key in keys:
        value = data.get(key, {}).get("value") if isinstance(data.get(key), dict) else None
        if not isinstance(value, str) or not value.strip():
            raise Fault(47003, f"argument invalid! data.{key}.value is empty")
        kind = key.rstrip("0123456789")
        if not re.fullmatch(SHAPES[kind], value):
            raise Fault(47003, f"argument invalid! data.{key}.value invalid")


@bp.post("/cgi-bin/message/subscribe/send")
def subscribe_send() -> dict[str, Any]:
    """One consent, one send."""
    w = world()
    with w.lock:
        account, given = w.check_token(request.args.get("access_token"), "mp"), body()
        person = w.by_openid(account.appid, str(given.get("touser", "")))
        template = str(given.get("template_id", ""))
        _check_data(w, template, given.get("data"))
        if given.get("miniprogram_state", "formal") not in ("developer", "trial", "formal"):
            raise Fault(47003, "argument invalid! miniprogram_state")
        if w.consents.get((person.key, template), 0) < 1:
            raise Fault(43101, "user refuse to accept the msg")
        w.consents[(person.key, template)] -= 1
        w.outbox.append({"account": "mp", "to": person.name, "template": template, "data": given["data"]})
        return OK


@bp.post("/cgi-bin/message/template/send")
def template_send() -> dict[str, Any]:
    """To followers only; a repeated client_msg_id is the same message."""
    w = world()
    with w.lock:
        account, given = w.check_token(request.args.get("access_token"), "oa"), body()
        person = w.by_openid(account.appid, str(given.get("touser", "")))
        template = str(given.get("template_id", ""))
        _check_data(w, template, given.get("data"))
        if person.key not in w.followers:
            raise Fault(43004, "require subscribe")
        mark = given.get("client_msg_id")
        if not mark or all(m.get("mark") != mark for m in w.outbox):
            w.outbox.append(
                {"account": "oa", "to": person.name, "template": template, "data": given["data"], "mark": mark}
            )
        return {**OK, "msgid": len(w.outbox)}


@bp.post("/__sandbox__/templates")
def add_template() -> Any:
    """{id, keys}: a template of either account."""
    given = request.get_json(force=True)
    world().templates[given["id"]] = given["keys"]
    return {}


@bp.post("/__sandbox__/consents")
def consent() -> Any:
    """{persona, template, times?}: what a tap on 允许 leaves behind."""
    given, w = request.get_json(force=True), world()
    with w.lock:
        key = (w.persona(given["persona"]).key, given["template"])
        w.consents[key] = w.consents.get(key, 0) + given.get("times", 1)
    return {}


@bp.post("/__sandbox__/follow")
def follow() -> Any:
    """{persona, follows}."""
    given, w = request.get_json(force=True), world()
    key = w.persona(given["persona"]).key
    (w.followers.add if given.get("follows", True) else w.followers.discard)(key)
    return {}


@bp.get("/__sandbox__/outbox")
def outbox() -> Any:
    """Notices that arrived on phones, oldest first."""
    return jsonify(world().outbox)
