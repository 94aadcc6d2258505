"""Statements of a hot path in one round trip, on PostgreSQL: psycopg on a pooled connection, no session in between.

Only outside a unit of work (`available()`), where each call is a transaction by itself; elsewhere, and on SQLite, the
caller goes through the session. Rows come as psycopg makes them: times are aware, but not converted to UTC.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg import Error as DriverError
from psycopg import OperationalError as DriverOperationalError
from psycopg.rows import namedtuple_row
from sqlalchemy import Select, TextClause
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.sql.selectable import TextualSelect

from backend.platform.db import db, in_unit_of_work

Statement = Select | TextClause | TextualSelect
_compiled: dict[Statement, tuple[Any, dict[str, Any]]] = {}


def available() -> bool:
    """Whether calls here may stand in for the session's."""
    return db.engine.dialect.name == "postgresql" and not in_unit_of_work()


def read(statement: Statement, values: dict[str, Any]) -> list[Any]:
    """The rows of a statement as named tuples."""
    sql, constants = _sql(statement)
    with _connection() as connection, connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(sql, {**constants, **values}).fetchall()


def write_together(*statements: tuple[Statement, dict[str, Any]]) -> list[Any]:
    """Run statements as one transaction in one round trip; the rows of the last one.

    The server commits as soon as the last one is done: a lock that it takes is held for no journey. A fault of any of
    them undoes all; DBAPIError is raised with the driver's own as `orig`.
    """
    with _connection() as connection:
        with connection.pipeline():  # up to its end one implicit transaction
            for statement, values in statements:
                sql, constants = _sql(statement)
                cursor = connection.cursor(row_factory=namedtuple_row)
                cursor.execute(sql, {**constants, **values})
        return cursor.fetchall() if cursor.rownumber is not None else []


@contextmanager
def _connection() -> Iterator[Connection]:
    pooled = db.engine.raw_connection()
    try:
        yield pooled.driver_connection  # type: ignore[misc]
    except DriverError as fault:
        if pooled.is_valid and pooled.driver_connection.broken:  # type: ignore[union-attr]
            pooled.invalidate(fault)
        kind = OperationalError if isinstance(fault, DriverOperationalError) else DBAPIError
        raise kind(None, None, fault) from fault
    finally:
        pooled.close()


def _sql(statement: Statement) -> tuple[Any, dict[str, Any]]:
    """The statement in psycopg's words, with the values that are written into it."""
    if statement not in _compiled:
        compiled = statement.compile(dialect=db.engine.dialect)
        _compiled[statement] = str(compiled), {k: v for k, v in compiled.params.items() if v is not None}
    return _compiled[statement]
