"""Many at once, over HTTP, on SQLite and on PostgreSQL: P1, P2, P3, S01–S05 and domain.md's first invariant."""

import threading
from collections import Counter
from itertools import count
from typing import Any

import psycopg
import pytest
from apiflask import APIFlask

from tests.actors import Applicant, Stage
from tests.booking.conftest import Hall, together
from tests.conftest import until

_presses = count()


def hold(person: Applicant, slot: str, item: str, **kw: Any) -> tuple[int, Any]:
    """Press on a slot. Every other press carries no Idempotency-Key: it takes the shorter way through PostgreSQL."""
    if kw or next(_presses) % 2:
        return person.try_("POST", f"/slots/{slot}/hold", {"item_id": item}, **kw)
    headers = {"Authorization": f"Bearer {person.token}"}
    reply = person.client.post(f"/api/slots/{slot}/hold", json={"item_id": item}, headers=headers)
    return reply.status_code, reply.get_json()


def test_two_hundred_on_five_places(any_hall: Hall) -> None:
    """P1: exactly 5 × 201, 195 × 409 slot_full, nothing left, nobody oversold."""
    slot = any_hall.slot(9, capacity=5)
    people = any_hall.people(200)
    results = together([lambda p=p: hold(p, slot, any_hall.x) for p in people])
    assert Counter(status for status, _ in results) == {201: 5, 409: 195}
    assert {body["error"]["code"] for status, body in results if status == 409} == {"slot_full"}
    assert any_hall.left(slot) == 0
    assert len(any_hall.bookings(slot, "held")) == 5
    assert len(any_hall.bookings(slot)) == 5  # no half rows
    any_hall.sound()


def test_one_place_and_fifty_people_on_many_slots(any_hall: Hall) -> None:
    """S01: each of 20 slots goes to exactly one of 50."""
    slots = [any_hall.slot(hour, hours=0.25) for hour in (h + q / 4 for h in range(9, 14) for q in range(4))]
    people = any_hall.people(50)
    winners = 0
    for slot in slots:
        results = together([lambda p=p, s=slot: hold(p, s, any_hall.x) for p in people])
        assert Counter(status for status, _ in results) == {201: 1, 409: 49}
        won = next(n for n, (status, _) in enumerate(results) if status == 201)
        people.append(any_hall.stage.applicant())  # the winner goes, a new one comes
        people.pop(won)
        winners += len(any_hall.bookings(slot, "held"))
        assert any_hall.left(slot) == 0
    assert winners == 20
    any_hall.sound()


def test_twenty_people_share_one_slot(any_hall: Hall) -> None:
    """S02: 5 places for 20 people are all in one slot, the count never below 0."""
    slot = any_hall.slot(9, capacity=5)
    results = together([lambda p=p: hold(p, slot, any_hall.x) for p in any_hall.people(20)])
    assert Counter(status for status, _ in results) == {201: 5, 409: 15}
    assert {body["slot"]["id"] for status, body in results if status == 201} == {slot}
    assert any_hall.left(slot) == 0


def test_ten_presses_of_one_person_take_one_place(any_hall: Hall) -> None:
    """S03: a double click is the same booking; after confirming, the same slot is refused with its words."""
    slot = any_hall.slot(9, capacity=5)
    person = any_hall.stage.applicant()
    results = together([lambda: hold(person_like(person), slot, any_hall.x) for _ in range(10)])
    assert {status for status, _ in results} <= {200, 201}
    assert Counter(status for status, _ in results)[201] == 1
    assert len({body["id"] for _, body in results}) == 1
    assert any_hall.left(slot) == 4
    person.post(f"/bookings/{results[0][1]['id']}/confirm")
    status, body = hold(person, slot, any_hall.x)
    assert (status, body["error"]["code"]) == (409, "slot_twice")
    assert "不可重复预约同一时段" in body["error"]["message"]
    assert any_hall.left(slot) == 4
    any_hall.sound()


def person_like(person: Applicant) -> Applicant:
    """The same person at another device: a client of its own."""
    return Applicant(person.app, person.token, person.name, person.id)


