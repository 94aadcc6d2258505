"""What happens is told: each act leaves its notices, for its time, and takes back those that it makes pointless."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from backend.booking import calendar
from backend.booking.models import DayKind, Slot
from backend.notice import delivery, kinds
from backend.notice.models import Notice
from backend.platform import jobs
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.session import jobs as session_jobs
from backend.session.models import ServiceSession
from tests.actors import Applicant
from tests.booking.conftest import Hall
from tests.booking.conftest import clock as clock
from tests.booking.conftest import hall as hall
from tests.notice.conftest import at
from tests.office import Office, actor
from tests.session.conftest import office as office

Told = dict[str, tuple[datetime, str]]


def told(person: Applicant, *states: str) -> Told:
    """By kind, when a notice is due and its state; those withdrawn only if asked for."""
    with person.app.app_context():
        query = db.select(Notice).where(Notice.user_id == person.id)
        rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
        return {r.kind: (r.due_at, r.state) for r in rows if r.state in (states or ("waiting",))}


def newest(person: Applicant) -> str:
    """The text on top of the person's list."""
    return person.get("/notices")["items"][0]["text"]


# --- a booking ------------------------------------------------------------------------------------------------


@pytest.fixture
def morning(hall: Hall, clock: Callable[[datetime], None]) -> Hall:
    """Ten o'clock on the 26th of November 2026."""
    clock(at(10))
    hall.day = at(0, day=27).date()
    return hall


def test_a_booking_is_confirmed_and_reminded_of(morning: Hall) -> None:
    who = morning.stage.applicant()
    who.books(morning.slot(14), morning.x)
    planned = {kind: due for kind, (due, _) in told(who).items()}
    assert set(planned) == {"booking_made", "booking_day", "booking_soon"}
    assert (planned["booking_day"], planned["booking_soon"]) == (at(18), at(13.75, day=27))
    items = who.get("/notices")["items"]
    assert [n["text"] for n in items] == [
        "您已预约 2026年11月27日 14:00 办理“教师资格认定”，请备齐原件，按时进入排队。"
    ]
    assert items[0]["target"]["page"] == "bookings"


def test_the_first_slot_of_the_day_is_reminded_of_in_the_quiet_hours(morning: Hall) -> None:
    """A quarter to eight: the morning would be too late."""
    who = morning.stage.applicant()
    who.books(morning.slot(8), morning.x)
    with morning.app.app_context():
        row = db.session.scalars(db.select(Notice).where(Notice.kind == "booking_soon")).one()
        assert (row.due_at, row.until_at) == (at(7.75, day=27), at(8, day=27))
        assert delivery.after_quiet(row.due_at) >= row.until_at


def test_a_reminder_whose_time_is_over_is_none(morning: Hall) -> None:
    who = morning.stage.applicant()
    who.books(morning.slot(10, day=at(0).date(), hours=2), morning.x)  # it has begun
    assert set(told(who)) == {"booking_made"}
    other = morning.stage.applicant("李四")
    other.books(morning.slot(15, day=at(0).date()), morning.x)  # this afternoon
    assert set(told(other)) == {"booking_made", "booking_soon"}


def test_cancelled_is_not_reminded_of(morning: Hall) -> None:
    who = morning.stage.applicant()
    booking = who.books(morning.slot(14), morning.x)
    who.cancels(booking["id"])
    assert told(who) == {}
    assert set(told(who, "withdrawn")) == {"booking_made", "booking_day", "booking_soon"}


def test_moved_is_reminded_of_at_the_new_time(morning: Hall) -> None:
    who = morning.stage.applicant()
    booking = who.books(morning.slot(14), morning.x)
    who.post(f"/bookings/{booking['id']}/reschedule", {"slot_id": morning.slot(16)})
    assert told(who)["booking_soon"] == (at(15.75, day=27), "waiting")
    assert told(who, "withdrawn")["booking_soon"] == (at(13.75, day=27), "withdrawn")
    assert "16:00" in newest(who)


def test_a_move_that_fails_leaves_the_reminders(morning: Hall) -> None:
    who, other = morning.stage.applicant(), morning.stage.applicant("李四")
    booking = who.books(morning.slot(14), morning.x)
    full = morning.slot(16)
    other.books(full, morning.x)
    assert who.try_("POST", f"/bookings/{booking['id']}/reschedule", {"slot_id": full})[0] == 409
    assert set(told(who)) == {"booking_made", "booking_day", "booking_soon"}


def test_the_office_closes_a_day(morning: Hall) -> None:
    who = morning.stage.applicant()
    with morning.app.app_context():
        calendar.add_template(morning.group, 14 * 60, 15 * 60, 5, on_holidays=True)
        calendar.release()
        slot_id = db.session.scalar(db.select(Slot.id).where(Slot.date == morning.day))
    who.books(slot_id, morning.x)
    with morning.app.app_context():
        calendar.set_day(morning.day, DayKind.CLOSED, "系统维护")
        jobs.run_pending()
    assert set(told(who)) == {"booking_cancelled"}
    assert newest(who) == "很抱歉，您预约的“教师资格认定”（2026年11月27日 14:00）已取消：该时段停止服务，请重新预约。"


# --- a session ------------------------------------------------------------------------------------------------


def near(office: Office) -> None:
    office.do(session_jobs.tell_those_near)


