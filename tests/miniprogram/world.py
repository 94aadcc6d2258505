"""What the pages show: bookings and a session of the phone's own user, with an agent on the other side."""

from __future__ import annotations

from typing import Any

import requests

from tests.bots import AgentBot, ApplicantBot

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


def places(server: str, sandbox: str, persona: str) -> dict[str, str]:
    """Ids for the pages' queries: {item} {future} {booking} {waiting} {session} {commitment} {material}."""
    me, other = WechatBot(server, persona).enter(sandbox, persona), WechatBot(server, "lisi").enter(sandbox, "lisi")
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
    return {
        "item": item,
        "session": session,
        "booking": mine["id"],
        "future": me.book(me.get("/items?q=居住证")["items"][0]["id"], 2),
        "other": other.queue_now(ITEM),
        "commitment": view["commitment"]["id"],
        "material": view["materials"][0]["id"],
    }
