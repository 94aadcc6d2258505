"""Consent to the privacy policy, its receipt, and taking it back; the list of logins (PIPL 14–16)."""

from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from backend.identity import privacy, service
from backend.identity.errors import PrivacyWithdrawn
from backend.platform.audit import AuditEntry
from backend.platform.crypto import digest
from backend.platform.db import db
from backend.platform.redis import redis
from tests.actors import Applicant, Stage
from tests.identity.conftest import Browser
from tests.office import Office

PHONE = "19900001111"


def sign_in(browser: Browser, **more: str) -> Any:
    with browser.client.application.app_context():
        for key in redis.keys("limit:sms:*"):
            redis.delete(key)
    return browser.post("/auth/phone", {"phone": PHONE, "code": browser.code_for(PHONE), **more})


def signed_in(app: APIFlask, reply: Any) -> Applicant:
    assert reply.status_code == 200, reply.json
    return Applicant(app, reply.json["access_token"], "张三", reply.json["user"]["id"])


def test_the_policy_is_there_for_everybody(browser: Browser) -> None:
    policy = browser.get("/privacy").json
    assert policy["title"] == "视频办隐私政策"
    assert "撤回" in policy["body"]
    assert browser.get("/auth/doors").json["privacy_version"] == policy["version"]


def test_a_consent_at_sign_in_leaves_a_receipt(app: APIFlask, browser: Browser) -> None:
    version = browser.get("/privacy").json["version"]
    person = signed_in(app, sign_in(browser, privacy=version))
    assert person.get("/me")["privacy"] == "given"
    (receipt,) = person.get("/me/privacy")["receipts"]
    body = browser.get("/privacy").json["body"]
    assert (receipt["version"], receipt["entry"], receipt["text_sha256"]) == (version, "pc", digest(body))
    assert (receipt["given_at"] is not None, receipt["withdrawn_at"]) == (True, None)
    signed_in(app, sign_in(browser, privacy=version))
    assert len(person.get("/me/privacy")["receipts"]) == 1  # the same consent is not noted twice


def test_a_consent_may_come_later(stage: Stage) -> None:
    person = stage.applicant(entry="mp")
    assert person.get("/me")["privacy"] == "needed"
    done = person.post("/me/privacy", {"version": privacy.VERSION})
    assert (done["state"], done["receipts"][0]["entry"]) == ("given", "mp")


def test_another_version_is_not_what_was_read(stage: Stage) -> None:
    status, body = stage.applicant().try_("POST", "/me/privacy", {"version": "0"})
    assert (status, body["error"]["code"], body["error"]["details"]) == (
        409,
        "privacy_changed",
        {"version": "1"},
    )


def test_a_new_version_is_asked_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    person = stage.applicant()
    person.post("/me/privacy", {"version": privacy.VERSION})
    monkeypatch.setattr(privacy, "VERSION", "2")
    assert person.get("/me")["privacy"] == "needed"
    person.post("/me/privacy", {"version": "2"})
    assert [r["version"] for r in person.get("/me/privacy")["receipts"]] == ["2", "1"]


def test_taking_it_back_signs_out_everywhere_until_it_is_given_again(
    app: APIFlask, browser: Browser, another: Browser
) -> None:
    office = Office(Stage(app))
    person = signed_in(app, sign_in(browser, privacy="1"))
    elsewhere = signed_in(app, sign_in(another))
    kept = office.booked(person)
    assert person.try_("DELETE", "/me/privacy")[0] == 204
    assert [p.try_("GET", "/me")[0] for p in (person, elsewhere)] == [401, 401]
    assert person.try_("POST", f"/slots/{office.slot_id}/hold", {"item_id": office.item_id})[0] == 401
    assert browser.post("/auth/refresh").status_code == 401

    refused = sign_in(browser)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "privacy_withdrawn")
    assert "重新同意" in refused.json["error"]["message"]
    again = signed_in(app, sign_in(browser, privacy="1"))
    assert again.id == person.id
    assert [b["id"] for b in again.get("/bookings")["items"]] == [kept]
    receipts = again.get("/me/privacy")["receipts"]
    assert [r["withdrawn_at"] is None for r in receipts] == [True, False]
    with app.app_context():
        mine = select(AuditEntry.action).where(AuditEntry.action.like("privacy.%"))
        acts = db.session.scalars(mine.order_by(AuditEntry.at)).all()
    assert acts == ["privacy.given", "privacy.withdrawn", "privacy.given"]


@pytest.mark.parametrize("door", ["wechat", "scoped", "bind"])
def test_no_door_lets_somebody_in_who_took_it_back(app: APIFlask, stage: Stage, door: str) -> None:
    person = stage.applicant("张三")
    with app.app_context():
        login = service.sign_in_by_wechat("mp", "o1", "u1", "mp", "")
        privacy.withdraw(person.id)
        phone = service.reveal(person.id, "phone") or ""
        if door == "wechat":
            privacy.withdraw(login.subject_id)
        with pytest.raises(PrivacyWithdrawn):
            if door == "wechat":
                service.sign_in_by_wechat("oa", "o2", "u1", "oa", "")
            elif door == "scoped":
                service.login_scoped(person.id, "session:abc", "phone", "")
            else:
                service.bind_phone(login.subject_id, phone, entry="mp", device="", real_name="张三")


def test_a_merge_does_not_bring_a_consent_back(app: APIFlask, stage: Stage) -> None:
    """The receipts follow, and the last word counts."""
    person = stage.applicant("张三")
    person.post("/me/privacy", {"version": "1"})
    with app.app_context():
        login = service.sign_in_by_wechat("mp", "o1", "u1", "mp", "", consent="1")
        phone = service.reveal(person.id, "phone") or ""
        service.bind_phone(login.subject_id, phone, entry="mp", device="", real_name="张三")
        assert len(privacy.receipts(person.id)) == 2
        assert privacy.state(person.id) == "given"


def test_taking_it_back_twice_is_taking_it_back_once(app: APIFlask, stage: Stage) -> None:
    person = stage.applicant()
    with app.app_context():
        privacy.give(person.id, "1", "pc")
        privacy.withdraw(person.id)
        first = privacy.receipts(person.id)
        privacy.withdraw(person.id)
        assert privacy.receipts(person.id) == first


def test_the_list_of_logins_and_the_end_of_all(app: APIFlask, stage: Stage) -> None:
    person = stage.applicant(entry="mp")
    with app.app_context():
        agent = "Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36"
        service.login_user(person.id, "pc", agent)
        service.login_scoped(person.id, "session:abc", "phone", "")
    items = person.get("/me/logins")["items"]
    assert [(i["entry"], i["browser"], i["current"]) for i in items] == [
        ("pc", "Chrome", False),
        ("mp", "未知", True),
    ]
    assert person.try_("POST", "/me/logout-everywhere", {})[0] == 204
    assert person.try_("GET", "/me")[0] == 401
    with app.app_context():
        assert service.tokens.live("applicant", person.id) == []
