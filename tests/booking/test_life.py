"""The life of a booking over HTTP: hold, confirm, cancel, reschedule, queue, missed; guide rows S11–S14, S37–S39."""

from datetime import timedelta

import pytest

from backend.booking import service, sweep, views
from backend.booking.errors import NotInSlot
from backend.booking.machine import machine
from backend.booking.models import Booking, Slot
from backend.booking.rules import at_minute
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from tests.actors import Applicant, Refused
from tests.booking.conftest import Hall


def refused(code: str, verb) -> dict:
    with pytest.raises(Refused) as caught:
        verb()
    assert caught.value.code == code
    return caught.value.error


def again(person: Applicant) -> Applicant:
    """The same person after the clock moved on: signed in anew."""
    from backend.identity import service as identity

    with person.app.app_context():
        person.token = identity.login_user(person.id).access_token
    return person


def slot_of(hall: Hall, person: Applicant, slot: str) -> dict:
    slots = person.get(f"/items/{hall.x}/slots?date={hall.day}")["items"]
    return next(s for s in slots if s["id"] == slot)


def test_from_days_to_a_booking(hall: Hall) -> None:
    """S11, S12, S37: days, slots with what is left, a hold with a countdown, the booking in the list."""
    nine, ten = hall.slot(9, capacity=3), hall.slot(10, capacity=2)
    person, other = hall.people(2)
    tomorrow = person.get(f"/items/{hall.x}/days")["days"][1]
    assert (tomorrow["date"], tomorrow["left"], tomorrow["open"]) == (hall.day.isoformat(), 5, True)
    assert [(s["id"], s["time"], s["left"], s["state"]) for s in
            person.get(f"/items/{hall.x}/slots?date={hall.day}")["items"]] == [
        (nine, "09:00-10:00", 3, "open"), (ten, "10:00-11:00", 2, "open")]  # fmt: skip
    held = person.holds(nine, hall.x)
    assert (held["state"], held["actions"]) == ("held", ["confirm", "release"])
    assert 110 < held["seconds_left"] <= 120
    assert slot_of(hall, person, nine)["state"] == "mine"
    assert (slot_of(hall, other, nine)["state"], slot_of(hall, other, nine)["left"]) == ("open", 2)
    booked = person.post(f"/bookings/{held['id']}/confirm")
    assert (booked["state"], booked["actions"], booked["slot"]["time"]) == (
        "booked", ["cancel", "reschedule"], "09:00-10:00")  # fmt: skip
    assert booked["queue"]["enabled"] is False
    assert "09:00 起可以排队" in booked["queue"]["reason"]
    assert [b["id"] for b in person.get("/bookings")["items"]] == [held["id"]]
    assert other.get("/bookings")["items"] == []
    assert person.post(f"/bookings/{held['id']}/confirm")["state"] == "booked"  # again is no error


def test_own_hold_never_blocks_its_owner(hall: Hall) -> None:
    """P5: the last place held, pressed again, left for another slot and taken again."""
    only, other = hall.slot(9), hall.slot(10)
    person = hall.stage.applicant()
    first = person.holds(only, hall.x)
    assert person.holds(only, hall.x)["id"] == first["id"]
    second = person.holds(other, hall.x)
    assert (hall.left(only), hall.left(other)) == (1, 0)
    assert person.get(f"/bookings/{first['id']}")["state"] == "released"
    third = person.holds(only, hall.x)
    assert (hall.left(only), hall.left(other)) == (0, 1)
    assert person.post(f"/bookings/{third['id']}/confirm")["state"] == "booked"
    refused("hold_expired", lambda: person.post(f"/bookings/{second['id']}/confirm"))
    hall.sound()


