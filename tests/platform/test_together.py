"""Callers of one moment share a round trip: answers in order, nobody waits alone, a fault is everybody's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from apiflask import APIFlask

from backend.platform.db import db
from backend.platform.together import MOST, Together
from tests.conftest import until


class Office:
    """Serves by doubling; the first batch stays open until `go`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.go = Event(), Event()

    def serve(self, asked: list[int]) -> list[int]:
        self.batches.append(asked)
        self.begun.set()
        assert self.go.wait(60)
        return [2 * n for n in asked]


def in_threads(app: APIFlask, ask: Callable[[int], int], numbers: range, pool: ThreadPoolExecutor) -> list[Any]:
    def one(n: int) -> int:
        with app.app_context():
            return ask(n)

    return [pool.submit(one, n) for n in numbers]


def waiting(together: Together, app: APIFlask) -> int:
    with app.app_context():
        return len(together._desks[db.engine].waiting)


def test_who_waits_is_served_together(app: APIFlask) -> None:
    office = Office()
    together = Together(office.serve)
    with ThreadPoolExecutor(20) as pool:
        first = in_threads(app, together.ask, range(1), pool)
        assert office.begun.wait(60)
        rest = in_threads(app, together.ask, range(1, 20), pool)
        until(lambda: waiting(together, app) == 19)
        office.go.set()
        assert [f.result(60) for f in first + rest] == [2 * n for n in range(20)]
    assert office.batches[0] == [0]
    assert sorted(office.batches[1]) == list(range(1, 20))


def test_no_batch_is_larger_than_it_may_be(app: APIFlask) -> None:
    office, more = Office(), MOST + 10
    together = Together(office.serve)
    with ThreadPoolExecutor(more) as pool:
        asked = in_threads(app, together.ask, range(1), pool)
        assert office.begun.wait(60)
        asked += in_threads(app, together.ask, range(1, more), pool)
        until(lambda: waiting(together, app) == more - 1)
        office.go.set()
        assert [f.result(60) for f in asked] == [2 * n for n in range(more)]
    assert [len(batch) for batch in office.batches] == [1, MOST, more - 1 - MOST]


def test_a_fault_reaches_everyone_and_the_next_caller_is_served(app: APIFlask) -> None:
    def serve(asked: list[int]) -> list[int]:
        if 13 in asked:
            raise LookupError("13")
        return asked

    together = Together(serve)
    with app.app_context():
        with pytest.raises(LookupError):
            together.ask(13)
        assert together.ask(7) == 7


def test_two_applications_do_not_mix(make_app: Callable[..., APIFlask]) -> None:
    """Each asks its own database, though they share the process."""
    together = Together(lambda asked: [db.engine for _ in asked])
    found = []
    for app in (make_app(), make_app()):
        with app.app_context():
            found.append(together.ask(0) is db.engine)
    assert found == [True, True]
