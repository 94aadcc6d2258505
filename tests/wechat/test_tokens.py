"""The access token: one refresher, one bounded retry."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from backend.wechat.errors import WechatUnavailable
from backend.wechat.gateway import gateway
from tests.wechat.conftest import Sandbox

STABLE = "/cgi-bin/stable_token"
PHONE = "/wxa/business/getuserphonenumber"


def at_once(n: int, act: Callable[[], Any]) -> list[Any]:
    """`act` in n threads released together; results or exceptions."""
    barrier, results = threading.Barrier(n), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(act())
        except Exception as fault:
            results.append(fault)

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def asks_phone(app: Any, sandbox: Sandbox) -> Callable[[], str]:
    me = sandbox.person()["openid"]["mp"]

    def ask() -> str:
        with app.app_context():
            return gateway().phone_number(sandbox.code("phone"), me)

    return ask


def test_a_dead_token_is_renewed_once_for_all(make_app: Any, sandbox: Sandbox) -> None:
    ask = asks_phone(make_app(wechat_sandbox_url=sandbox.url), sandbox)
    ask()
    sandbox.rotates("mp")
    assert at_once(8, ask) == ["19900000001"] * 8
    assert len(sandbox.calls(STABLE)) == 2


def test_a_slow_wechat_costs_at_most_its_time_out(make_app: Any, sandbox: Sandbox) -> None:
    app = make_app(wechat_sandbox_url=sandbox.url, wechat_timeout_seconds=0.2)
    sandbox.breaks(PHONE, delay=3)
    with app.app_context(), pytest.raises(WechatUnavailable):
        gateway().phone_number("x", "y")


def test_the_wrong_secret_is_a_clean_error(make_app: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(wechat_sandbox_url=sandbox.url, wechat_mp_secret="not-the-secret-at-all")
    with app.app_context(), pytest.raises(WechatUnavailable):
        gateway().phone_number("x", "y")
    assert "40125" in caplog.text
    assert "not-the-secret" not in caplog.text
