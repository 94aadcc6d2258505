"""After a change of SECRET_KEY: what is sealed or hashed with an earlier key, with the key in use (docs/production.md).

A sealed column is named `*_enc`, the hash that it is found by `*_blind`; so a new column needs no line here.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, Table, select, update
from sqlalchemy.exc import IntegrityError

from backend.platform.crypto import blind, decrypt, encrypt, of_this_key
from backend.platform.db import db, unit_of_work

SEALED, HASHED = "_enc", "_blind"
BATCH = 500  # rows in one transaction: people go on working meanwhile


@dataclass
class Done:
    """How many rows were renewed, and which could not be: "table id: why"."""

    rows: int = 0
    faults: list[str] = field(default_factory=list)


def renew() -> Done:
    """Seal and hash anew what an earlier key did. May be broken off and run again, while people work."""
    done = Done()
    for table in db.metadata.sorted_tables:
        if any(column.name.endswith(SEALED) for column in table.c):
            _renew_table(table, done)
    return done


def _renew_table(table: Table, done: Done) -> None:
    columns = [c for c in table.c if c.name == "id" or c.name.endswith((SEALED, HASHED))]
    page = select(*columns).order_by(table.c.id).limit(BATCH)
    last = ""
    while rows := db.session.execute(page.where(table.c.id > last)).mappings().all():
        with unit_of_work():
            for row in rows:
                _renew_row(table, row, done)
        last = rows[-1]["id"]


def _renew_row(table: Table, row: RowMapping, done: Done) -> None:
    try:
        values = _new_values(row)
        if values:
            with db.session.begin_nested():
                done.rows += _write(table, row, values)
    except ValueError:
        done.faults.append(
            f"{table.name} {row['id']}: sealed with a key that is not among PREVIOUS_SECRET_KEYS"
        )
    except IntegrityError:
        done.faults.append(f"{table.name} {row['id']}: another row has its number")


def _new_values(row: RowMapping) -> dict[str, str]:
    values = {}
    for name in (n for n in row if n.endswith(SEALED) and row[n]):
        text, hashed = decrypt(row[name]), name.removesuffix(SEALED) + HASHED
        if not of_this_key(row[name]):
            values[name] = encrypt(text)
        if row.get(hashed) and row[hashed] != blind(text):
            values[hashed] = blind(text)
    return values


def _write(table: Table, row: RowMapping, values: dict[str, str]) -> int:
    """1, or 0 when somebody has changed it meanwhile: then it has the key in use."""
    same = [table.c[name] == row[name] for name in values]
    result: Any = db.session.execute(update(table).where(table.c.id == row["id"], *same).values(values))
    return result.rowcount
