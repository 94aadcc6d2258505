"""/__sandbox__/…: what a test or a developer may do to the little world. Not part of WeChat."""

from typing import Any

from flask import Blueprint, jsonify, request

from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Fault, Injected, Persona

bp = Blueprint("control", __name__, url_prefix="/__sandbox__")


def _asked() -> dict[str, Any]:
    return request.get_json(force=True)


@bp.get("/personas")
def personas() -> Any:
    w = world()
    mp, oa = w.of_kind("mp").appid, w.of_kind("oa").appid
    return jsonify(
        [
            {
                "key": p.key, "name": p.name, "phone": p.phone, "unionid": p.unionid,
                "openid": {"mp": p.openid(mp), "oa": p.openid(oa)},
            }
            for p in w.personas.values()
        ]
    )  # fmt: skip


@bp.post("/personas")
def add_persona() -> Any:
    """Make or change somebody: {key, name, phone, risky?, snapshot?}."""
    given = _asked()
    with world().lock:
        world().personas[given["key"]] = Persona(**given)
    return {}


@bp.post("/codes")
def codes() -> Any:
    """{kind: login|phone|oauth, persona} → {code}: what wx.login or the phone button would hand over."""
    w, given = world(), _asked()
    with w.lock:
        account = w.of_kind("oa" if given["kind"] == "oauth" else "mp")
        persona = w.persona(given["persona"])
        return {"code": w.issue_code(given["kind"], account, persona, given.get("scope", "snsapi_base"))}


@bp.post("/clock")
def clock() -> Any:
    """{seconds}: put the world's clock forward."""
    world().ahead += _asked()["seconds"]
    return {}


@bp.post("/options")
def options() -> Any:
    """{double_hit?: bool, product?: url}."""
    for name, value in _asked().items():
        if name not in ("double_hit", "product"):
            raise Fault(40097, "invalid args")
        setattr(world(), name, value)
    return {}


@bp.post("/rotate")
def rotate() -> Any:
    """{account: mp|oa}: the token in use is dead from now on."""
    w = world()
    with w.lock:
        for origin in ("token", "stable"):
            w.old_token(w.of_kind(_asked()["account"]).appid, origin, 0)
    return {}


@bp.post("/faults")
def faults() -> Any:
    """{path, times, errcode?, errmsg?, status?, delay?}: what the next calls of a path meet."""
    with world().lock:
        world().injected.append(Injected(**_asked()))
    return {}


@bp.delete("/faults")
def no_faults() -> Any:
    world().injected.clear()
    return {}


@bp.get("/calls")
def calls() -> Any:
    """Every call that came in, oldest first; ?path= to choose."""
    path = request.args.get("path")
    return jsonify([c for c in world().calls if path in (None, c["path"])])


@bp.delete("/calls")
def forget_calls() -> Any:
    world().calls.clear()
    return {}
