"""The official account's menu against the platform's limits."""

import json
from copy import deepcopy
from typing import Any

import pytest
from apiflask import APIFlask

from backend.config import ROOT
from backend.wechat.errors import WechatUnavailable
from backend.wechat.gateway import gateway
from backend.wechat.menu import PAGE, faults, menu
from tests.wechat.conftest import Sandbox


@pytest.fixture
def live(make_app: Any, sandbox: Sandbox) -> APIFlask:
    return make_app(wechat_sandbox_url=sandbox.url)


@pytest.mark.parametrize("entry", ["view", "miniprogram"])
def test_the_menu_is_accepted_as_page_and_as_mini_program(make_app: Any, sandbox: Sandbox, entry: str) -> None:
    app = make_app(wechat_sandbox_url=sandbox.url, wechat_oa_menu=entry)
    result = app.test_cli_runner().invoke(args=["wechat", "menu", "push"])
    assert result.exit_code == 0, result.output
    with app.app_context():
        sent = gateway().call("oa", "/cgi-bin/menu/get", {}, method="GET")["menu"]
    assert sent == menu(app.extensions["settings"])
    video = sent["button"][0]["sub_button"][0]
    assert (sent["button"][0]["name"], video["name"], video["type"]) == ("办事大厅", "视频办", entry)


def test_the_mini_programs_page_is_there() -> None:
    pages = json.loads((ROOT / "miniprogram/app.json").read_text(encoding="utf-8"))["pages"]
    assert PAGE in pages


def test_a_dry_run_sends_nothing(live: APIFlask, sandbox: Sandbox) -> None:
    result = live.test_cli_runner().invoke(args=["wechat", "menu", "push", "--dry-run"])
    assert result.exit_code == 0
    assert "视频办" in result.output
    assert sandbox.calls("/cgi-bin/menu/create") == []


def _changed(path: list[Any], value: Any) -> Any:
    def change(m: Any) -> Any:
        at = m = deepcopy(m)
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return m

    return change


@pytest.mark.parametrize(
    "change",
    [
        _changed(["button"], []),
        _changed(["button"], [{"type": "click", "name": "甲", "key": "k"}] * 4),
        _changed(["button", 0, "name"], "办事大厅办事"),
        _changed(["button", 1, "key"], "k" * 129),
        _changed(["button", 1, "type"], "tap"),
        _changed(["button", 0, "sub_button"], [{"type": "click", "name": "甲", "key": "k"}] * 6),
        _changed(["button", 0, "sub_button", 0, "url"], "ftp://x"),
        _changed(["button", 0, "sub_button", 0, "url"], "https://x/" + "y" * 1024),
        _changed(["button", 0, "sub_button", 0, "name"], "视" * 21),
    ],
)
def test_what_wechat_refuses_is_found_before_sending(live: APIFlask, change: Any) -> None:
    bad = change(menu(live.extensions["settings"]))
    assert faults(bad)
    with live.app_context(), pytest.raises(WechatUnavailable):
        gateway().call("oa", "/cgi-bin/menu/create", bad)


def test_the_bytes_sent_are_raw_chinese(live: APIFlask, sandbox: Sandbox) -> None:
    live.test_cli_runner().invoke(args=["wechat", "menu", "push"])
    (call,) = sandbox.calls("/cgi-bin/menu/create")
    assert "视频办" in call["body"]
    assert "\\u" not in call["body"]
