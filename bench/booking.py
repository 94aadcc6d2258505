"""Booking over HTTP: one hot slot against the database's own contended update; sold-out refusals against bare Flask."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.rows import Row, in_turn
from bench.stage import CORES, Stage, load, pgbench

USERS = 12_000
SECONDS = 3
HELLO: dict[str, Any] = {"worker": "gthread", "workers": len(CORES), "threads": 8, "cores": CORES}
CONTENDED = "UPDATE bench_slot SET places = places - 1 WHERE id = 1 AND places > 0;\n"


class Hall:
    """The product's tables on a PostgreSQL of its own, one slot, and people who are signed in."""

    def __init__(self, stage: Stage) -> None:
        from backend.app import create_app
        from backend.platform.db import db

        self.stage, self.url = stage, stage.postgres()
        self.settings: dict[str, Any] = {
            "mode": "test",
            "database_url": self.url,
            "redis_url": stage.redis(),
            "storage_url": f"file://{stage.folder / 'files'}",
            "access_token_seconds": 86400,
            "log_level": "WARNING",
        }
        self.app = create_app(**self.settings)
        with self.app.app_context():
            db.create_all()
            self._furnish()
            db.session.remove()
            db.engine.dispose()

    def _furnish(self) -> None:
        from backend.booking.models import Slot
        from backend.catalog.models import Category, Item, Region, SkillGroup
        from backend.identity import service as identity
        from backend.platform.clock import now, today
        from backend.platform.db import db, unit_of_work

        with unit_of_work():
            group, category = SkillGroup(name="教育服务组"), Category(name="教育")
            region = Region(code="440304000", name="区本级", parent_code=None)
            db.session.add_all([group, category, region])
            db.session.flush()
            item = Item(
                code="B001", name="教师资格认定", region_code=region.code, category_id=category.id,
                skill_group_id=group.id, video_enabled=True, department="区教育局",
            )  # fmt: skip
            start = now() + timedelta(days=1)
            slot = Slot(
                skill_group_id=group.id, date=today() + timedelta(days=1), start_at=start, capacity=1,
                end_at=start + timedelta(hours=1), released_at=now() - timedelta(days=1),
            )  # fmt: skip
            db.session.add_all([item, slot])
            db.session.flush()
            self.item, self.slot = item.id, slot.id
            self.tokens = []
            for n in range(USERS):
                user = identity.create_user(real_name="张三", phone=f"199{n:08d}")
                tokens = identity.login_user(user)
                self.tokens.append(tokens["access_token"] if isinstance(tokens, dict) else tokens.access_token)
            db.session.execute(text("CREATE TABLE bench_slot (id int PRIMARY KEY, places bigint NOT NULL)"))
            db.session.execute(text("INSERT INTO bench_slot VALUES (1, 1000000000)"))

    def reset(self, capacity: int, booked: int = 0) -> None:
        self._run("TRUNCATE booking CASCADE", f"UPDATE slot SET capacity = {capacity}, booked = {booked}")

    def _run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def count(self) -> tuple[int, int]:
        """Bookings of the slot, and what its counter says."""
        import psycopg

        with psycopg.connect(self.url) as connection:
            rows = connection.execute("SELECT count(*), (SELECT booked FROM slot) FROM booking").fetchone()
        assert rows
        return rows[0], rows[1]

    def plan(self) -> Path:
        """One hold for each person."""
        path = self.stage.folder / "holds"
        ask = {"method": "POST", "path": f"/api/slots/{self.slot}/hold", "body": {"item_id": self.item}}
        path.write_text("\n".join(json.dumps({**ask, "token": token}) for token in self.tokens))
        return path

    def serve(self) -> int:
        names = ("database_url", "redis_url", "storage_url", "access_token_seconds")
        return self.stage.web(**{k: self.settings[k] for k in names})


def http(port: int, plan: Path, expected: str, *more: object) -> Callable[[], float]:
    """Requests a second; every answer must be `expected`."""

    def run() -> float:
        got = load("bench.http_load", "--port", port, "--plan", plan, "--seconds", SECONDS, *more)
        wrong = {k: v for k, v in got["statuses"].items() if k != expected}
        if wrong or not got["total"]:
            raise RuntimeError(f"expected {expected} only: {got['statuses']}")
        return float(got["per_second"])

    return run


def hot_slot() -> Row:
    """Holds of one slot, each by somebody else, against pgbench's single-row update on the same PostgreSQL."""
    with Stage() as stage:
        hall = Hall(stage)
        holds = http(hall.serve(), hall.plan(), "201")

        def ours() -> float:
            hall.reset(capacity=1_000_000)
            rate = holds()
            rows, counter = hall.count()
            if rows != counter:
                raise RuntimeError(f"{rows} bookings, counter {counter}")
            return rate

        a, b, word = in_turn(ours, lambda: pgbench(hall.url, CONTENDED, SECONDS, stage.folder))
    return Row("book-hot-slot", a / b, 0.5, note=word)


def sold_out() -> Row:
    """Refusals of a full slot, as served in production, against a Flask route that says hello under gunicorn."""
    with Stage() as stage:
        hall = Hall(stage)
        refusals = http(hall.serve(), hall.plan(), "409", "--repeat")
        hello_plan = stage.folder / "hello"
        hello_plan.write_text(json.dumps({"method": "GET", "path": "/hello"}))
        hello = http(stage.gunicorn("bench.hello:app", **HELLO)[1], hello_plan, "200", "--repeat")
        hall.reset(capacity=200, booked=200)
        a, b, word = in_turn(refusals, hello)
    return Row("sold-out", a / b, 0.3, note=word)
