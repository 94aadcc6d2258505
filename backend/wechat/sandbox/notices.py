"""Notices: subscribe messages of the mini-program, templates of the official account.

The checks are written from the documents and share nothing with the product's own.
"""

import re
import threading
from typing import Any

from flask import Blueprint, jsonify, request

from backend.wechat.sandbox import driver
from backend.wechat.sandbox.account import OK, body
from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Fault, Persona, World

bp = Blueprint("notices", __name__)
DAYS_2 = 48 * 3600
ANSWERS = 20  # to one thing somebody did
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
        _use_consent(w, person, template)
        if (page := str(given.get("page", ""))) and w.pages is not None and page.split("?")[0] not in w.pages:
            raise Fault(41030, "invalid page")
        _arrive(w, account="mp", to=person.name, template=template, data=given["data"], page=page)
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
            shown = {"data": given["data"], "mark": mark, "page": str(given.get("url", ""))}
            _arrive(w, account="oa", to=person.name, template=template, **shown)
            if w.product:
                threading.Timer(0.5, _finished, (w, person, len(w.outbox))).start()
        return {**OK, "msgid": len(w.outbox)}


def _finished(w: World, person: Persona, msgid: int) -> None:
    """The event that a template message has arrived."""
    account = w.of_kind("oa")
    event = {
        "FromUserName": person.openid(account.appid), "MsgType": "event", "Event": "TEMPLATESENDJOBFINISH",
        "MsgID": msgid, "Status": "success",
    }  # fmt: skip
    mode = "safe" if account.aes_key else "plain"
    driver.deliver(account, w, {"url": f"{w.product}/wechat/push/oa", "message": event, "mode": mode})


def _use_consent(w: World, person: Persona, template: str) -> None:
    if w.consents.get((person.key, template), 0) < 1:
        w.refused.append({"to": person.name, "template": template, "at": w.now()})
        raise Fault(43101, "user refuse to accept the msg")
    w.consents[(person.key, template)] -= 1


def _arrive(w: World, **notice: Any) -> None:
    w.outbox.append({**notice, "at": w.now()})


@bp.post("/cgi-bin/message/subscribe/bizsend")
def account_subscribe_send() -> dict[str, Any]:
    """The official account's subscription notice; it tells no msgid."""
    w = world()
    with w.lock:
        account, given = w.check_token(request.args.get("access_token"), "oa"), body()
        person = w.by_openid(account.appid, str(given.get("touser", "")))
        template = str(given.get("template_id", ""))
        _check_data(w, template, given.get("data"))
        _use_consent(w, person, template)
        _arrive(w, account="oa", to=person.name, template=template, data=given["data"], page=str(given.get("page", "")))
        return OK


@bp.post("/cgi-bin/message/custom/send")
def custom_send() -> dict[str, Any]:
    """An agent's words, within 48 hours of something the person did, and not too many."""
    w = world()
    with w.lock:
        account, given = w.check_token(request.args.get("access_token"), "oa"), body()
        openid = str(given.get("touser", ""))
        person = w.by_openid(account.appid, openid)
        text = str((given.get("text") or {}).get("content", ""))
        if given.get("msgtype") != "text" or not text:
            raise Fault(40008, "invalid message type")
        at, answers = w.spoke.get(openid, (-DAYS_2, 0))
        if w.now() - at > DAYS_2:
            raise Fault(45015, "response out of time limit or subscription is canceled")
        if answers >= ANSWERS:
            raise Fault(45047, "out of response count limit")
        w.spoke[openid] = (at, answers + 1)
        w.chats.setdefault(person.key, []).append({"who": "account", "text": text, "at": w.now()})
        return OK


def _content(keys: list[str]) -> str:
    return "\n".join(f"{key}:{{{{{key}.DATA}}}}" for key in keys)


@bp.get("/wxaapi/newtmpl/gettemplate")
def own_templates() -> dict[str, Any]:
    """The mini-program's templates."""
    w = world()
    w.check_token(request.args.get("access_token"), "mp")
    found = [{"priTmplId": id, "title": id, "content": _content(keys), "type": 2} for id, keys in w.templates.items()]
    return {**OK, "data": found}


@bp.get("/cgi-bin/template/get_all_private_template")
def account_templates() -> dict[str, Any]:
    w = world()
    w.check_token(request.args.get("access_token"), "oa")
    found = [{"template_id": id, "title": id, "content": _content(keys)} for id, keys in w.templates.items()]
    return {"template_list": found}


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
