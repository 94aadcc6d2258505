"""Production on PostgreSQL: the migration gives what the models say, gevent serves, stand-ins are refused."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from backend.app import create_app
from backend.platform.db import db
from tests.ops.process import ROOT, Command
from tests.ops.test_run import parts
from tests.ports import free_port

STRICT = {
    "MODE": "production",
    "SECRET_KEY": "only-for-this-test-" + "x" * 20,
    "PUBLIC_URL": "https://shipinban.example.cn",
    "STAFF_TOTP_REQUIRED": "true",
    "SMS_GATEWAY": "http",
    "SMS_URL": "https://sms.example.cn/",
    "WECHAT_GATEWAY": "real",
    "WECHAT_MP_APPID": "wx0000000000000001",
    "WECHAT_MP_SECRET": "only-for-this-test",
    "WECHAT_OA_APPID": "wx0000000000000002",
    "WECHAT_OA_SECRET": "only-for-this-test",
    "WECHAT_MP_TOKEN": "onlyforthistest",
    "WECHAT_OA_TOKEN": "onlyforthistest",
    "WECHAT_MP_AES_KEY": "m" * 43,
    "WECHAT_OA_AES_KEY": "o" * 43,
    "OIDC_GATEWAY": "off",
    "ISHENZHEN_GATEWAY": "off",
    "COURIER_GATEWAY": "http",
    "COURIER_URL": "https://courier.example.cn",
    "COURIER_KEY": "only-for-this-test",
    "LOG_FORMAT": "json",
    "GUNICORN_WORKER_CLASS": "gevent",
}


@pytest.fixture
def own_database(own_postgres: Callable[[str], str]) -> str:
    return own_postgres(f"ops_{os.getpid()}")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'm.db'}" if request.param == "sqlite" else request.getfixturevalue("own_database")


@pytest.fixture
def production(own_database: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a production process."""
    stands_on = {"DATABASE_URL": own_database, "REDIS_URL": redis_url, "STORAGE_URL": f"file://{tmp_path / 'files'}"}
    return {**STRICT, **stands_on}


def test_the_migrations_give_exactly_what_the_models_say(database_url: str, redis_url: str, tmp_path: Path) -> None:
    app = create_app(mode="test", database_url=database_url, redis_url=redis_url, storage_url=f"file://{tmp_path}")
    runner = app.test_cli_runner()
    for words in ("upgrade", "check", "downgrade base", "upgrade"):
        done = runner.invoke(args=["db", *words.split()])
        assert done.exit_code == 0, f"{words}: {done.output} {done.exception}"
    with app.app_context():
        db.engine.dispose()


def test_production_serves_on_postgresql_with_gevent_and_stops(production: dict[str, str]) -> None:
    port = str(free_port())
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "--log-level", "info", "wsgi:app"]
    web = Command(*gunicorn, **production, HOST="127.0.0.1", PORT=port)
    try:
        web.until("Using worker: gevent")
        assert urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60).status == 200
        web.signal(signal.SIGTERM)
        assert web.end() == 0
    finally:
        web.close()


def test_production_has_no_demonstration(production: dict[str, str]) -> None:
    code = (
        "from wsgi import app\n"
        "for words in ('db upgrade', 'demo load', 'wechat sandbox', 'courier sandbox'):\n"
        "    print(words, app.test_cli_runner().invoke(args=words.split()).exit_code)"
    )
    env = {**os.environ, **production}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    codes = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines() if not line.startswith("{"))
    assert codes == {"db upgrade": "0", "demo load": "1", "wechat sandbox": "1", "courier sandbox": "1"}, done.stderr
    with psycopg.connect(production["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM staff_account").fetchone() == (0,)


def test_make_run_stands_on_what_it_is_given(own_database: str, redis_url: str, tmp_path: Path) -> None:
    names = ("PORT", "WECHAT_SANDBOX_PORT", "COURIER_SANDBOX_PORT", "IDENTITY_SANDBOX_PORT")
    ports = {**{name: str(free_port()) for name in names}, "HOST": "127.0.0.1"}
    given = {"DATABASE_URL": own_database, "REDIS_URL": redis_url, "STORAGE_URL": f"file://{tmp_path / 'files'}"}
    product = Command(sys.executable, "-m", "tools.supervise", VAR=str(tmp_path / "var"), **ports, **given)
    try:
        product.until("视频办已启动", within=120)
        assert sorted(parts(product)) == ["sandbox", "scheduler", "web", "worker"]
        assert not (tmp_path / "var" / "app.db").exists()
        with psycopg.connect(own_database) as connection:
            assert connection.execute("SELECT count(*) FROM item").fetchone() == (335,)
        product.signal(signal.SIGTERM)
        assert product.end() == 0
    finally:
        product.close()