def test_the_same_hour_twice_at_one_instant(any_hall: Hall) -> None:
    """S04 as a race: two overlapping slots pressed at once by one person, one is refused."""
    person = any_hall.stage.applicant()
    for hour in range(9, 19, 2):
        first, second = any_hall.slot(hour, capacity=9), any_hall.slot(hour + 0.5, capacity=9)
        results = together([
            lambda s=first: hold(person_like(person), s, any_hall.x),
            lambda s=second: hold(person_like(person), s, any_hall.y),
        ])  # fmt: skip
        assert sorted(status for status, _ in results) == [201, 409]
        assert next(body for status, body in results if status == 409)["error"]["code"] == "slot_overlap"
        won = next(body for status, body in results if status == 201)
        person.post(f"/bookings/{won['id']}/release")
        assert (any_hall.left(first), any_hall.left(second)) == (9, 9)
    any_hall.sound()


@pytest.mark.parametrize("key", [None, "press-0002"])
def test_a_press_waits_for_the_users_other_press(pg_app: APIFlask, key: str | None) -> None:
    """S04 without luck: while one press of a user is under way another waits, on both ways through PostgreSQL."""
    hall = Hall(Stage(pg_app))
    slot, person = hall.slot(9, capacity=3), hall.stage.applicant()
    headers = {"Authorization": f"Bearer {person.token}"} | ({"Idempotency-Key": key} if key else {})
    answers: list[int] = []

    def press() -> None:
        reply = person.client.post(f"/api/slots/{slot}/hold", json={"item_id": hall.x}, headers=headers)
        answers.append(reply.status_code)

    with psycopg.connect(pg_app.extensions["settings"].database_url, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [person.id])
        second = threading.Thread(target=press)
        second.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until(lambda: first.execute(waiting).fetchone() == (1,))
        assert (answers, hall.left(slot)) == ([], 3)
        first.execute("SELECT pg_advisory_unlock_all()")
        second.join(60)
    assert (answers, hall.left(slot)) == ([201], 2)


def test_the_same_item_twice_at_one_instant(any_hall: Hall) -> None:
    """One active booking per user and item: of two slots pressed at once one stays, the other's place is given back."""
    person = any_hall.stage.applicant()
    slots = [any_hall.slot(hour, capacity=3) for hour in range(9, 17)]
    results = together([lambda s=s: hold(person_like(person), s, any_hall.x) for s in slots])
    assert {status for status, _ in results} == {201}  # each press moved the hold
    assert sorted(any_hall.left(s) for s in slots) == [2, 3, 3, 3, 3, 3, 3, 3]
    assert len(person.get("/bookings")["items"]) == 1
    any_hall.sound()


def test_a_cancel_pressed_three_times_frees_one_place(any_hall: Hall) -> None:
    """S05: after the first cancel one place is left and stays one; the next takes it, the one after is refused."""
    slot = any_hall.slot(9, capacity=3)
    people = any_hall.people(3)
    booked = [p.books(slot, any_hall.x)["id"] for p in people]
    assert any_hall.left(slot) == 0
    people[0].cancels(booked[0])
    assert any_hall.left(slot) == 1
    verbs = [lambda: person_like(people[0]).cancels(booked[0])["state"] for _ in range(8)]
    assert together(verbs) == ["cancelled"] * 8
    assert any_hall.left(slot) == 1
    fourth, fifth = any_hall.people(2)
    assert hold(fourth, slot, any_hall.x)[0] == 201
    assert hold(fifth, slot, any_hall.x)[0] == 409
    any_hall.sound()


def test_first_cancels_at_once_free_one_place(any_hall: Hall) -> None:
    """S05 with no cancel before: eight devices press at the same instant."""
    slot = any_hall.slot(9, capacity=3)
    person = any_hall.stage.applicant()
    booking = person.books(slot, any_hall.x)["id"]
    verbs = [lambda: person_like(person).cancels(booking)["state"] for _ in range(8)]
    assert together(verbs) == ["cancelled"] * 8
    assert any_hall.left(slot) == 3
    any_hall.sound()


def test_a_hundred_times_booked_and_cancelled(any_hall: Hall) -> None:
    """P3: the places end where they began."""
    slot = any_hall.slot(9, capacity=7)
    person = any_hall.stage.applicant()
    for _ in range(100):
        person.cancels(person.books(slot, any_hall.x)["id"])
    assert any_hall.left(slot) == 7
    any_hall.sound()


