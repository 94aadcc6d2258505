"""The database handle and the unit of work: commit, then tell the world."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, MetaData, String, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from backend.config import ROOT, Settings
from backend.platform.ids import new_id

log = logging.getLogger(__name__)

PING_AFTER = 1.0  # seconds a pooled connection may be idle before it is asked whether it is still there

JSONDict = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes in and out, on SQLite too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    registry = registry(
        type_annotation_map={datetime: UTCDateTime, dict[str, Any]: JSONDict, list[Any]: JSONDict},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate()

if TYPE_CHECKING:
    _Table = Base
else:
    _Table = db.Model


class Model(_Table):
    """A row with a time-ordered id."""

    __abstract__ = True
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)


_writing: ContextVar[bool] = ContextVar("writing", default=False)


def after_commit(fn: Callable[[], object]) -> None:
    """Run `fn` once the outermost unit of work has committed; at once when there is none. Its failure is logged only.

    The same (equal) announcement is made once however often it is asked for.
    """
    pending = db.session().info.get("after_commit")
    if pending is None:
        _run(fn)
    elif fn not in pending:
        pending.append(fn)


def in_unit_of_work() -> bool:
    return db.session.registry.has() and db.session().info.get("after_commit") is not None


@contextmanager
def unit_of_work() -> Iterator[None]:
    """All writes of a verb, all or nothing. Re-entrant: the outermost commits, then the announcements leave.

    On SQLite the transaction takes the write lock at its start, so reads inside are already serialised.
    """
    session = db.session()
    if session.info.get("after_commit") is not None:
        yield
        return
    if session.in_transaction():
        session.commit()  # end the read view: what follows must see the present
    pending: list[Callable[[], object]] = []
    session.info["after_commit"] = pending
    token = _writing.set(True)
    try:
        if db.engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)
        session.info.pop("after_commit", None)
    for fn in pending:
        _run(fn)


def _run(fn: Callable[[], object]) -> None:
    try:
        fn()
    except Exception:
        log.exception("an announcement after commit failed")


def engine_options(settings: Settings) -> dict[str, Any]:
    if settings.database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15, "check_same_thread": False}, "pool_size": 32, "max_overflow": 64}
    return {
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.database_pool_size,
        "pool_timeout": 5,
        # A read outside a unit of work is a statement by itself: READ COMMITTED sees no more, and BEGIN and ROLLBACK
        # around each are saved. unit_of_work turns it off.
        "isolation_level": "AUTOCOMMIT",
    }


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def _set_up_postgres(engine: Engine) -> None:
    """Ask a connection that has been idle whether it is still there; one that was used a moment ago is."""

    @event.listens_for(engine, "checkin")
    def checkin(_connection: Any, record: Any) -> None:
        record.info["used"] = monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("used", monotonic()) < PING_AFTER:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError() from gone


def init_app(app: Flask, settings: Settings) -> None:
    url = settings.database_url
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    with app.app_context():
        (_set_up_sqlite if url.startswith("sqlite") else _set_up_postgres)(db.engine)
