"""Codes and links that bring people in: mini-program codes, the account's scene QR codes, URL links, schemes."""

import io
import re
import secrets
from typing import Any
from urllib.parse import quote

import qrcode
from flask import Blueprint, Response, request

from backend.wechat.sandbox.account import OK, body
from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Fault, Link, World

bp = Blueprint("codes", __name__)
SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
MONTH = 30 * 24 * 3600
VERSIONS = ("release", "trial", "develop")


def png(text: str) -> bytes:
    out = io.BytesIO()
    qrcode.make(text, border=2).save(out, "PNG")
    return out.getvalue()


def _check_page(w: World, page: str) -> None:
    if page.startswith("/") or "?" in page or (w.pages is not None and page not in w.pages):
        raise Fault(41030, "invalid page hint")


@bp.post("/wxa/getwxacodeunlimit")
def mini_program_code() -> Response:
    """PNG bytes; errors are JSON. The picture holds appid|page|scene (the real one is round)."""
    w = world()
    account = w.check_token(request.args.get("access_token"), "mp")
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict) or not SCENE.fullmatch(str(given.get("scene", ""))):
        raise Fault(40169, "invalid length for scene, or the data is not json string")
    page = str(given.get("page", ""))
    if page and given.get("check_path", True):
        _check_page(w, page)
    if not 280 <= given.get("width", 430) <= 1280 or given.get("env_version", "release") not in VERSIONS:
        raise Fault(40097, "invalid args")
    return Response(png(f"{account.appid}|{page}|{given['scene']}"), mimetype="image/jpeg")


@bp.post("/wxa/generate_urllink")
def url_link() -> dict[str, Any]:
    """For thirty days and one person."""
    w, given = world(), body()
    w.check_token(request.args.get("access_token"), "mp")
    token = _link(w, str(given.get("path", "")), str(given.get("query", "")), given)
    return {**OK, "url_link": f"https://wxaurl.cn/{token}"}


@bp.post("/wxa/generatescheme")
def scheme() -> dict[str, Any]:
    w, given = world(), body()
    w.check_token(request.args.get("access_token"), "mp")
    jump = given.get("jump_wxa") or {}
    token = _link(w, str(jump.get("path", "")), str(jump.get("query", "")), given)
    return {**OK, "openlink": f"weixin://dl/business/?t={token}"}


def _link(w: World, path: str, query: str, given: dict[str, Any]) -> str:
    if path.startswith("/") or (path and w.pages is not None and path not in w.pages):
        raise Fault(40165, "invalid weapp pagepath")
    if len(query) > 1024:
        raise Fault(40212, "invalid query")
    by_days = w.now() + given.get("expire_interval", 30) * 24 * 3600
    until = by_days if given.get("expire_type") == 1 else given.get("expire_time") or w.now() + MONTH
    if not w.now() < until <= w.now() + MONTH + 60:
        raise Fault(85401, "link life too long")
    token = secrets.token_hex(6)
    w.links[token] = Link(path, query, until)
    return token


@bp.post("/cgi-bin/qrcode/create")
def scene_code() -> dict[str, Any]:
    w, given = world(), body()
    w.check_token(request.args.get("access_token"), "oa")
    action, scene = given.get("action_name"), (given.get("action_info") or {}).get("scene") or {}
    seconds = given.get("expire_seconds", 60)
    lasting = action in ("QR_LIMIT_STR_SCENE", "QR_LIMIT_SCENE")
    if action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
        value = scene.get("scene_str")
        good = isinstance(value, str) and 1 <= len(value) <= 64
    else:
        value = scene.get("scene_id")
        good = isinstance(value, int) and 0 < value < (100_001 if lasting else 2**32)
        good = good and action in ("QR_SCENE", "QR_LIMIT_SCENE")
    if not good or (not lasting and not 0 < seconds <= MONTH):
        raise Fault(40053, "invalid action info")
    ticket = secrets.token_urlsafe(60)
    w.scenes[ticket] = (str(value), None if lasting else w.now() + seconds)
    made = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket}"}
    return made if lasting else {**made, "expire_seconds": seconds}


@bp.get("/cgi-bin/showqrcode")
def show() -> Any:
    ticket = request.args.get("ticket", "")
    if ticket not in world().scenes:
        return Response("", 404)
    return Response(png(f"http://weixin.qq.com/q/{quote(ticket)}"), mimetype="image/jpeg")


@bp.post("/__sandbox__/pages")
def publish() -> Any:
    """{pages: […] | null}: the mini-program's published pages; null takes any."""
    pages = request.get_json(force=True)["pages"]
    world().pages = None if pages is None else set(pages)
    return {}


@bp.post("/__sandbox__/links/open")
def open_link() -> Any:
    """{persona, url}: open a URL link or scheme; the second person finds it used, as after thirty days."""
    given, w = request.get_json(force=True), world()
    with w.lock:
        return w.open_link(given["url"], w.persona(given["persona"]))