def test_what_the_list_says_can_be_had(hall: Hall) -> None:
    """P5: every slot of the list behaves as it says: open can be held, full and closed not."""
    hall.slot(9, capacity=2)
    full, closed = hall.slot(10), hall.slot(11, closed=True)
    hall.stage.applicant().holds(full, hall.x)
    for shown in hall.stage.applicant().get(f"/items/{hall.x}/slots?date={hall.day}")["items"]:
        person = hall.stage.applicant()
        status, body = person.try_("POST", f"/slots/{shown['id']}/hold", {"item_id": hall.x})
        expected = {"open": (201, None), "full": (409, "slot_full"), "closed": (409, "slot_closed")}[
            shown["state"]
        ]
        assert (status, body.get("error", {}).get("code")) == expected
    assert hall.left(closed) == 1


def test_a_hold_runs_out(hall: Hall, clock) -> None:
    """Two minutes by the clock: then the place is free for others, and the owner is told to choose anew."""
    slot = hall.slot(9)
    person, other = hall.people(2)
    held = person.holds(slot, hall.x)
    refused("slot_full", lambda: other.holds(slot, hall.x))
    clock(now() + timedelta(seconds=119))
    refused("slot_full", lambda: other.holds(slot, hall.x))
    clock(now() + timedelta(seconds=2))
    assert slot_of(hall, other, slot)["left"] == 1  # without any sweeper
    refused("hold_expired", lambda: person.post(f"/bookings/{held['id']}/confirm"))
    assert other.holds(slot, hall.x)["state"] == "held"
    hall.sound()


def test_a_stale_hold_is_taken_over_without_a_sweeper(any_hall: Hall, clock) -> None:
    """The last place behind a hold that ran out: the next press gets it, on both databases."""
    slot = any_hall.slot(9)
    person, other = any_hall.people(2)
    person.holds(slot, any_hall.x)
    clock(now() + timedelta(seconds=121))
    assert other.post(f"/slots/{slot}/hold", {"item_id": any_hall.x})["state"] == "held"
    assert [b.state for b in any_hall.bookings(slot, "expired")] == ["expired"]
    refused("slot_full", lambda: person.holds(slot, any_hall.x))
    any_hall.sound()


def test_the_owner_of_a_stale_hold_takes_it_anew(any_hall: Hall, clock) -> None:
    slot = any_hall.slot(9)
    person = any_hall.stage.applicant()
    first = person.holds(slot, any_hall.x)["id"]
    clock(now() + timedelta(seconds=121))
    second = person.holds(slot, any_hall.x)
    assert second["id"] != first
    assert person.post(f"/bookings/{second['id']}/confirm")["state"] == "booked"
    any_hall.sound()


def test_the_sweeper_returns_what_ran_out(any_hall: Hall, clock) -> None:
    slots = [any_hall.slot(hour, capacity=2) for hour in (9, 10, 11)]
    people = any_hall.people(6)
    for n, person in enumerate(people):
        person.holds(slots[n % 3], any_hall.x)
    people[0].post(f"/bookings/{people[0].get('/bookings')['items'][0]['id']}/confirm")
    clock(now() + timedelta(seconds=121))
    assert any_hall.do(sweep.expire_holds) == 5
    assert any_hall.do(sweep.expire_holds) == 0
    assert [any_hall.left(s) for s in slots] == [1, 2, 2]
    any_hall.sound()


def test_overlap_and_touch(hall: Hall) -> None:
    """S04: 09–10 for X; 09–10 and 09:30–10:30 for Y refused; 10–11 for Y touches and is fine."""
    nine, half, ten = hall.slot(9, 5), hall.slot(9.5, 5), hall.slot(10, 5)
    person = hall.stage.applicant()
    mine = person.books(nine, hall.x)
    refused("slot_twice", lambda: person.holds(nine, hall.y))
    assert refused("slot_overlap", lambda: person.holds(half, hall.y))["details"] == {
        "booking_id": mine["id"]
    }
    assert person.books(ten, hall.y)["state"] == "booked"
    hall.sound()


def test_one_active_booking_of_an_item(hall: Hall) -> None:
    person = hall.stage.applicant()
    mine = person.books(hall.slot(9), hall.x)
    assert refused("item_booked", lambda: person.holds(hall.slot(14), hall.x))["details"] == {
        "booking_id": mine["id"]
    }
    person.cancels(mine["id"])
    assert person.books(hall.slot(15), hall.x)["state"] == "booked"


