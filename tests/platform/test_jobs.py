"""Promised jobs: in the same transaction, found again, done once."""

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from backend.platform import jobs
from backend.platform.db import db, unit_of_work
from backend.platform.jobs import JobOutbox, enqueue, run_pending

ran: list[str] = []


def note(what: str) -> None:
    ran.append(what)
    if what == "bad":
        raise ValueError("no")


@pytest.fixture(autouse=True)
def a_job_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs._jobs, "test.note", note)
    ran.clear()


def test_a_job_of_a_rolled_back_unit_never_runs(context: APIFlask) -> None:
    with pytest.raises(RuntimeError), unit_of_work():
        enqueue("test.note", "a")
        raise RuntimeError
    assert (run_pending(), ran) == (0, [])


def test_the_same_promise_is_made_once(context: APIFlask) -> None:
    for _ in range(3):
        with unit_of_work():
            enqueue("test.note", "a", dedupe="note:a")
    assert (run_pending(), run_pending(), ran) == (1, 0, ["a"])


def test_a_job_done_is_not_done_again(context: APIFlask) -> None:
    with unit_of_work():
        enqueue("test.note", "a")
    job_id = db.session.scalars(select(JobOutbox.id)).one()
    jobs.run(job_id)
    jobs.run(job_id)
    assert ran == ["a"]


def test_a_failed_job_is_noted_and_waits(context: APIFlask) -> None:
    with unit_of_work():
        enqueue("test.note", "bad")
    job_id = db.session.scalars(select(JobOutbox.id)).one()
    with pytest.raises(ValueError):
        jobs.run(job_id)
    row = db.session.get_one(JobOutbox, job_id)
    assert (row.attempts, row.error, row.done_at) == (1, "ValueError('no')", None)
    assert row.due_at > row.created_at
    assert jobs.pending() == []


def test_a_job_lost_by_redis_is_sent_again(context: APIFlask) -> None:
    """S21, V12: after a flush of Redis the sweeper finds what was promised."""
    from datetime import timedelta

    from backend.platform.clock import now
    from backend.platform.redis import redis

    with unit_of_work():
        enqueue("test.note", "a")
    redis.flushdb()
    assert jobs.pending() == []  # it may still be on its way
    with unit_of_work():
        db.session.scalars(select(JobOutbox)).one().sent_at = now() - timedelta(minutes=5)
    jobs.resend()
    assert redis.llen("rq:queue:default") == 1


def test_redis_away_fails_no_promise(make_app) -> None:
    app = make_app(redis_url="redis://127.0.0.1:1/0")
    with app.app_context():
        with unit_of_work():
            enqueue("test.note", "a")
        assert run_pending() == 1
