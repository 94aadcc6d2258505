"""Holds of one moment, written by one transaction (PostgreSQL): what each of them gets."""

import threading
from datetime import timedelta

import psycopg
import pytest
from apiflask import APIFlask
from sqlalchemy.exc import DBAPIError

from backend.booking import holding, taking
from backend.booking.taking import Asked, Hold
from backend.platform.clock import now
from backend.platform.db import db
from backend.platform.ids import new_id
from tests.actors import Stage
from tests.booking.conftest import Hall
from tests.conftest import until


@pytest.fixture
def hall(pg_app: APIFlask) -> Hall:
    return Hall(Stage(pg_app))


def connection(hall: Hall) -> psycopg.Connection:
    return psycopg.connect(hall.app.extensions["settings"].database_url, autocommit=True)


def serve(hall: Hall, *asked: tuple[str, str, str]) -> list[Asked]:
    """What (user, slot, item) get, asked for at one moment."""
    holds = [Hold(new_id(), u, i, s, now(), now() + timedelta(minutes=2)) for u, s, i in asked]
    return hall.do(lambda: taking._serve(holds))


def test_the_places_go_to_those_who_came_first(hall: Hall) -> None:
    slot = hall.slot(9, capacity=3)
    users = [p.id for p in hall.people(5)]
    assert [a.taken for a in serve(hall, *((u, slot, hall.x) for u in users))] == [True] * 3 + [False] * 2
    assert {b.user_id for b in hall.bookings(slot, "held")} == set(users[:3])
    assert hall.left(slot) == 0
    hall.sound()
    again = serve(hall, (users[4], slot, hall.x))
    assert again[0].seen.is_full
    assert not again[0].taken


def test_slots_and_items_of_one_moment_are_counted_apart(hall: Hall) -> None:
    """Several slots, an item that is not offered, a slot that is not there: each has its own answer."""
    nine, ten = hall.slot(9, capacity=2), hall.slot(10, capacity=1)
    a, b, c, d = (p.id for p in hall.people(4))
    given = serve(
        hall, (a, nine, hall.x), (b, ten, hall.y), (c, ten, hall.x), (d, new_id(), hall.x), (d, nine, new_id()),
        (d, nine, hall.y),
    )  # fmt: skip
    assert [g.taken for g in given] == [True, True, False, False, False, True]
    assert [g.seen is None for g in given] == [False, False, False, True, True, False]
    assert (hall.left(nine), hall.left(ten)) == (0, 0)
    hall.sound()


def test_one_user_twice_in_one_moment_gets_one_of_them(hall: Hall) -> None:
    """S04: holds of one transaction do not see each other, so a user's second waits for the slower way."""
    one, overlapping = hall.slot(9, capacity=5), hall.slot(9.5, capacity=5)
    [user] = (p.id for p in hall.people(1))
    given = serve(hall, (user, one, hall.x), (user, overlapping, hall.y), (user, one, hall.x))
    assert [g.taken for g in given] == [True, False, False]
    assert (hall.left(one), hall.left(overlapping)) == (4, 5)
    hall.sound()


def test_what_a_user_has_already_forbids_and_leaves_nothing(hall: Hall) -> None:
    nine, half, late = hall.slot(9, capacity=5), hall.slot(9.5, capacity=5), hall.slot(14, capacity=5)
    [user] = (p.id for p in hall.people(1))
    assert serve(hall, (user, nine, hall.x))[0].taken
    for slot, item in ((nine, hall.y), (half, hall.y), (late, hall.x)):  # same slot, same hour, same item
        assert not serve(hall, (user, slot, item))[0].taken
    assert (hall.left(nine), hall.left(half), hall.left(late)) == (4, 5, 5)
    assert len(hall.bookings(nine) + hall.bookings(half) + hall.bookings(late)) == 1
    hall.sound()


def test_a_fault_undoes_all_of_the_moment(hall: Hall) -> None:
    """All or nothing: rows that can't be written take the others with them, and the counter stays."""
    slot = hall.slot(9, capacity=5)
    users = [p.id for p in hall.people(2)]
    holds = [Hold(new_id(), u, i, slot, now(), now()) for u, i in zip(users, (hall.x, "no such item"), strict=True)]
    with pytest.raises(DBAPIError):
        hall.do(lambda: taking._take_many(holds))
    assert hall.bookings(slot) == []
    assert hall.left(slot) == 5


