"""`make run`, from the first start to Ctrl-C: one product, started, killed in parts, stopped."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from redis import Redis

from tests.ops.process import Command
from tests.ports import free_port

PARTS = ["redis", "web", "sandbox", "worker", "scheduler"]
Start = Callable[..., Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the product with its data in this test's folder, on free ports."""
    commands: list[Command] = []
    port, wechat, courier, identity = (str(free_port()) for _ in range(4))
    settings = {
        "VAR": str(tmp_path / "var"), "HOST": "127.0.0.1", "PORT": port, "LOG_LEVEL": "WARNING",
        "WECHAT_SANDBOX_PORT": wechat, "COURIER_SANDBOX_PORT": courier,
        "IDENTITY_SANDBOX_PORT": identity, "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip

    def run(**more: str) -> Command:
        commands.append(Command(sys.executable, "-m", "tools.supervise", **{**settings, **more}))
        return commands[-1]

    yield run
    for command in commands:
        command.close()


def parts(command: Command) -> dict[str, psutil.Process]:
    """The supervisor's children by what they are."""
    words = {"redis-server": "redis", "gunicorn": "web", "tools.standins": "sandbox"}
    words |= {"worker": "worker", "scheduler": "scheduler"}
    found = {}
    for child in psutil.Process(command.process.pid).children():
        line = " ".join(child.cmdline())
        found[next(name for word, name in words.items() if word in line)] = child
    return found


def test_it_starts_heals_what_is_killed_and_stops_without_a_trace(start: Start, tmp_path: Path) -> None:
    command = start()
    command.until("视频办已启动", within=120)
    home = command.until(r"电脑门户 +(\S+)/$")[1]
    assert urlopen(f"{home}/readyz").status == 200
    assert command.until("kefu01 kefu02 kefu03")
    assert sorted(parts(command)) == sorted(PARTS)

    store = Redis(unix_socket_path=str(tmp_path / "var" / "redis.sock"))
    store.set("acknowledged", "1")
    for name in PARTS:
        parts(command)[name].kill()
        command.until(f"^{name} +│ 意外结束.信号 SIGKILL")
        command.until(f"^{name} +│ 已恢复", within=120)
    assert urlopen(f"{home}/readyz").status == 200
    assert store.get("acknowledged") == b"1"
    store.close()

    everything = psutil.Process(command.process.pid).children(recursive=True)
    command.signal(signal.SIGINT)
    assert command.end() == 0
    assert command.lines[-1] == "✓ 已停止"
    assert not psutil.wait_procs(everything, timeout=30)[1]
    assert not (tmp_path / "var" / "redis.sock").exists()


def one_line(command: Command) -> str:
    """What it said before it gave up."""
    assert command.end() != 0
    said = [line for line in command.lines if line]
    assert len(said) == 1, said
    return said[0]


def test_a_port_in_use_is_one_line(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert f"端口 {port} 已被占用" in one_line(start(PORT=port))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "http", "PORT=http 不是有效的端口号"),
        ("PORT", "65536", "PORT=65536 不是有效的端口号"),
        ("MODE", "holiday", "MODE"),
        ("HOLD_SECONDS", "soon", "HOLD_SECONDS"),
        ("MODE", "production", "SECRET_KEY must be a secret"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "Redis"),
        ("STORAGE_URL", "ftp://somewhere", "STORAGE_URL"),
    ],
)
def test_a_bad_setting_is_one_line(start: Start, name: str, value: str, says: str) -> None:
    assert says in one_line(start(**{name: value}))


def test_a_second_start_on_the_same_data_is_one_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    first = start(DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}")
    first.until("准备数据库")
    assert f"已经在运行(进程 {first.process.pid})" in one_line(start())
    os.kill(first.process.pid, signal.SIGTERM)
    assert first.end() == 0
