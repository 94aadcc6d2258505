"""Messages and events that WeChat pushes, and passive replies (docs: 接收普通消息, 接收事件推送, 被动回复)."""

import time
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_BYTES = 64 * 1024
SCENE_PREFIX = "qrscene_"


class NotAMessage(ValueError):
    """The body is neither WeChat's XML nor JSON."""


@dataclass(frozen=True)
class Push:
    """One message or event. `event` is lower case; `key` is a menu's key, a page, or a scene without its prefix."""

    account: str
    sender: str
    receiver: str
    kind: str
    event: str
    key: str
    text: str
    created: int
    msg_id: str
    data: dict[str, Any]

    @property
    def identity(self) -> str:
        """Equal for repeated deliveries. Events have no MsgId: sender, second, event and key tell them apart, and the
        number of the notice or check that some are about."""
        if self.msg_id:
            return f"{self.account}:{self.msg_id}"
        about = self.data.get("trace_id") or self.data.get("MsgID") or self.key
        return f"{self.account}:{self.sender}:{self.created}:{self.event}:{about}"[:200]


def parse(account: str, body: bytes) -> Push:
    """Raises NotAMessage. Entities and document types are refused before anything is expanded."""
    data = fields(body)
    try:
        sender, receiver, kind = str(data["FromUserName"]), str(data["ToUserName"]), str(data["MsgType"])
        created = int(data["CreateTime"])
    except (KeyError, TypeError, ValueError):
        raise NotAMessage() from None
    key = str(data.get("EventKey") or "")
    event = str(data.get("Event") or "").lower()
    if event == "subscribe":
        key = key.removeprefix(SCENE_PREFIX)
    text, msg_id = str(data.get("Content") or ""), str(data.get("MsgId") or "")
    if msg_id == "0" or event:
        msg_id = ""
    return Push(account, sender, receiver, kind, event, key, text, created, msg_id, data)


def fields(body: bytes) -> dict[str, Any]:
    """The fields of an XML or JSON body."""
    if len(body) > MAX_BYTES:
        raise NotAMessage()
    if body.lstrip()[:1] == b"{":
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise NotAMessage() from None
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        raise NotAMessage() from None
    if root.tag != "xml" or not len(root):
        raise NotAMessage()
    return {child.tag: _value(child) for child in root}


def _value(element: Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        found.setdefault(child.tag, []).append(_value(child))
    return {k: v[0] if len(v) == 1 else v for k, v in found.items()}


def text_reply(push: Push, text: str) -> str:
    """A passive text reply; sender and receiver change places."""
    parts = {"ToUserName": push.sender, "FromUserName": push.receiver, "MsgType": "text", "Content": text}
    inner = "".join(f"<{name}>{cdata(value)}</{name}>" for name, value in parts.items())
    return f"<xml>{inner}<CreateTime>{int(time.time())}</CreateTime></xml>"


def cdata(text: str) -> str:
    """`]]>` in a user's words must not end the section."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
