"""The short way through PostgreSQL: same rows, all or nothing, and not inside a unit of work."""

import psycopg
import pytest
from apiflask import APIFlask
from psycopg.errors import DivisionByZero
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from backend.platform import swift
from backend.platform.audit import AuditEntry, audit
from backend.platform.db import db, unit_of_work

ADD = text("INSERT INTO audit_entry (id, at, action, subject, details) VALUES (:id, now(), :action, 'x', '{}')")


def _actions() -> list[str]:
    return sorted(db.session.scalars(select(AuditEntry.action)))


def test_it_reads_what_the_session_reads(pg_app: APIFlask) -> None:
    with pg_app.app_context():
        with unit_of_work():
            audit("seen", "a'b")
        asked = select(AuditEntry.action, AuditEntry.at).where(AuditEntry.subject == bindparam("subject"))
        [row] = swift.read(asked, {"subject": "a'b"})
        there = db.session.execute(asked, {"subject": "a'b"}).one()
        assert (row.action, row.at) == tuple(there)
        assert swift.read(asked, {"subject": "nobody"}) == []


def test_together_is_all_or_nothing(pg_app: APIFlask) -> None:
    with pg_app.app_context():
        [row] = swift.write_together((ADD, {"id": "1", "action": "one"}), (text("SELECT 7 AS seven"), {}))
        assert row.seven == 7
        with pytest.raises(DBAPIError) as fault:
            swift.write_together((ADD, {"id": "2", "action": "two"}), (text("SELECT 1 / 0"), {}))
        assert isinstance(fault.value.orig, DivisionByZero)
        assert swift.write_together((ADD, {"id": "3", "action": "three"}), (text("SELECT 1 WHERE false"), {})) == []
        assert _actions() == ["one", "three"]


def test_it_stands_back_inside_a_unit_of_work_and_on_sqlite(any_app: APIFlask) -> None:
    """There it would not see what the transaction has written."""
    with any_app.app_context():
        assert swift.available() is (db.engine.dialect.name == "postgresql")
        with unit_of_work():
            assert not swift.available()


def test_a_lost_connection_is_the_outside_worlds_fault(pg_app: APIFlask) -> None:
    """As with the session: OperationalError, which is answered with 503; the next call has a new connection."""
    with pg_app.app_context():
        with pytest.raises(OperationalError):
            swift.read(text("SELECT pg_terminate_backend(pg_backend_pid())"), {})
        assert swift.read(text("SELECT 1 AS one"), {})[0].one == 1


def test_an_idle_connection_that_is_gone_is_replaced(pg_app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database was restarted while a connection lay in the pool: nobody notices."""
    monkeypatch.setattr("backend.platform.db.PING_AFTER", 0)
    ask = text("SELECT pg_backend_pid() AS id")
    with pg_app.app_context(), psycopg.connect(pg_app.extensions["settings"].database_url, autocommit=True) as killer:
        before = swift.read(ask, {})[0].id
        killer.execute("SELECT pg_terminate_backend(%s)", [before])
        after = swift.read(ask, {})[0].id
        assert after != before
        killer.execute("SELECT pg_terminate_backend(%s)", [after])
        assert db.session.scalar(text("SELECT 2")) == 2