def test_one_confirms_while_the_other_device_releases(any_hall: Hall) -> None:
    """P2: of two moves of one hold one wins; the place is counted as the winner says."""
    slot = any_hall.slot(9, capacity=2)
    for _ in range(10):
        person = any_hall.stage.applicant()
        held = person.holds(slot, any_hall.x)["id"]
        results = together([
            lambda p=person, b=held: person_like(p).try_("POST", f"/bookings/{b}/confirm")[0],
            lambda p=person, b=held: person_like(p).try_("POST", f"/bookings/{b}/release", {})[0],
        ])  # fmt: skip
        state = person.get(f"/bookings/{held}")["state"]
        assert (state, any_hall.left(slot)) in {("booked", 1), ("released", 2)}
        assert results[0 if state == "booked" else 1] == 200
        assert {r for r in results if r != 200} <= {409, 410}
        if state == "booked":
            person.cancels(held)
    any_hall.sound()


def test_swaps_between_two_slots_never_lock_each_other(any_hall: Hall) -> None:
    """Reschedule takes the new place, then frees the old one, in one transaction: crossing moves all end well."""
    one, two = any_hall.slot(9, capacity=20), any_hall.slot(11, capacity=20)
    people = any_hall.people(16)
    booked = [p.books(one if n % 2 else two, any_hall.x)["id"] for n, p in enumerate(people)]

    def swap(person: Applicant, booking: str, there: str, back: str) -> list[str]:
        path = f"/bookings/{booking}/reschedule"
        return [person.post(path, {"slot_id": s})["slot"]["id"] for s in (there, back, there)]

    results = together([
        lambda p=p, b=b, n=n: swap(p, b, *((two, one) if n % 2 else (one, two)))
        for n, (p, b) in enumerate(zip(people, booked, strict=True))
    ])  # fmt: skip
    assert results == [[two, one, two] if n % 2 else [one, two, one] for n in range(16)]
    assert (any_hall.left(one), any_hall.left(two)) == (12, 12)
    any_hall.sound()


def test_the_last_place_is_moved_to_once(any_hall: Hall) -> None:
    """Ten people reschedule into one place: one gets it, nine keep what they have."""
    old, new = any_hall.slot(9, capacity=10), any_hall.slot(11, capacity=1)
    people = any_hall.people(10)
    booked = [p.books(old, any_hall.x)["id"] for p in people]
    results = together([
        lambda p=p, b=b: p.try_("POST", f"/bookings/{b}/reschedule", {"slot_id": new})[0]
        for p, b in zip(people, booked, strict=True)
    ])  # fmt: skip
    assert Counter(results) == {200: 1, 409: 9}
    assert (any_hall.left(old), any_hall.left(new)) == (1, 0)
    any_hall.sound()


def test_sweepers_and_people_at_once(any_hall: Hall) -> None:
    """Holds run out while others hold, release and cancel: every place is counted once."""
    from backend.booking import sweep

    any_hall.app.extensions["settings"].hold_seconds = 0
    slots = [any_hall.slot(hour, capacity=4) for hour in (9, 11, 13)]
    people = any_hall.people(24)

    def busy(person: Applicant, n: int) -> None:
        for step in range(4):
            hold(person, slots[(n + step) % 3], any_hall.x)

    sweepers = [lambda: [any_hall.do(sweep.expire_holds) for _ in range(20)] for _ in range(4)]
    results = together([*[lambda p=p, n=n: busy(p, n) for n, p in enumerate(people)], *sweepers])
    assert [r for r in results if isinstance(r, Exception)] == []
    any_hall.do(sweep.expire_holds)
    assert [any_hall.left(s) for s in slots] == [4, 4, 4]
    any_hall.sound()


def test_a_repeated_request_is_answered_alike(any_hall: Hall) -> None:
    """The same Idempotency-Key at once: one effect, one answer."""
    slot = any_hall.slot(9, capacity=5)
    person = any_hall.stage.applicant()
    results = together(
        [lambda: hold(person_like(person), slot, any_hall.x, key="press-0001") for _ in range(6)]
    )
    assert {status for status, _ in results} == {201}
    assert len({body["id"] for _, body in results}) == 1
    assert any_hall.left(slot) == 4
