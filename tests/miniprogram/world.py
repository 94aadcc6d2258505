"""What the pages show: bookings and a session of the phone's own user, with an agent on the other side."""

from __future__ import annotations

from typing import Any

import requests

from tests.bots import AgentBot, ApplicantBot, Bot
from tests.conftest import until
from tests.drills.__main__ import picture

OWNER, WAITER, CALLER, COMER = "wangxiaoming", "lisi", "zhangsan", "ouyangruoxi"
ITEM = "初中、小学、幼儿园教师资格认定"


class WechatBot(ApplicantBot):
    """The same person as the phone's: signed in by WeChat, not by a text message."""

    def enter(self, sandbox: str, persona: str) -> WechatBot:
        asked = {"kind": "login", "persona": persona}
        code = requests.post(f"{sandbox}/__sandbox__/codes", json=asked, timeout=10).json()["code"]
        self._tokens(self.post("/auth/wechat/code", {"code": code, "entry": "mp"}))
        return self

    def item(self) -> dict[str, Any]:
        found: dict[str, Any] = next(i for i in self.get(f"/items?q={ITEM}")["items"] if i["name"] == ITEM)
        return found

    def book(self, item_id: str, day: int, turn: int = 0) -> str:
        """A booked place on the day with that index, in its open slot number `turn`."""
        days = self.get(f"/items/{item_id}/days")["days"]
        slots = self.get(f"/items/{item_id}/slots?date={days[day]['date']}")["items"]
        slot = [s for s in slots if s["state"] == "open"][turn]
        booking: str = self.post(f"/slots/{slot['id']}/hold", {"item_id": item_id})["id"]
        self.post(f"/bookings/{booking}/confirm")
        return booking


class AdminBot(Bot):
    def sign_in(self) -> AdminBot:
        self._tokens(self.post("/auth/staff", {"username": self.name, "password": "Demo-2026!"}))
        return self

    def shorten_countdown(self) -> None:
        """A commitment of the item is read in a second."""
        item = next(i for i in self.get(f"/admin/items?q={ITEM}")["items"] if i["name"] == ITEM)
        self.ask("PATCH", f"/admin/items/{item['id']}", {"countdown_seconds": 1})


def places(server: str, sandbox: str, persona: str) -> dict[str, str]:
    """Ids for the pages' queries: {item} {future} {booking} {other} {session} {commitment} {material}."""
    return _places(server, sandbox, persona)[0]


def _places(server: str, sandbox: str, persona: str) -> tuple[dict[str, str], WechatBot, AgentBot]:
    """The same, with the two of the session."""
    me, other = (WechatBot(server, who).enter(sandbox, who) for who in (persona, WAITER))
    item = me.item()["id"]
    session = me.queue_now(ITEM)
    agent = AgentBot(server, "kefu01").sign_in()
    agent.post("/console/next", {})
    me.post(f"/sessions/{session}/answer", {"endpoint": "applicant-phone"})
    agent.say(session, "您好，我是福田区客服，请先阅读并签署承诺书。")
    me.say(session, "老师好，材料都准备好了。")
    requirements = agent.get(f"/items/{item}")["materials"]
    agent.post(f"/sessions/{session}/materials", {"requirement_ids": [r["id"] for r in requirements[:4]]})
    agent.post(f"/sessions/{session}/commitments", {})
    agent.post(f"/sessions/{session}/pickup")
    view = me.get(f"/sessions/{session}")
    mine = next(b for b in me.get("/bookings")["items"] if b.get("session_id") == session)
    known = {
        "item": item,
        "session": session,
        "booking": mine["id"],
        "future": me.book(me.get("/items?q=居住证")["items"][0]["id"], 2),
        "other": other.queue_now(ITEM),
        "commitment": view["commitment"]["id"],
        "material": view["materials"][0]["id"],
    }
    return known, me, agent


def stage(server: str, sandbox: str) -> dict[str, str]:
    """A fitting state for every page (scenes.py): OWNER's session with papers, read and checked; WAITER in line; CALLER
    with one that ended {ended}, and one under way {called} with an {unread} commitment; COMER before the {gate}.
    """
    AdminBot(server, "admin").sign_in().shorten_countdown()
    known, me, adviser = _places(server, sandbox, OWNER)
    caller, comer = (WechatBot(server, who).enter(sandbox, who) for who in (CALLER, COMER))
    me.get(f"/commitments/{known['commitment']}")  # the first look starts the countdown
    agent = AgentBot(server, "kefu02").sign_in()
    ended = _met(caller, agent)
    agent.post(f"/sessions/{ended}/complete", {"outcome": "advice", "note": ""})
    agent.post("/console/wrap-up/done")
    called = _met(caller, agent)
    agent.post(f"/sessions/{called}/commitments", {})
    unread = caller.get(f"/sessions/{called}")["commitment"]["id"]
    caller.get(f"/commitments/{unread}")
    gate = comer.book(known["item"], 0)
    _checked(me, adviser, known["session"], known["material"])
    for who, paper in ((me, known["commitment"]), (caller, unread)):
        _countdown_over(who, paper)
    me.post(f"/commitments/{known['commitment']}/read")
    return {**known, "ended": ended, "called": called, "unread": unread, "gate": gate, "free": _free(me)}


def _free(applicant: Bot) -> str:
    """An item that this person has not booked."""
    mine = {booking["item"]["id"] for booking in applicant.get("/bookings")["items"]}
    items = [i for i in applicant.get("/items")["items"] if i["video_enabled"]]
    found: str = next(i["id"] for i in items if i["id"] not in mine)
    return found


def _met(applicant: WechatBot, agent: AgentBot) -> str:
    """An active session of the two."""
    session = applicant.queue_now(ITEM)
    agent.post(f"/console/sessions/{session}/accept")
    applicant.post(f"/sessions/{session}/answer", {"endpoint": "applicant-phone"})
    return session


def _checked(applicant: Bot, agent: Bot, session: str, material: str) -> None:
    """Handed in and verified, the copy with its watermark made."""
    files = {"file": ("身份证.jpg", picture(), "image/jpeg")}
    applicant.post(f"/materials/{material}/versions", files=files)
    agent.post(f"/materials/{material}/verify")

    def copied() -> bool:
        found = next(m for m in applicant.get(f"/sessions/{session}")["materials"] if m["id"] == material)
        return bool(found["versions"][-1]["copy_attachment_id"])

    until(copied, 60, every=0.2)


def _countdown_over(applicant: Bot, commitment: str) -> None:
    until(lambda: not applicant.get(f"/commitments/{commitment}")["read_seconds_left"], 60, every=0.2)


def scan_token(server: str) -> str:
    """A PC asks to be signed in by scanning; good for two minutes."""
    url: str = Bot(server, "PC").post("/auth/scan")["url"]
    return url.rpartition("/")[2]
