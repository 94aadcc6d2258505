"""i深圳: its list of services, where a person enters ours, and the exchange of the code (server to server, signed)."""

import hmac
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request

from backend.identity.ishenzhen import signature
from backend.identity.sandbox.provider import settings, world

bp = Blueprint("ishenzhen", __name__, url_prefix="/ishenzhen", template_folder="templates")
CLOCK_SKEW = 300


@bp.get("/")
def home() -> Any:
    return render_template("ishenzhen.html", personas=world().personas.values())


@bp.get("/enter/<persona>")
def enter(persona: str) -> Any:
    """The person taps 视频办 in the app: its container opens our page with a one-time code."""
    if persona not in world().personas:
        return jsonify(error="no such persona"), 404
    code = world().new_code(kind="ishenzhen", persona=persona)
    return redirect(f"{settings().public_url.rstrip('/')}/m/?from=ishenzhen&code={code}", 302)


@bp.post("/api/user/exchange")
def exchange() -> Any:
    w, given = world(), request.get_json(silent=True) or {}
    w.calls.append("exchange")
    if w.fault("ishenzhen_down"):
        return Response("bad gateway", 502)
    sign = str(given.pop("sign", ""))
    if given.get("app_id") != settings().ishenzhen_app_id or set(given) != {
        "app_id",
        "code",
        "nonce",
        "timestamp",
    }:
        return {"code": 1001, "message": "参数不正确", "data": None}
    if not hmac.compare_digest(sign, signature(settings().ishenzhen_secret, given)):
        return {"code": 1002, "message": "签名不正确", "data": None}
    if abs(w.now() - int(given["timestamp"])) > CLOCK_SKEW or given["nonce"] in w.nonces:
        return {"code": 1003, "message": "请求已过期或重复", "data": None}
    w.nonces.add(given["nonce"])
    kept = w.take_code(str(given["code"]))
    if kept is None or kept["kind"] != "ishenzhen":
        return {"code": 2001, "message": "code 无效或已使用", "data": None}
    person = w.personas[kept["persona"]]
    data = {"user_id": f"isz-{person.key}", "phone": person.phone, "level": person.level}
    if person.level >= 2:
        data |= {"name": person.name, "id_number": person.id_number}
    return {"code": 0, "message": "", "data": data}