def test_cancel_until_the_slot_starts(hall: Hall, clock) -> None:
    """S39: a second before it starts yes, at its start no."""
    slot = hall.slot(9, capacity=2)
    early, late = hall.people(2)
    first, second = early.books(slot, hall.x)["id"], late.books(slot, hall.x)["id"]
    start = at_minute(hall.day, 540)
    clock(start - timedelta(seconds=2))
    assert again(early).cancels(first)["state"] == "cancelled"
    assert hall.left(slot) == 1
    clock(start)
    refused("too_late_to_cancel", lambda: again(late).cancels(second))
    assert "cancel" not in late.get(f"/bookings/{second}")["actions"]
    refused(
        "too_late_to_cancel", lambda: late.post(f"/bookings/{second}/reschedule", {"slot_id": hall.slot(15)})
    )
    assert hall.left(slot) == 1


def test_reschedule_keeps_the_booking(hall: Hall) -> None:
    old, new, full = hall.slot(9, 2), hall.slot(10, 2), hall.slot(11)
    person, other = hall.people(2)
    other.books(full, hall.x)
    mine = person.books(old, hall.x)
    refused("slot_full", lambda: person.post(f"/bookings/{mine['id']}/reschedule", {"slot_id": full}))
    assert (hall.left(old), hall.left(full)) == (1, 0)
    moved = person.post(f"/bookings/{mine['id']}/reschedule", {"slot_id": new})
    assert (moved["id"], moved["slot"]["id"], moved["slot"]["time"]) == (mine["id"], new, "10:00-11:00")
    assert (hall.left(old), hall.left(new)) == (2, 1)
    assert person.post(f"/bookings/{mine['id']}/reschedule", {"slot_id": new})["slot"]["id"] == new
    person.books(hall.slot(14, 2), hall.y)
    refused(
        "slot_overlap",
        lambda: person.post(f"/bookings/{mine['id']}/reschedule", {"slot_id": hall.slot(14.5)}),
    )
    hall.sound()


def test_the_queue_opens_with_the_slot(hall: Hall, clock) -> None:
    """S06, S14, S38: not at 08:59:59, from 09:00:00 on, until the late grace is over."""
    person = hall.stage.applicant()
    mine = person.books(hall.slot(9), hall.x)["id"]
    start = at_minute(hall.day, 540)

    def queue() -> str:
        with hall.app.app_context():
            return service.for_queue(person.id, mine).id

    clock(start - timedelta(seconds=1))
    with pytest.raises(NotInSlot) as early:
        queue()
    assert early.value.details["opens_at"] == start
    assert again(person).get(f"/items/{hall.x}")["modes"]["queue"]["enabled"] is False
    clock(start)
    assert queue() == mine
    assert again(person).get(f"/bookings/{mine}")["actions"] == ["queue"]
    assert person.get(f"/items/{hall.x}")["modes"]["queue"] == {
        "enabled": True, "reason": None, "opens_at": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "booking_id": mine,
    }  # fmt: skip
    clock(start + timedelta(minutes=69))
    assert queue() == mine
    clock(start + timedelta(minutes=70))
    with pytest.raises(NotInSlot):
        queue()


def test_missed_only_when_never_queued(any_hall: Hall, clock) -> None:
    """P7: who never came is missed; who queued and left is not; who cancelled is not; places are given back."""
    slot = any_hall.slot(9, capacity=5)
    people = any_hall.people(5)  # never came, left the line, cancelled, was served, did not answer
    ids = [p.books(slot, any_hall.x)["id"] for p in people]
    people[2].cancels(ids[2])
    clock(at_minute(any_hall.day, 545))
    for booking in (ids[1], ids[3], ids[4]):
        any_hall.do(lambda b=booking: service.mark_queued(b))
    any_hall.do(lambda: service.back_to_booked(ids[1]))
    any_hall.do(lambda: service.mark_served(ids[3]))
    any_hall.do(lambda: service.mark_missed(ids[4]))
    clock(at_minute(any_hall.day, 609))
    assert any_hall.do(sweep.sweep_missed) == 0  # within the late grace
    clock(at_minute(any_hall.day, 610))
    assert any_hall.do(sweep.sweep_missed) == 2
    assert any_hall.do(sweep.sweep_missed) == 0
    states = [again(p).get(f"/bookings/{b}")["state"] for p, b in zip(people, ids, strict=True)]
    assert states == ["missed", "cancelled", "cancelled", "served", "missed"]
    assert any_hall.left(slot) == 5
    any_hall.sound()


