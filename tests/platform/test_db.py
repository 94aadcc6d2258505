"""unit_of_work: all or nothing, re-entrant, announcements after commit only."""

import threading
from datetime import UTC, datetime

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from backend.platform.audit import AuditEntry, audit
from backend.platform.db import after_commit, db, unit_of_work


def _count() -> int:
    return len(db.session.scalars(select(AuditEntry.id)).all())


def test_an_inner_unit_commits_with_the_outer_one(context: APIFlask) -> None:
    told: list[str] = []
    with pytest.raises(RuntimeError), unit_of_work():
        with unit_of_work():
            audit("a", "x")
            after_commit(lambda: told.append("a"))
        raise RuntimeError
    assert (_count(), told) == (0, [])
    with unit_of_work():
        with unit_of_work():
            audit("b", "x")
            after_commit(lambda: told.append("b"))
        assert told == []
    assert (_count(), told) == (1, ["b"])


def test_a_failing_announcement_fails_nothing(context: APIFlask) -> None:
    told: list[str] = []
    with unit_of_work():
        audit("a", "x")
        after_commit(lambda: 1 / 0)
        after_commit(lambda: told.append("second"))
    assert (_count(), told) == (1, ["second"])


def test_times_come_back_aware_and_in_utc(any_app: APIFlask) -> None:
    with any_app.app_context():
        with unit_of_work():
            audit("a", "x")
        at = db.session.scalars(select(AuditEntry.at)).one()
        assert at.tzinfo is UTC
        assert abs((datetime.now(UTC) - at).total_seconds()) < 5


def test_parallel_read_then_write_loses_nothing(any_app: APIFlask) -> None:
    """Thirty threads append; on SQLite a deferred transaction would fail half of them with `database is locked`."""
    faults: list[Exception] = []

    def work() -> None:
        with any_app.app_context():
            try:
                for _ in range(5):
                    _count()
                    with unit_of_work():
                        _count()
                        audit("a", "x")
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(30)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with any_app.app_context():
        assert (faults, _count()) == ([], 150)
