"""Four entries, one person (pain P45): one list of bookings; a merge keeps everything and can't be forced."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from backend.catalog.models import Item
from backend.identity import merge, service
from backend.identity.models import Identity, User
from backend.platform.audit import AuditEntry
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Conflict
from backend.platform.redis import redis
from backend.rating.models import Rating
from backend.session import service as sessions
from tests.actors import Applicant, Stage
from tests.architecture.world import photo
from tests.identity.conftest import Browser, Platforms, settings_of
from tests.identity.test_gov import arrive
from tests.identity.test_wechat import agree, start
from tests.office import Office, actor
from tests.wechat.conftest import Sandbox, sandbox

__all__ = ["sandbox"]

PHONE = "19900000001"  # 张三's, to WeChat and to the government's platforms alike
SECOND = "19900009999"


@pytest.fixture
def app(make_app: Any, sandbox: Sandbox, platforms: Platforms) -> APIFlask:
    return make_app(wechat_sandbox_url=sandbox.url, public_url="http://localhost", **settings_of(platforms))


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


def person(app: APIFlask, reply: Any) -> Applicant:
    assert reply.status_code == 200, reply.json
    user = reply.json["user"]
    return Applicant(app, reply.json["access_token"], user["name"], user["id"])


def on_pc(app: APIFlask) -> Applicant:
    browser = Browser(app)
    reply = browser.post(
        "/auth/phone", {"phone": PHONE, "code": browser.code_for(PHONE), "real_name": "张三"}
    )
    return person(app, reply)


def in_mini_program(app: APIFlask, sandbox: Sandbox) -> Applicant:
    code = {"code": sandbox.code("login"), "entry": "mp"}
    return person(app, Browser(app).post("/auth/wechat/code", code, X_Client="miniprogram"))


def in_official_account(app: APIFlask) -> Applicant:
    browser = Browser(app)
    assert browser.client.get(agree(start(browser))).status_code == 302
    return person(app, browser.post("/auth/refresh"))


def in_ishenzhen(app: APIFlask, platforms: Platforms) -> Applicant:
    return person(
        app, Browser(app).post("/auth/ishenzhen", {"code": platforms.ishenzhen_code()}, X_Client="h5")
    )


def by_identity_platform(app: APIFlask) -> Applicant:
    browser = Browser(app)
    arrive(browser)
    return person(app, browser.post("/auth/refresh"))


def binds(who: Applicant, sandbox: Sandbox, **more: str) -> tuple[int, Any]:
    return who.try_(
        "POST",
        "/me/phone",
        {"wechat_code": sandbox.code("phone"), **more},
        headers={"X-Client": "miniprogram"},
    )


def listed(who: Applicant) -> list[str]:
    return [b["id"] for b in who.get("/bookings")["items"]]


def test_the_four_entries_show_the_same_bookings(
    app: APIFlask, office: Office, sandbox: Sandbox, platforms: Platforms
) -> None:
    """P45: booked in the official account and on the PC before anybody knew that it is one person."""
    account = in_official_account(app)
    first = office.booked(account)
    portal = on_pc(app)
    second = portal.books(*another_place(office))["id"]
    assert (listed(account), listed(portal)) == ([first], [second])
    status, _ = binds(in_mini_program(app, sandbox), sandbox, real_name="张三")
    assert status == 200
    entries = [
        portal,
        in_mini_program(app, sandbox),
        in_official_account(app),
        in_ishenzhen(app, platforms),
        by_identity_platform(app),
    ]
    assert {e.id for e in entries} == {portal.id}
    assert [sorted(listed(e)) for e in entries] == [sorted([first, second])] * 5
    with app.app_context():
        merged = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "person.merged")).all()
        assert [m.details["into"] for m in merged] == [portal.id]


def another_place(office: Office) -> tuple[str, str]:
    """A slot of today that is still to come, and an item to book it for."""
    with office.context(), unit_of_work():
        row = db.session.execute(select(Item)).scalars().first()
        assert row
        item_id = office.new_item("440304T002", "就业登记", row.region_code, row.category_id)
        return office.new_slot(minutes_ago=-30, hours=1), item_id


def test_session_rating_and_files_follow(app: APIFlask, office: Office, sandbox: Sandbox) -> None:
    account = in_official_account(app)
    agent = office.agent()
    session_id = office.in_session(account, agent)
    sent = {"file": (BytesIO(photo()), "截图.jpg"), "purpose": "chat"}
    file = account.post(f"/sessions/{session_id}/attachments", data=sent)
    office.do(lambda: sessions.complete(actor(agent), session_id, "advice").id)
    account.post(f"/sessions/{session_id}/rating", {"level": 5})
    portal = on_pc(app)
    assert portal.try_("GET", f"/sessions/{session_id}")[0] == 404
    status, _ = binds(in_mini_program(app, sandbox), sandbox, real_name="张三")
    assert status == 200
    assert portal.get(f"/sessions/{session_id}")["state"] == "completed"
    assert portal.try_("GET", f"/attachments/{file['id']}")[0] == 200
    with app.app_context():
        assert db.session.scalars(select(Rating.applicant_id)).all() == [portal.id]


def test_a_stolen_code_alone_merges_nothing(app: APIFlask, stage: Stage) -> None:
    """The thief reads the victim's text messages and does not know the name; five tries a day, wherever from."""
    victim, thief = stage.applicant("欧阳若曦"), stage.applicant("张三")
    with app.app_context():
        phone = service.reveal(victim.id, "phone")
        nameless = [service.sign_in_by_wechat("mp", f"thief-{n}", None, "mp", "") for n in range(3)]
    answers: list[str] = []
    for n, login in enumerate(nameless):
        someone = Applicant(app, login.access_token, "", login.subject_id)
        said: dict[str, Any] = {"phone": phone, "code": code_for(app, phone)}
        for name in [None, *(f"欧阳{c}" for c in "甲乙丙"[n:])]:
            body = {**said, "real_name": name} if name else said
            _, reply = someone.try_("POST", "/me/phone", body)
            answers.append(reply["error"]["code"])
            if proof := reply["error"]["details"].get("proof"):
                said = {"proof": proof}
    wrong = "name_wrong"
    assert answers == ["name_needed", wrong, wrong, wrong, "name_needed", wrong, wrong, "name_needed", "too_many"]
    with app.app_context():
        said = {"phone": phone, "code": code_for(app, phone), "real_name": "欧阳若曦"}
        assert thief.try_("POST", "/me/phone", said)[1]["error"]["code"] in ("too_many", "phone_taken")
        assert (
            db.session.scalars(select(User.merged_into_id).where(User.merged_into_id.is_not(None))).all()
            == []
        )
    assert victim.get("/me")["id"] == victim.id


