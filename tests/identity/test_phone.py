"""Phone number and code (guide row S3)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apiflask import APIFlask

from backend.identity.models import User
from backend.platform.db import db
from backend.platform.redis import redis
from tests.identity.conftest import Browser

PHONE = "19900001111"


def test_first_sign_in_makes_the_user_and_the_next_finds_them(
    app: APIFlask, browser: Browser, another: Browser
) -> None:
    first = browser.sign_in(PHONE, real_name="张三")
    assert first["user"]["name"] == "张三"
    assert first["user"]["masked_phone"] == "199****1111"
    assert first["user"]["real_name_level"] == 1
    assert "refresh_token" not in first
    with app.app_context():
        redis.flushdb()
    assert another.sign_in("+86 199-0000-1111")["user"]["id"] == first["user"]["id"]


def test_number_and_code_are_stored_unreadable(app: APIFlask, browser: Browser) -> None:
    code = browser.code_for(PHONE)
    with app.app_context():
        kept = {k: redis.hgetall(k) for k in redis.keys("sms:code:*")}
        assert len(kept) == 1
        assert code.encode() not in repr(kept).encode()
        assert PHONE.encode() not in repr(kept).encode()
    browser.post("/auth/phone", {"phone": PHONE, "code": code})
    with app.app_context():
        user = db.session.query(User).one()
        assert PHONE not in f"{user.phone_enc} {user.phone_blind}"


@pytest.mark.parametrize(
    "phone", ["12345678901", "1990000111", "199000011112", "abc", "+1 9900001111", "１９９００００１１１１x"]
)
def test_a_bad_number_is_refused(browser: Browser, phone: str) -> None:
    reply = browser.post("/auth/sms", {"phone": phone})
    assert reply.status_code == 422
    assert reply.json["error"]["details"] == {"field": "phone"}


def test_a_code_is_good_once(browser: Browser) -> None:
    code = browser.code_for(PHONE)
    assert browser.post("/auth/phone", {"phone": PHONE, "code": code}).status_code == 200
    again = browser.post("/auth/phone", {"phone": PHONE, "code": code})
    assert (again.status_code, again.json["error"]["code"]) == (422, "code_expired")


def test_five_wrong_tries_use_the_code_up(browser: Browser) -> None:
    code = browser.code_for(PHONE)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    codes = [
        browser.post("/auth/phone", {"phone": PHONE, "code": wrong}).json["error"]["code"] for _ in range(5)
    ]
    assert codes == ["wrong_code"] * 5
    assert browser.post("/auth/phone", {"phone": PHONE, "code": code}).json["error"]["code"] == "code_expired"


def test_a_code_of_one_number_is_no_good_for_another(browser: Browser) -> None:
    code = browser.code_for(PHONE)
    reply = browser.post("/auth/phone", {"phone": "19900002222", "code": code})
    assert reply.json["error"]["code"] == "code_expired"


def test_a_code_lives_five_minutes(app: APIFlask, browser: Browser) -> None:
    browser.code_for(PHONE)
    with app.app_context():
        (key,) = redis.keys("sms:code:*")
        assert 290 < redis.ttl(key) <= 300


def test_a_minute_between_two_codes(browser: Browser) -> None:
    browser.code_for(PHONE)
    reply = browser.post("/auth/sms", {"phone": PHONE})
    assert (reply.status_code, reply.json["error"]["code"]) == (429, "too_many")
    assert 0 < int(reply.headers["Retry-After"]) <= 60


def test_one_address_can_not_text_the_whole_town(make_app: object) -> None:
    app = make_app(sms_per_ip_hour=3)  # type: ignore[operator]
    browser = Browser(app)
    replies = [browser.post("/auth/sms", {"phone": f"1990000{n:04d}"}).status_code for n in range(5)]
    assert replies == [200, 200, 200, 429, 429]


def test_a_carrier_that_fails_is_said_clearly(make_app: object, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(sms_gateway="http", sms_url="http://127.0.0.1:9/sms")  # type: ignore[operator]
    reply = Browser(app).post("/auth/sms", {"phone": PHONE})
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "sms_unavailable")
    assert PHONE not in caplog.text


def test_old_access_token_stops_after_a_quarter_of_an_hour(browser: Browser) -> None:
    token = browser.sign_in(PHONE)["access_token"]
    assert browser.get("/me", token).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=901)):
        assert browser.get("/me", token).status_code == 401
