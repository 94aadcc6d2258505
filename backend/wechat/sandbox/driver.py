"""The push driver: delivers messages to the product as WeChat does. Its cipher is written from the
documents, not with the package the product uses, so that the two check each other.
"""

import base64
import hashlib
import secrets
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener
from xml.etree.ElementTree import ParseError

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from defusedxml.ElementTree import fromstring
from flask import Blueprint, request

from backend.wechat.sandbox.token import world
from backend.wechat.sandbox.world import Account, World

bp = Blueprint("driver", __name__, url_prefix="/__sandbox__")
ANSWER_SECONDS = 5
BLOCK = 32


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def _cipher(aes_key: str) -> Cipher:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def seal(account: Account, plain: bytes) -> str:
    """16 random bytes, length, message, appid; PKCS#7 to 32."""
    data = secrets.token_bytes(16) + struct.pack("!I", len(plain)) + plain + account.appid.encode()
    pad = BLOCK - len(data) % BLOCK
    encryptor = _cipher(account.aes_key).encryptor()
    return base64.b64encode(encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()).decode()


def unseal(account: Account, text: str) -> str:
    decryptor = _cipher(account.aes_key).decryptor()
    data = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    (length,) = struct.unpack("!I", data[16:20])
    return data[20 : 20 + length].decode()


def to_xml(message: dict[str, Any]) -> str:
    def cdata(value: Any) -> str:
        if isinstance(value, dict):
            return "".join(f"<{k}>{cdata(v)}</{k}>" for k, many in value.items() for v in _many(many))
        return str(value) if isinstance(value, int) else f"<![CDATA[{value}]]>"

    return f"<xml>{cdata(message)}</xml>"


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _signed(account: Account) -> dict[str, str]:
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    return {"signature": sign(account.push_token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


@bp.post("/prove")
def prove() -> dict[str, Any]:
    """{account, url}: the console's check of the address."""
    given = request.get_json(force=True)
    echo = secrets.token_hex(10)
    reply = _call(given["url"] + "?" + urlencode({**_signed(world().of_kind(given["account"])), "echostr": echo}), None)
    return {**reply, "proved": reply["status"] == 200 and reply["body"] == echo}


@bp.post("/verify_file")
def verify_file() -> dict[str, Any]:
    """{url, body}: the console's look at a domain's verification file: exact, 200, no redirect."""
    given = request.get_json(force=True)
    reply = _call(given["url"], None)
    return {**reply, "proved": reply["status"] == 200 and reply["body"] == given["body"]}


@bp.post("/push")
def push() -> dict[str, Any]:
    """{account, url, message, mode: plain|compat|safe, format: xml|json, times, at_once}: the answers, in order."""
    given, w = request.get_json(force=True), world()
    return {"answers": deliver(w.of_kind(given["account"]), w, given)}


def deliver(account: Account, w: World, given: dict[str, Any]) -> list[dict[str, Any]]:
    message = {"CreateTime": int(w.now()), "ToUserName": "gh_0123456789ab", **given["message"]}
    w.spoke[str(message.get("FromUserName", ""))] = (w.now(), 0)
    one = lambda _: _deliver(account, given, message)  # noqa: E731
    times = given.get("times", 1)
    if given.get("at_once"):
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))
    return [one(n) for n in range(times)]


def _deliver(account: Account, given: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """One delivery; a repetition carries the same MsgId and CreateTime and a new signature."""
    mode, as_json = given.get("mode", "plain"), given.get("format") == "json"
    plain = orjson.dumps(message).decode() if as_json else to_xml(message)
    query, outer = {**_signed(account), "openid": str(message.get("FromUserName", ""))}, message
    if mode != "plain":
        encrypted = seal(account, plain.encode())
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(account.push_token, query["timestamp"], query["nonce"], encrypted)
        kept = message if mode == "compat" else {"ToUserName": message["ToUserName"]}
        outer = {**kept, "Encrypt": encrypted}
    body = orjson.dumps(outer) if as_json else to_xml(outer).encode()
    reply = _call(given["url"] + "?" + urlencode(query), body)
    if mode != "plain" and reply["body"].startswith("<"):
        reply |= _opened(account, reply["body"])
    return {**reply, "kind": _kind(reply)}


def _kind(reply: dict[str, Any]) -> str:
    """How WeChat takes the answer: silence, a reply, or something that makes it say 该公众号暂时无法提供服务."""
    if reply["status"] != 200:
        return "failed"
    if reply["body"] in ("", "success"):
        return "silent"
    try:
        return "reply" if fromstring(reply["body"]).findtext("MsgType") else "garbage"
    except ParseError:
        return "garbage"


def _opened(account: Account, body: str) -> dict[str, Any]:
    parts = {child.tag: child.text or "" for child in fromstring(body)}
    expected = sign(account.push_token, parts["TimeStamp"], parts["Nonce"], parts["Encrypt"])
    return {"body": unseal(account, parts["Encrypt"]), "signed": expected == parts["MsgSignature"]}


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer like another one: WeChat does not follow it."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = build_opener(_Stay)


def _call(url: str, body: bytes | None) -> dict[str, Any]:
    start = time.monotonic()
    try:
        asked = Request(url, body, {"Content-Type": "text/xml"})  # noqa: S310 - given by whoever plays
        with _opener.open(asked, timeout=ANSWER_SECONDS) as reply:
            status, text = reply.status, reply.read().decode()
    except HTTPError as fault:
        status, text = fault.code, fault.read().decode()
    except (OSError, ValueError) as fault:  # not there, not in time, or no address at all
        status, text = 0, type(fault).__name__
    return {"status": status, "body": text, "seconds": time.monotonic() - start}
