"""The product as `make run` starts it, on free ports and in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stack:
    url: str
    var: Path
    process: subprocess.Popen[bytes]
    wechat: str  # the WeChat sandbox, with its control plane

    def log(self) -> str:
        return (self.var / "journey.log").read_text(errors="replace")


@contextmanager
def running(var: Path, **settings: str) -> Iterator[Stack]:
    """Start everything with `settings` in the environment; stops it at the end. Raises when it isn't ready in 90 s."""
    port, wechat, courier, identity = (free_port() for _ in range(4))
    url = f"http://127.0.0.1:{port}"
    var.mkdir(parents=True, exist_ok=True)
    env = {
        **os.environ,
        "VAR": str(var),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "PUBLIC_URL": url,
        "WECHAT_SANDBOX_PORT": str(wechat),
        "COURIER_SANDBOX_PORT": str(courier),
        "IDENTITY_SANDBOX_PORT": str(identity),
        "LOG_LEVEL": "INFO",
        **settings,
    }
    for name in ("DATABASE_URL", "REDIS_URL", "STORAGE_URL"):
        if name not in settings:
            env.pop(name, None)
    if env.get("SCHEMA") == "models":
        made = {**env, "DATABASE_URL": f"sqlite:///{var / 'app.db'}", "FLASK_APP": "wsgi:app"}
        subprocess.run([sys.executable, "-m", "tests.journeys.schema"], cwd=ROOT, env=made, check=True)
    with (var / "journey.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.supervise"], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
        )
        stack = Stack(url, var, process, f"http://127.0.0.1:{wechat}")
        try:
            _await_ready(stack)
            yield stack
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_ready(stack: Stack) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if stack.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{stack.url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the product did not start:\n{stack.log()[-3000:]}")