def code_for(app: APIFlask, phone: str | None) -> str:
    """A texted code, as somebody who reads the messages has it; a minute has gone by since the last."""
    with app.app_context():
        for key in redis.keys("limit:sms:*"):
            redis.delete(key)
        return service.send_code(phone or "", "127.0.0.1") or ""


def test_a_proof_is_its_owners_and_good_once(app: APIFlask, stage: Stage) -> None:
    owner = stage.applicant("李四")
    with app.app_context():
        phone = service.reveal(owner.id, "phone")
        mine, other = (service.sign_in_by_wechat("mp", f"o{n}", None, "mp", "") for n in range(2))
    me, stranger = (Applicant(app, t.access_token, "", t.subject_id) for t in (mine, other))
    _, reply = me.try_("POST", "/me/phone", {"phone": phone, "code": code_for(app, phone)})
    proof = reply["error"]["details"]["proof"]
    assert phone not in str(reply)
    assert (
        stranger.try_("POST", "/me/phone", {"proof": proof, "real_name": "李四"})[1]["error"]["code"]
        == "proof_over"
    )
    assert (
        me.try_("POST", "/me/phone", {"proof": proof, "real_name": "李四"})[1]["error"]["code"]
        == "proof_over"
    )


@pytest.mark.parametrize("door", ["phone", "gov", "ishenzhen"])
def test_conflicting_names_are_refused_and_explained(app: APIFlask, platforms: Platforms, door: str) -> None:
    browser = Browser(app)
    browser.sign_in(PHONE, real_name="张三丰")
    if door == "phone":
        with app.app_context():
            other = service.sign_in_by_wechat("mp", "o1", None, "mp", "")
            service.set_real_name(other.subject_id, "张三")
        someone = Applicant(app, other.access_token, "", other.subject_id)
        said = someone.try_("POST", "/me/phone", {"phone": PHONE, "code": code_for(app, PHONE)})[1]["error"]
    elif door == "gov":
        assert arrive(Browser(app)) == "/m/login?error=name_conflict"
        return
    else:
        said = Browser(app).post("/auth/ishenzhen", {"code": platforms.ishenzhen_code()}).json["error"]
    assert said["code"] == "name_conflict"
    assert "请核对或到窗口办理" in said["message"]
    with app.app_context():
        assert db.session.scalar(select(AuditEntry.id).where(AuditEntry.action == "person.merged")) is None


def test_one_unionid_is_one_person_whichever_came_first(app: APIFlask, stage: Stage) -> None:
    """The official account was followed before it shared a platform with the mini-program: no unionid then."""
    with app.app_context():
        account = service.sign_in_by_wechat("oa", "oa-1", None, "oa", "").subject_id
        program = service.sign_in_by_wechat("mp", "mp-1", "union-1", "mp", "").subject_id
        assert account != program
        again = service.sign_in_by_wechat("oa", "oa-1", "union-1", "oa", "").subject_id
        assert again == account
        assert service.sign_in_by_wechat("mp", "mp-1", "union-1", "mp", "").subject_id == account
        assert set(db.session.scalars(select(Identity.user_id))) == {account}


def test_one_unionid_under_two_names_stays_two(app: APIFlask) -> None:
    with app.app_context():
        account = service.sign_in_by_wechat("oa", "oa-1", None, "oa", "").subject_id
        program = service.sign_in_by_wechat("mp", "mp-1", "union-1", "mp", "").subject_id
        service.set_real_name(account, "张三")
        service.set_real_name(program, "李四")
        assert service.sign_in_by_wechat("oa", "oa-1", "union-1", "oa", "").subject_id == account
        assert service.sign_in_by_wechat("mp", "mp-1", "union-1", "mp", "").subject_id == program


def test_a_feature_that_says_no_stops_the_whole_merge(app: APIFlask, stage: Stage, monkeypatch: Any) -> None:
    def no(gone: str, kept: str) -> None:
        raise Conflict("不能合并")

    hooks: list[Callable[[str, str], None]] = [*merge._hooks, no]
    monkeypatch.setattr(merge, "_hooks", hooks)
    owner = stage.applicant("李四")
    with app.app_context():
        phone = service.reveal(owner.id, "phone")
        mine = service.sign_in_by_wechat("mp", "o1", "u1", "mp", "")
    me = Applicant(app, mine.access_token, "", mine.subject_id)
    status, _ = me.try_(
        "POST", "/me/phone", {"phone": phone, "code": code_for(app, phone), "real_name": "李四"}
    )
    assert status == 409
    assert me.get("/me")["id"] == me.id
    with app.app_context():
        assert service.openids(me.id) == {"mp": "o1"}
