"""The person who holds the phone: what WeChat asks of them, and what they choose."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

SHENZHEN = {
    "userName": "王小明",
    "telNumber": "13800000003",
    "provinceName": "广东省",
    "cityName": "深圳市",
    "countyName": "福田区",
    "streetName": "福田街道",
    "detailInfo": "福民路 123 号 1 栋 101",
    "postalCode": "518000",
    "nationalCode": "440304",
}


NOTICES_OFF = 20004  # WeChat's number for "the person switched all notices off"


class Refused(Exception):
    """The person says no, or closes what WeChat showed; `errno` as WeChat numbers it, if it does."""

    def __init__(self, text: str, errno: int | None = None) -> None:
        super().__init__(text)
        self.errno = errno


@dataclass
class Person:
    """Set what the person will do before the tap that leads there. What nobody prepared fails the test."""

    sandbox: str  # address of the WeChat sandbox
    persona: str = "wangxiaoming"
    files: list[list[Path]] = field(default_factory=list)  # one list for each chooser that opens
    permissions: dict[str, bool] = field(default_factory=dict)  # scope.camera: False is a refusal
    phone_refuses: set[str] = field(default_factory=set)  # album, camera: what the phone itself keeps from WeChat
    settings_change: bool = True  # opening WeChat's settings switches everything on; False: looked at only
    subscribe: str = "accept"  # or reject, always-reject (asked no more), off: the answer to every notice asked for
    address: dict[str, str] | None = field(default_factory=lambda: dict(SHENZHEN))
    scan: str | None = None
    online_login: bool = True
    done: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # what was saved, opened, subscribed

    def answer(self, what: str, about: dict[str, Any]) -> Any:
        """Called from the page; a refusal is told as WeChat tells it."""
        try:
            act: Callable[[dict[str, Any]], Any] = getattr(self, f"on_{what}")
            return act(about)
        except Refused as no:
            return {"refused": str(no), "errno": no.errno}

    def saved(self, kind: str) -> list[dict[str, Any]]:
        """What the app saved or opened of this kind: album, calendar, document, image, phone, privacy."""
        return [about for what, about in self.done if what in ("saved", "opened") and about["kind"] == kind]

    def _code(self, kind: str) -> str:
        return str(self._sandbox("codes", {"kind": kind, "persona": self.persona})["code"])

    def _sandbox(self, what: str, asked: dict[str, Any]) -> Any:
        reply = requests.post(f"{self.sandbox}/__sandbox__/{what}", json=asked, timeout=30)
        reply.raise_for_status()
        return reply.json()

    def told(self) -> list[dict[str, Any]]:
        """The notices that WeChat brought to this person's phone, oldest first."""
        name = next(p["name"] for p in self._world("personas") if p["key"] == self.persona)
        return [notice for notice in self._world("outbox") if notice["to"] == name]

    def _world(self, what: str) -> Any:
        reply = requests.get(f"{self.sandbox}/__sandbox__/{what}", timeout=30)
        reply.raise_for_status()
        return reply.json()

    def on_login(self, _: dict[str, Any]) -> Any:
        if not self.online_login:
            raise Refused("no network")
        return {"code": self._code("login")}

    def on_button(self, about: dict[str, Any]) -> Any:
        if about["kind"] == "getPhoneNumber":
            if self.permissions.get("phone") is False:
                raise Refused("user deny")
            return {"code": self._code("phone")}
        return {"authSetting": self.permissions} if about["kind"] == "openSetting" else {}

    def on_files(self, about: dict[str, Any]) -> Any:
        if self.phone_refuses.intersection(about["from"]):
            raise Refused("system permission denied")
        if not self.files:
            raise Refused("cancel")
        chosen = self.files.pop(0)
        if len(chosen) > about["count"]:
            raise AssertionError(f"{len(chosen)} files where {about['count']} may be chosen")
        return [
            {
                "name": path.name,
                "mime": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
                "data": base64.b64encode(path.read_bytes()).decode(),
            }
            for path in chosen
        ]

    def on_permission(self, about: dict[str, Any]) -> bool:
        return self.permissions.setdefault(about["scope"], True)

    def on_settings(self, _: dict[str, Any]) -> Any:
        refused = self.subscribe == "always-reject"
        asked = [id for what, told in self.done if what == "subscribe" for id in told["ids"]] if refused else []
        return {"permissions": self.permissions, "subscriptions": dict.fromkeys(asked, "reject")}

    def on_openSetting(self, _: dict[str, Any]) -> Any:
        """The person switches everything on in WeChat's settings, or goes back as they came."""
        self.done.append(("settings", {}))
        if self.settings_change:
            self.permissions = dict.fromkeys(self.permissions, True)
            self.subscribe = "accept"
        return {"permissions": self.permissions}

    def on_phoneSettings(self, _: dict[str, Any]) -> None:
        """The person lets WeChat have everything in the phone's own settings."""
        self.phone_refuses.clear()

    def on_subscribe(self, about: dict[str, Any]) -> Any:
        """What is allowed here WeChat lets through once: the stand-in counts it."""
        self.done.append(("subscribe", about))
        if self.subscribe == "off":
            raise Refused("The main switch is switched off", NOTICES_OFF)
        if self.subscribe == "accept":
            for template in about["ids"]:
                self._sandbox("consents", {"persona": self.persona, "template": template})
        return dict.fromkeys(about["ids"], self.subscribe.removeprefix("always-"))

    def on_address(self, _: dict[str, Any]) -> Any:
        if self.permissions.get("scope.address") is False:
            raise Refused("auth deny")
        if self.address is None:
            raise Refused("cancel")
        return self.address

    def on_scan(self, _: dict[str, Any]) -> Any:
        if "camera" in self.phone_refuses:
            raise Refused("system permission denied")
        if self.scan is None:
            raise Refused("cancel")
        return {"result": self.scan, "scanType": "QR_CODE", "charSet": "utf-8", "path": ""}

    def on_privacy(self, _: dict[str, Any]) -> bool:
        return True

    def on_saved(self, about: dict[str, Any]) -> None:
        self.done.append(("saved", about))

    def on_opened(self, about: dict[str, Any]) -> None:
        self.done.append(("opened", about))

    def on_exited(self, about: dict[str, Any]) -> None:
        self.done.append(("exited", about))