def test_a_user_whose_other_press_lasts_keeps_nobody_waiting(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment is given up after a while, and each goes its own way: the others are not refused."""
    monkeypatch.setattr(taking, "LOCK_WAIT", "50ms")
    slot = hall.slot(9, capacity=5)
    slow, other = (p.id for p in hall.people(2))
    with connection(hall) as held:
        held.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [slow])
        assert [g.taken for g in serve(hall, (slow, slot, hall.x), (other, slot, hall.x))] == [False, False]
        with hall.app.app_context():
            _, new = holding.hold(other, slot, hall.x)
    assert new
    assert hall.left(slot) == 4
    hall.sound()


def test_a_moment_that_waits_for_a_booking_holds_no_slot(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bookings, then slots: a sweeper that ends a user's old hold can still give its place back meanwhile."""
    monkeypatch.setattr(taking, "LOCK_WAIT", "60s")
    old, new = hall.slot(9, capacity=5), hall.slot(14, capacity=5)
    [user] = (p.id for p in hall.people(1))
    assert serve(hall, (user, old, hall.x))[0].taken
    results: list[list[Asked]] = []
    writer = threading.Thread(target=lambda: results.append(serve(hall, (user, new, hall.x))))
    with connection(hall) as sweeper, connection(hall) as watch:
        with sweeper.transaction():
            sweeper.execute("UPDATE booking SET state = 'expired' WHERE user_id = %s", [user])
            writer.start()
            until(lambda: watch.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (1,))
            sweeper.execute("SELECT 1 FROM slot WHERE id IN (%s, %s) FOR NO KEY UPDATE NOWAIT", [old, new])
            sweeper.execute("UPDATE slot SET booked = booked - 1 WHERE id = %s", [old])
        writer.join(60)
    assert results[0][0].taken
    assert (hall.left(old), hall.left(new)) == (5, 4)
    hall.sound()


def test_a_place_that_went_meanwhile_undoes_the_moment(hall: Hall) -> None:
    """The last place goes to somebody else between counting and writing: no half rows, and each goes its own way."""
    slot = hall.slot(9, capacity=3)
    users = [p.id for p in hall.people(2)]
    holds = [Hold(new_id(), u, hall.x, slot, now(), now() + timedelta(minutes=2)) for u in users]
    failed: list[Exception] = []

    def write() -> None:
        try:
            hall.do(lambda: taking._take_many(holds))
        except DBAPIError as fault:
            failed.append(fault)

    writer = threading.Thread(target=write)
    with connection(hall) as other, connection(hall) as watch:
        with other.transaction():
            other.execute("UPDATE slot SET booked = booked + 2 WHERE id = %s", [slot])
            writer.start()
            until(lambda: watch.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (1,))
        writer.join(60)
        other.execute("UPDATE slot SET booked = booked - 2 WHERE id = %s", [slot])
    assert len(failed) == 1
    assert hall.bookings(slot) == []
    hall.sound()


def test_who_comes_while_a_moment_is_written_is_in_the_next(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP: while the slot's row is locked by another, those who press wait, and are then written together."""
    slot = hall.slot(9, capacity=50)
    people = hall.people(12)
    monkeypatch.setattr(taking, "LOCK_WAIT", "60s")
    sizes: list[int] = []
    real = taking._take_many
    monkeypatch.setattr(taking, "_take_many", lambda holds: sizes.append(len(holds)) or real(holds))
    statuses: list[int] = []

    def press(person: object) -> None:
        headers = {"Authorization": f"Bearer {person.token}"}  # type: ignore[attr-defined]
        reply = hall.app.test_client().post(f"/api/slots/{slot}/hold", json={"item_id": hall.x}, headers=headers)
        statuses.append(reply.status_code)

    threads = [threading.Thread(target=press, args=(p,)) for p in people]
    with connection(hall) as held, held.transaction():
        held.execute("SELECT 1 FROM slot WHERE id = %s FOR UPDATE", [slot])
        threads[0].start()
        until(lambda: sizes == [1])
        for thread in threads[1:]:
            thread.start()
        until(lambda: hall.do(lambda: len(taking._desk._desks[db.engine].waiting)) == 11)
    for thread in threads:
        thread.join(60)
    assert statuses == [201] * 12
    assert sizes == [1, 11]
    assert hall.left(slot) == 38
    hall.sound()
