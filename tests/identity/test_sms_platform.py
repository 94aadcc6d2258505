"""The message platform over HTTP: what it gets, and what happens when it says no."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.serving import make_server

from tests.identity.conftest import Browser

PHONE = "19900001111"


class Platform:
    """A stand-in that keeps what it was sent; `status` is what it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        app = Flask("platform")

        @app.post("/sms")
        def take() -> tuple[str, int]:
            self.got.append({**request.get_json(), "key": request.headers["Authorization"]})
            return "", self.status

        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.port}/sms"


@pytest.fixture
def platform() -> Iterator[Platform]:
    one = Platform()
    threading.Thread(target=one.server.serve_forever, daemon=True).start()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def browser(make_app: Any, platform: Platform) -> Browser:
    return Browser(make_app(sms_gateway="http", sms_url=platform.url, sms_key="k-1", sms_template="T100"))


def test_the_code_goes_to_the_phone_and_nowhere_else(browser: Browser, platform: Platform) -> None:
    reply = browser.post("/auth/sms", {"phone": PHONE})
    assert (reply.status_code, reply.json["sandbox_code"]) == (200, None)
    (sent,) = platform.got
    code, minutes = sent.pop("params")
    assert sent == {"phone": PHONE, "template": "T100", "key": "Bearer k-1"}
    assert minutes == "5"
    assert browser.post("/auth/phone", {"phone": PHONE, "code": code}).status_code == 200


@pytest.mark.parametrize("status", [400, 401, 500, 302])
def test_a_refusal_is_said(
    browser: Browser, platform: Platform, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    platform.status = status
    reply = browser.post("/auth/sms", {"phone": PHONE})
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "sms_unavailable")
    assert f"answered {status}" in caplog.text
    assert PHONE not in caplog.text


def test_a_notice_goes_the_same_way_with_a_mark(platform: Platform, make_app: Any) -> None:
    """The same mark again is the same message: the platform drops the double."""
    from backend.identity import sms
    from backend.identity.errors import SmsUnavailable

    app = make_app(sms_gateway="http", sms_url=platform.url, sms_key="k-1", notice_sms_template="T200")
    with app.app_context():
        sms.send_notice(PHONE, "【福田视频办】您预约的时段将开始", "n1")
        platform.status = 500
        with pytest.raises(SmsUnavailable):
            sms.send_notice(PHONE, "再次", "n2")
    sent = {"phone": PHONE, "template": "T200", "params": ["【福田视频办】您预约的时段将开始"], "id": "n1"}
    assert platform.got[0] == {**sent, "key": "Bearer k-1"}