def test_your_turn_is_near(office: Office) -> None:
    """Five in line: the fifth is told when three are ahead, once; those who came in near are not."""
    people = [office.applicant(f"张{n}") for n in range(5)]
    ids = [office.queues(p) for p in people]
    near(office)
    assert [set(told(p)) for p in people] == [set()] * 5
    office.takes(office.agent())
    near(office)
    near(office)
    assert [set(told(p)) for p in people] == [set(), set(), set(), set(), {"turn_near"}]
    assert "前面还有 3 人" in newest(people[4])
    assert people[4].get("/notices")["items"][0]["target"] == {"page": "session", "id": ids[4]}
    office.takes(office.agent("赵老师"), ids[4])
    assert told(people[4]) == {}  # it rings: nothing more to say


def test_call_me_keeps_the_place_without_the_page(office: Office) -> None:
    people = [office.applicant(f"张{n}") for n in range(6)]
    ids = [office.queues(p) for p in people]
    path = f"/sessions/{ids[4]}"
    assert "call-me" in people[4].get(path)["actions"]
    assert "call-me" not in people[1].get(path.replace(ids[4], ids[1]))["actions"]
    for _ in range(2):
        view = people[4].post(f"{path}/call-me")
        assert (view["call_me"], "call-me" in view["actions"]) == (True, False)

    def goes(session_id: str) -> None:
        with unit_of_work():
            db.session.get_one(ServiceSession, session_id).applicant_lost_at = now() - timedelta(minutes=3)

    for n in (4, 5):
        office.do(lambda n=n: goes(ids[n]))  # type: ignore[misc]
    office.do(session_jobs.end_grace)
    agent = office.agent()
    office.takes(agent)
    near(office)
    assert set(told(people[4])) == {"turn_near"}
    with office.context():
        rows = {r.user_id: r for r in db.session.scalars(db.select(Notice))}
        assert kinds.sms("turn_near", rows[people[4].id].data)  # asked for: worth a text message
        assert db.session.get_one(ServiceSession, ids[4]).away_at is None
        assert db.session.get_one(ServiceSession, ids[5]).away_at is not None


def test_call_me_is_for_waiting_applicants(office: Office) -> None:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    assert who.try_("POST", f"/sessions/{session_id}/call-me", {})[0] == 409
    assert agent.try_("POST", f"/sessions/{session_id}/call-me", {})[0] == 403


def test_a_pause_that_runs_out_is_told_a_workday_before(office: Office) -> None:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    view = who.post(f"/sessions/{session_id}/suspend", {"reason": "材料不全"})
    until = datetime.fromisoformat(view["suspended"]["expires_at"])
    due = told(who)["session_expiring"][0]
    assert timedelta(days=1) <= until - due <= timedelta(days=8)  # a workday, holidays in between
    who.post(f"/sessions/{session_id}/reconnect")
    assert told(who) == {}
    office.takes(agent, session_id)


def test_a_pause_that_ran_out_needs_no_reminder(office: Office) -> None:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    who.post(f"/sessions/{session_id}/suspend", {"reason": "材料不全"})
    who.post(f"/sessions/{session_id}/leave")
    assert (told(who), set(told(who, "withdrawn"))) == ({}, {"session_expiring"})


def test_an_invitation_to_rate_is_for_who_has_not(office: Office) -> None:
    who, agent = office.applicant(), office.agent()
    path = f"/sessions/{office.in_session(who, agent)}"
    agent.post(f"{path}/complete", {"outcome": "accepted", "note": ""})
    due, _ = told(who)["rating"]
    assert timedelta(minutes=9) < due - now() <= timedelta(minutes=10)
    who.post(f"{path}/rating", {"level": 5, "tags": [], "comment": "", "anonymous": False})
    assert told(who) == {}


def test_a_rejected_material_is_told_to_who_does_nothing_about_it(office: Office, photo: bytes) -> None:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    (material,) = agent.asks_for(session_id, "身份证")
    who.uploads(material["id"], photo)
    agent.post(f"/materials/{material['id']}/reject", {"reason": "照片模糊"})
    assert who.get("/notices")["items"] == []
    with time_machine.travel(now() + timedelta(minutes=2, seconds=1)):
        assert newest(who) == "“身份证”没有通过核验：照片模糊。请重新上传。"
    who.uploads(material["id"], photo + b"\0")
    assert told(who) == {}


def test_a_waybill_is_told(office: Office) -> None:
    from backend.courier import service as courier
    from backend.courier.models import PickupForm

    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)

    def order() -> None:
        with unit_of_work():
            form = PickupForm(session_id=session_id, state="submitted", revision=1)
            db.session.add(form)
            db.session.flush()
            courier.ordered(form.id, 1, "SF1234567890")
            courier.ordered(form.id, 1, "SF1234567890")

    office.do(order)
    assert newest(who) == "“初中、小学、幼儿园教师资格认定”的取件快递已下单，运单号 SF1234567890。"
    assert len(who.get("/notices")["items"]) == 1


@pytest.fixture
def photo() -> bytes:
    from tests.architecture.world import photo as make

    return make()


# --- none of it can fail the act ----------------------------------------------------------------------------------


def test_an_act_does_not_wait_for_the_outside(morning: Hall, monkeypatch: Any) -> None:
    """Nothing is sent in the request: a gateway that breaks at any touch is not touched."""
    who = morning.stage.applicant()
    monkeypatch.setitem(morning.app.extensions, "wechat", None)
    booking = who.books(morning.slot(14), morning.x)
    assert booking["state"] == "booked"
    assert actor(who).id == who.id