def test_an_old_booking_never_blocks_a_new_one(hall: Hall, clock) -> None:
    """After leaving the line for good the item can be booked again."""
    person = hall.stage.applicant()
    mine = person.books(hall.slot(9), hall.x)["id"]
    clock(at_minute(hall.day, 545))
    hall.do(lambda: (service.mark_queued(mine), service.back_to_booked(mine)))
    clock(at_minute(hall.day, 800))
    hall.do(sweep.sweep_missed)
    later = hall.slot(15)
    assert again(person).books(later, hall.x)["state"] == "booked"


def test_session_verbs_are_safe_to_repeat(any_hall: Hall, clock) -> None:
    slot = any_hall.slot(9, capacity=2)
    person = any_hall.stage.applicant()
    mine = person.books(slot, any_hall.x)["id"]
    clock(at_minute(any_hall.day, 545))
    any_hall.do(lambda: service.mark_queued(mine))
    assert any_hall.do(lambda: service.for_queue(person.id, mine).state) == "queued"
    any_hall.do(lambda: service.mark_served(mine))
    any_hall.do(lambda: service.mark_served(mine))
    any_hall.do(lambda: service.back_to_booked(mine))
    assert any_hall.left(slot) == 2
    with pytest.raises(NotAllowedNow):
        any_hall.do(lambda: service.for_queue(person.id, mine))
    any_hall.sound()


def test_another_persons_booking_is_not_there(hall: Hall) -> None:
    """Someone else's and a missing one look alike."""
    person, stranger = hall.people(2)
    mine = person.books(hall.slot(9), hall.x)["id"]
    for method, path, body in [
        ("GET", "", None), ("POST", "/confirm", None), ("POST", "/cancel", {}), ("POST", "/release", None),
        ("POST", "/reschedule", {"slot_id": hall.slot(11)}), ("GET", "/calendar.ics", None),
    ]:  # fmt: skip
        theirs = stranger.try_(method, f"/bookings/{mine}{path}", body)
        nobodys = stranger.try_(method, f"/bookings/{'0' * 26}{path}", body)
        assert theirs[0] == nobodys[0] == 404
        assert theirs[1]["error"]["code"] == nobodys[1]["error"]["code"] == "booking_not_found"


def test_what_is_not_offered_cannot_be_held(hall: Hall) -> None:
    """Not yet released, over, of another group, an item without 视频办, an item with its own slots."""
    person = hall.stage.applicant()
    slot = hall.slot(9)
    hidden = hall.slot(10, released_at=now() + timedelta(hours=1))
    over = hall.slot(1, day=hall.today() - timedelta(days=1))
    with hall.app.app_context():
        closed = hall.item("N001", "未开通", video_enabled=False)
        own = hall.item("O001", "自有时段", own_slots=True)
    refused("slot_not_found", lambda: person.holds(hidden, hall.x))
    refused("slot_past", lambda: person.holds(over, hall.x))
    refused("not_bookable", lambda: person.holds(slot, closed))
    refused("slot_not_found", lambda: person.holds(slot, own))
    refused("slot_not_found", lambda: person.holds("0" * 26, hall.x))
    refused("slot_not_found", lambda: person.holds(slot, "0" * 26))
    special = hall.slot(9, item_id=own)
    assert [s["id"] for s in person.get(f"/items/{own}/slots?date={hall.day}")["items"]] == [special]
    refused("slot_not_found", lambda: person.holds(special, hall.x))
    assert person.books(special, own)["state"] == "booked"


