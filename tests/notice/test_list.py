"""The list of notices and the consents behind them, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from backend.notice import kinds, service
from backend.notice.models import Notice, NoticeConsent
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from tests.actors import Applicant, Stage

T = "sandbox-mp-booking_day"


def tell(person: Applicant, key: str, **more: Any) -> None:
    data = {"id": "B1", "item": "教师资格认定", "start_at": now()}
    with person.app.app_context(), unit_of_work():
        service.notify(person.id, "booking_made", data, key=key, **more)


def remaining(person: Applicant, template: str = T) -> int | None:
    with person.app.app_context():
        row = db.session.get(NoticeConsent, (person.id, template))
        return row.remaining if row else None


def asked_for(person: Applicant, moment: str) -> list[dict[str, str]]:
    return person.get("/notice/templates", query_string={"moment": moment})["items"]


def test_newest_first_page_by_page_each_once(stage: Stage) -> None:
    who = stage.applicant()
    for n in range(service.PAGE * 2 + 5):
        tell(who, f"k{n}", due_at=now() - timedelta(minutes=n // 3))  # some at the same moment
    tell(who, "to come", due_at=now() + timedelta(minutes=1))
    tell(stage.applicant("李四"), "another's")
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = who.get("/notices", query_string={"cursor": cursor} if cursor else None)
        seen += page["items"]
        cursor, pages = page["next"], pages + 1
    assert (pages, len(seen), len({n["id"] for n in seen})) == (3, 65, 65)
    assert [n["at"] for n in seen] == sorted((n["at"] for n in seen), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "2026-11-26T10:00:00~abc", "2026-11-26T10:00:00+00:00~", "~", "~~'--"])
def test_a_cursor_that_is_none_is_refused(stage: Stage, cursor: str) -> None:
    status, body = stage.applicant().try_("GET", "/notices", query_string={"cursor": cursor})
    assert (status, body["error"]["code"]) == (422, "bad_cursor")


def test_what_was_looked_at_is_not_new(stage: Stage) -> None:
    who = stage.applicant()
    tell(who, "k1")
    tell(who, "k2")
    assert who.get("/notices")["unread"] == 2
    who.post("/notices/read")
    tell(who, "k3")
    told = who.get("/notices")
    assert (told["unread"], [n["read"] for n in told["items"]]) == (1, [False, True, True])


def test_each_moment_asks_for_at_most_three(stage: Stage) -> None:
    who = stage.applicant()
    asked = {m: asked_for(who, m) for m in ("booked", "queue", "session")}
    assert {m: [t["kind"] for t in found] for m, found in asked.items()} == {
        "booked": ["booking_day", "booking_soon", "booking_cancelled"],
        "queue": ["turn_near", "session_expiring"],
        "session": ["material_rejected", "waybill", "rating"],
    }
    assert asked["booked"][0] == {"kind": "booking_day", "template_id": T, "title": "预约提醒"}
    assert who.try_("GET", "/notice/templates", query_string={"moment": "whenever"})[0] == 422


def test_without_templates_nothing_is_asked_for(make_app: Any) -> None:
    one = {"booking_day": {"id": "T1", "fields": {"thing1": "item"}}}
    who = Stage(make_app(notice_mp_templates=one)).applicant()
    assert [t["template_id"] for t in asked_for(who, "booked")] == ["T1"]
    assert asked_for(who, "queue") == []


def test_only_an_accept_of_a_template_of_ours_counts(stage: Stage) -> None:
    who = stage.applicant()
    said = {T: "acceptWithAudio", "sandbox-mp-rating": "reject", "strange": "accept"}
    who.post("/notice/consents", {"results": said})
    assert [remaining(who, t) for t in (T, "sandbox-mp-rating", "strange")] == [1, None, None]
    assert who.try_("POST", "/notice/consents", {"results": {T: "may be"}})[0] == 422


def test_an_answer_that_got_lost_is_counted_once(stage: Stage) -> None:
    who, body = stage.applicant(), {"results": {T: "accept"}}
    for _ in range(2):
        assert who.try_("POST", "/notice/consents", body, key="consent-0001")[0] == 204
    assert remaining(who) == 1
    assert who.try_("POST", "/notice/consents", body, key="consent-0002")[0] == 204
    assert remaining(who) == 2


def test_a_client_that_accepts_for_ever_gets_no_further(stage: Stage) -> None:
    who = stage.applicant()
    for _ in range(service.MOST_CONSENTS + 5):
        with stage.app.app_context(), unit_of_work():
            service.consent(who.id, {T: "accept"})
    assert remaining(who) == service.MOST_CONSENTS


def test_a_count_is_never_negative(any_stage: Stage) -> None:
    who = any_stage.applicant()
    with any_stage.app.app_context(), unit_of_work():
        service.give(who.id, T)
        assert [service.take(who.id, T) for _ in range(3)] == [True, False, False]
    with any_stage.app.app_context(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(db.update(NoticeConsent).values(remaining=-1))


def test_one_person_one_list(any_stage: Stage) -> None:
    """P45: two accounts become one; the notices go along, and what was allowed adds up."""
    kept, gone = any_stage.applicant(), any_stage.applicant("李四")
    tell(gone, "k1")
    with any_stage.app.app_context(), unit_of_work():
        service.give(kept.id, T)
        service.give(gone.id, T, 2)
        service.merge_users(gone.id, kept.id)
    assert len(kept.get("/notices")["items"]) == 1
    assert (remaining(kept), remaining(gone)) == (3, None)


def test_told_once_for_a_key(any_stage: Stage) -> None:
    who = any_stage.applicant()
    for _ in range(3):
        tell(who, "k")
    assert len(who.get("/notices")["items"]) == 1


def test_old_ones_are_forgotten(stage: Stage) -> None:
    who = stage.applicant()
    tell(who, "old", due_at=now() - timedelta(days=181))
    tell(who, "new")
    with stage.app.app_context():
        assert service.forget_old() == 1
        assert list(db.session.scalars(db.select(Notice.key))) == ["new"]


def test_misuse_is_found_at_once(stage: Stage) -> None:
    who = stage.applicant()
    with stage.app.app_context():
        with pytest.raises(RuntimeError):
            service.notify(who.id, "rating", {}, key="k")
        with pytest.raises(LookupError), unit_of_work():
            service.notify(who.id, "no such kind", {}, key="k")


@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_a_notice_without_words_can_still_be_shown(kind: str) -> None:
    assert kinds.text(kind, {})
