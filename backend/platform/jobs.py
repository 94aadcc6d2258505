"""Work for later: an outbox row in the same transaction, RQ to carry it, a sweeper to find what was lost.

A job takes ids, may run twice, and is found again after `kill -9` of anything (rq#2015, stack.md V11, V12).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app
from rq import Queue
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.db import JSONDict, Model, UTCDateTime, after_commit, db, unit_of_work
from backend.platform.redis import connect

log = logging.getLogger(__name__)

QUEUES = ("default", "periodic")
RESEND_AFTER = timedelta(seconds=30)  # a job that was sent and not done by then is sent again
BACK_OFF = timedelta(seconds=10)  # doubled with each failure
TIMEOUT = 120  # seconds a job may run
GIVE_UP = 10

_jobs: dict[str, Callable[..., Any]] = {}
_worker_app: Flask | None = None


@dataclass(frozen=True)
class Periodic:
    name: str
    run: Callable[[], Any]
    seconds: int


_periodic: dict[str, Periodic] = {}


class JobOutbox(Model):
    """A job that must happen. `done_at` is its only end, besides giving up after ten failures (`failed_at`)."""

    name: Mapped[str]
    args: Mapped[list[Any]] = mapped_column(JSONDict)
    dedupe: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


def job(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a job under `name`. It runs inside an application context; it opens its own unit of work."""

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        if _jobs.setdefault(name, fn) is not fn:
            raise ValueError(f"job {name} is registered twice")
        return fn

    return register


def periodic(seconds: int) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Put a function on the one list of periodic work, run about every `seconds`."""

    def register(fn: Callable[[], Any]) -> Callable[[], Any]:
        name = f"{fn.__module__}.{fn.__name__}"
        _periodic[name] = Periodic(name, fn, seconds)
        return fn

    return register


def periodic_list() -> list[Periodic]:
    return sorted(_periodic.values(), key=lambda p: p.name)


def enqueue(name: str, *args: str | int, dedupe: str | None = None, after: timedelta | None = None) -> None:
    """Promise a job (inside a unit of work). With `dedupe` the same promise is made once only."""
    if name not in _jobs:
        raise LookupError(f"no job {name}")
    if dedupe and db.session.scalars(select(JobOutbox.id).where(JobOutbox.dedupe == dedupe)).first():
        return
    row = JobOutbox(name=name, args=list(args), dedupe=dedupe, created_at=now(), due_at=now() + (after or timedelta()))
    db.session.add(row)
    db.session.flush()
    if not after:
        job_id = row.id
        after_commit(lambda: _send(job_id))


def _send(job_id: str) -> None:
    with unit_of_work():
        row = db.session.get(JobOutbox, job_id)
        if row is None or row.done_at:
            return
        row.sent_at = now()
        number = row.attempts
    _queue("default").enqueue_call(
        run_outbox, (job_id,), job_id=f"{job_id}-{number}", timeout=TIMEOUT, result_ttl=0, failure_ttl=3600
    )


def _queue(name: str) -> Queue:
    client = current_app.extensions.get("rq_redis")
    if client is None:
        client = current_app.extensions["rq_redis"] = connect(current_app.extensions["settings"].redis_url)
    return Queue(name, connection=client)


def run(job_id: str) -> None:
    """Run one promised job now; a job that is done is not run again. Raises what the job raises, after noting it."""
    row = db.session.get(JobOutbox, job_id)
    if row is None or row.done_at or row.failed_at:
        return
    name, args = row.name, row.args
    try:
        _jobs[name](*args)
    except Exception as fault:
        db.session.rollback()
        with unit_of_work():
            row = db.session.get_one(JobOutbox, job_id)
            row.attempts += 1
            row.error = repr(fault)[:500]
            row.due_at = now() + BACK_OFF * 2**row.attempts
            row.sent_at = None
            if row.attempts >= GIVE_UP:
                row.failed_at = now()
        raise
    with unit_of_work():
        db.session.get_one(JobOutbox, job_id).done_at = now()


def pending() -> list[str]:
    """Ids of jobs that are due and not on their way."""
    lost = or_(JobOutbox.sent_at.is_(None), JobOutbox.sent_at < now() - RESEND_AFTER)
    query = select(JobOutbox.id).where(JobOutbox.done_at.is_(None), JobOutbox.failed_at.is_(None))
    return list(db.session.scalars(query.where(JobOutbox.due_at <= now(), lost).order_by(JobOutbox.id).limit(500)))


def run_pending() -> int:
    """Run everything that is not done, here and now (tests, `flask jobs run`). Returns how many ran."""
    query = select(JobOutbox.id).where(
        JobOutbox.done_at.is_(None), JobOutbox.failed_at.is_(None), JobOutbox.due_at <= now()
    )
    count = 0
    while ids := list(db.session.scalars(query.order_by(JobOutbox.id))):
        for job_id in ids:
            run(job_id)
        count += len(ids)
    return count


@periodic(seconds=10)
def resend() -> None:
    """Send again what was lost between the database and a worker."""
    for job_id in pending():
        _send(job_id)


@periodic(seconds=3600)
def forget_done() -> None:
    with unit_of_work():
        db.session.execute(delete(JobOutbox).where(JobOutbox.done_at < now() - timedelta(days=7)))


# --- in a worker process ----------------------------------------------------------------------------


def serve(app: Flask) -> None:
    """The worker's app: what RQ calls below runs in its context."""
    global _worker_app
    _worker_app = app


def _app() -> Flask:
    if _worker_app is None:
        raise RuntimeError("not a worker: start with `flask worker`")
    return _worker_app


def run_outbox(job_id: str) -> None:
    with _app().app_context():
        run(job_id)


def run_periodic(name: str) -> None:
    with _app().app_context():
        _periodic[name].run()
