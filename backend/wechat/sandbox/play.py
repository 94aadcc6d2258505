"""The page /sandbox: somebody plays WeChat on a laptop. What is done there reaches the product as real pushes."""

import io
from typing import Any

import zxingcpp
from defusedxml.ElementTree import fromstring
from flask import Blueprint, jsonify, render_template, request
from PIL import Image, UnidentifiedImageError

from backend.wechat.sandbox import driver
from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Fault, Persona, World

bp = Blueprint("play", __name__, template_folder="templates", static_folder="static", static_url_path="/sandbox/static")
BROKEN = "该公众号提供的服务出现故障，请稍后再试"
KEPT = 200


@bp.get("/sandbox")
def page() -> Any:
    return render_template("sandbox.html")


@bp.get("/__sandbox__/phone")
def phone() -> Any:
    """?persona= → what is on the phone: chat, notices, whether it follows, the account's menu."""
    w = world()
    person = w.persona(request.args["persona"])

    def mine(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [r for r in rows if r["to"] == person.name]

    consents = {t: n for (key, t), n in w.consents.items() if key == person.key and n}
    return jsonify(
        follows=person.key in w.followers, chat=w.chats.get(person.key, []), menu=w.menu, product=w.product,
        notices=mine(w.outbox), refused=mine(w.refused), consents=consents,
    )  # fmt: skip


@bp.post("/__sandbox__/decode")
def decode() -> Any:
    """The picture in the body → {text}: what its QR code holds."""
    try:
        found = zxingcpp.read_barcode(Image.open(io.BytesIO(request.get_data())).convert("L"))
    except (UnidentifiedImageError, OSError):
        found = None
    return {"text": found.text if found else None}


@bp.post("/__sandbox__/act")
def act() -> Any:
    """{persona, do, …} → {open?, note?, reply?}: `do` is follow, unfollow, say {text}, tap {path: [0, 1]}, scan {link}.

    Pushes what WeChat would push and shows what it would show. The reply is a bubble of the chat as well.
    """
    given, w = request.get_json(force=True), world()
    person = w.persona(given["persona"])
    doing = {"follow": _follow, "unfollow": _unfollow, "say": _say, "tap": _tap, "scan": _scan}.get(given["do"])
    if doing is None:
        raise Fault(40097, "invalid args: do")
    return jsonify(doing(w, person, given))


def _show(w: World, person: Persona, who: str, text: str) -> None:
    chat = w.chats.setdefault(person.key, [])
    chat.append({"who": who, "text": text, "at": w.now()})
    del chat[:-KEPT]


def _push(w: World, person: Persona, **message: Any) -> dict[str, Any]:
    """Deliver a message of the official account's; its reply, shown as a bubble."""
    account = w.of_kind("oa")
    sent = {"FromUserName": person.openid(account.appid), **message}
    asked = {"url": f"{w.product}/wechat/push/oa", "message": sent, "mode": "safe" if account.aes_key else "plain"}
    (answer,) = driver.deliver(account, w, asked)
    said = None
    if answer["kind"] == "reply":
        said = fromstring(answer["body"]).findtext("Content") or ""
    elif answer["kind"] != "silent":
        said = BROKEN
    if said:
        _show(w, person, "account", said)
    return {"reply": said, "delivered": answer["kind"]}


def _event(w: World, person: Persona, event: str, **more: Any) -> dict[str, Any]:
    return _push(w, person, MsgType="event", Event=event, **more)


def _follow(w: World, person: Persona, given: dict[str, Any]) -> dict[str, Any]:
    w.followers.add(person.key)
    _show(w, person, "note", "已关注")
    scene = {"EventKey": f"qrscene_{given['scene']}", "Ticket": "t"} if given.get("scene") else {"EventKey": ""}
    return _event(w, person, "subscribe", **scene)


def _unfollow(w: World, person: Persona, given: dict[str, Any]) -> dict[str, Any]:
    w.followers.discard(person.key)
    _show(w, person, "note", "已取消关注")
    return {**_event(w, person, "unsubscribe", EventKey=""), "reply": None}


def _say(w: World, person: Persona, given: dict[str, Any]) -> dict[str, Any]:
    _show(w, person, "me", str(given["text"]))
    return _push(w, person, MsgType="text", Content=str(given["text"]), MsgId=w.number())


def _tap(w: World, person: Persona, given: dict[str, Any]) -> dict[str, Any]:
    button = {"sub_button": (w.menu or {}).get("button", [])}
    try:
        for step in given["path"]:
            button = button["sub_button"][step]
    except (IndexError, KeyError):
        raise Fault(40097, "invalid args: path") from None
    kind = button.get("type")
    if kind == "click":
        return _event(w, person, "CLICK", EventKey=button["key"])
    if kind == "view":
        return {**_event(w, person, "VIEW", EventKey=button["url"], MenuId="1"), "open": button["url"]}
    if kind == "miniprogram":
        told = _event(w, person, "view_miniprogram", EventKey=button["pagepath"], MenuId="1")
        return {**told, "open": button["url"], "note": f"手机上会打开小程序 {button['pagepath']}，电脑上打开它的网页"}
    return {}  # opening the second level tells nobody


def _scan(w: World, person: Persona, given: dict[str, Any]) -> dict[str, Any]:
    """What a QR code holds: a page, a scene of the account, the mini-program, or words."""
    link = str(given["link"]).strip()
    if "weixin.qq.com/q/" in link:
        return _scene(w, person, link.rsplit("/", 1)[-1])
    if "wxaurl.cn/" in link or link.startswith("weixin://"):
        with w.lock:
            found = w.open_link(link, person)
        return {"note": f"打开小程序 {found['path']}，参数 {found['query'] or '无'}"}
    if link.count("|") == 2 and link.startswith(w.of_kind("mp").appid):
        _, where, scene = link.split("|")
        return {"note": f"打开小程序 {where or '首页'}，scene={scene}"}
    if link.startswith(("http://", "https://")):
        return {"open": link}
    return {"note": f"二维码内容：{link}"}


def _scene(w: World, person: Persona, ticket: str) -> dict[str, Any]:
    scene, until = w.scenes.get(ticket, ("", 0.0))
    if until is not None and until < w.now():
        return {"note": "二维码已过期"}
    if person.key not in w.followers:
        return _follow(w, person, {"scene": scene})
    _show(w, person, "note", "扫描带参数的二维码")
    return _event(w, person, "SCAN", EventKey=scene, Ticket=ticket)
