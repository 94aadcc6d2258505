"""Runs migrations with the application's own engine: `flask db upgrade`; `flask db migrate -m "why"` writes one."""

import logging
from typing import Any, Literal

from alembic import context
from flask import current_app

from backend.platform.db import UTCDateTime

log = logging.getLogger("alembic.env")


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration names plain SQLAlchemy types, so that it stays true when the code moves on."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and getattr(item, "_variant_mapping", {}).get("postgresql") is not None:
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


def leave_out_empty(_: Any, __: Any, directives: list[Any]) -> None:
    """`flask db migrate` writes no file when nothing changed."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        log.info("no changes")


def main() -> None:
    migrate = current_app.extensions["migrate"]
    with migrate.db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # whose connections commit each statement (platform/db.py)
            connection = connection.execution_options(isolation_level="READ COMMITTED")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",  # SQLite can't alter a column in place
            transactional_ddl=True,  # SQLite can, too: our connections begin explicitly
            compare_type=True,
            process_revision_directives=leave_out_empty,
        )
        with context.begin_transaction():
            context.run_migrations()


main()