def test_a_slot_that_runs_can_be_booked_and_queued_for_at_once(hall: Hall) -> None:
    start = now() - timedelta(minutes=10)
    slot = hall.slot(9, start_at=start, end_at=start + timedelta(hours=1), day=hall.today())
    booked = hall.stage.applicant().books(slot, hall.x)
    assert booked["actions"] == ["queue"]


def test_the_calendar_file(hall: Hall) -> None:
    """RFC 5545: UTC times, lines of at most 75 octets, no broken character."""
    person = hall.stage.applicant()
    mine = person.books(hall.slot(9), hall.x)["id"]
    status, raw = person.try_("GET", f"/bookings/{mine}/calendar.ics")
    lines = raw.decode().split("\r\n")
    assert status == 200
    assert f"DTSTART:{hall.day:%Y%m%d}T010000Z" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "SUMMARY:视频办：教师资格认定" in raw.decode().replace("\r\n ", "")


def test_one_person_behind_two_accounts(any_hall: Hall) -> None:
    """Merged accounts keep all bookings; a clash ends one and gives its place back (P45)."""
    kept, gone = any_hall.people(2)
    clash, free = any_hall.slot(9, 5), any_hall.slot(14, 5)
    kept.books(clash, any_hall.x)
    gone.books(free, any_hall.y)
    any_hall.do(lambda: service.merge_users(gone.id, kept.id))
    assert {b["item"]["id"] for b in kept.get("/bookings")["items"]} == {any_hall.x, any_hall.y}
    third = any_hall.stage.applicant()
    third.books(any_hall.slot(16, 5), any_hall.x)
    any_hall.do(lambda: service.merge_users(third.id, kept.id))
    states = sorted(b["state"] for b in kept.get("/bookings")["items"])
    assert states == ["booked", "booked", "cancelled"]
    any_hall.sound()


def test_extras_come_from_session(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registered provider is asked once for a whole list."""
    asked: list[list[str]] = []

    def provider(ids: list[str]) -> dict:
        asked.append(ids)
        return {i: {"session_id": "s" + i, "actions": ["reconnect"]} for i in ids}

    monkeypatch.setattr(views, "_extras", [provider])
    person = hall.stage.applicant()
    person.books(hall.slot(9), hall.x)
    person.books(hall.slot(11), hall.y)
    asked.clear()
    items = person.get("/bookings")["items"]
    assert len(asked) == 1
    assert all(b["session_id"] == "s" + b["id"] and b["actions"][-1] == "reconnect" for b in items)


def test_the_database_refuses_to_oversell(any_hall: Hall) -> None:
    """Behind the statement stands a CHECK; behind the rules stand unique indexes."""
    from sqlalchemy.exc import IntegrityError

    slot = any_hall.slot(9)
    person = any_hall.stage.applicant()
    held = person.holds(slot, any_hall.x)["id"]

    def oversell() -> None:
        with unit_of_work():
            db.session.execute(db.update(Slot).where(Slot.id == slot).values(booked=2))

    def double() -> None:
        with unit_of_work():
            row = db.session.get_one(Booking, held)
            values = {c.key: getattr(row, c.key) for c in Booking.__table__.columns if c.key != "id"}
            db.session.add(Booking(**values))

    for wrong in (oversell, double):
        with pytest.raises(IntegrityError):
            any_hall.do(wrong)
    any_hall.sound()


def test_every_move_is_in_the_table() -> None:
    """A state that can't be left is an end; every state is reachable from held."""
    moves = list(machine.moves.values())
    reached = {"held"}
    for _ in moves:
        reached |= {m.target for m in moves if m.sources & reached}
    assert reached == {"held", "booked", "queued", "served", "cancelled", "missed", "expired", "released"}
    ends = reached - {s for m in moves for s in m.sources}
    assert ends == {"served", "cancelled", "missed", "expired", "released"}
    assert "held --> booked: confirm" in machine.mermaid()
