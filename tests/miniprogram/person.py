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


class Refused(Exception):
    """The person says no, or closes what WeChat showed."""


@dataclass
class Person:
    """Set what the person will do before the tap that leads there. What nobody prepared fails the test."""

    sandbox: str  # address of the WeChat sandbox
    persona: str = "wangxiaoming"
    files: list[list[Path]] = field(default_factory=list)  # one list for each chooser that opens
    permissions: dict[str, bool] = field(default_factory=dict)  # scope.camera: False is a refusal
    subscribe: str = "accept"  # or reject: the answer to every notice asked for
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
            return {"refused": str(no)}

    def saved(self, kind: str) -> list[dict[str, Any]]:
        """What the app saved or opened of this kind: album, calendar, document, image, phone, privacy."""
        return [about for what, about in self.done if what in ("saved", "opened") and about["kind"] == kind]

    def _code(self, kind: str) -> str:
        asked = {"kind": kind, "persona": self.persona}
        reply = requests.post(f"{self.sandbox}/__sandbox__/codes", json=asked, timeout=10)
        reply.raise_for_status()
        return str(reply.json()["code"])

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
        return {"permissions": self.permissions, "subscriptions": {}}

    def on_openSetting(self, _: dict[str, Any]) -> Any:
        """The person switches everything on in WeChat's settings."""
        self.permissions = dict.fromkeys(self.permissions, True)
        return {"permissions": self.permissions}

    def on_subscribe(self, about: dict[str, Any]) -> Any:
        self.done.append(("subscribe", about))
        return dict.fromkeys(about["ids"], self.subscribe)

    def on_address(self, _: dict[str, Any]) -> Any:
        if self.address is None:
            raise Refused("cancel")
        return self.address

    def on_scan(self, _: dict[str, Any]) -> Any:
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
