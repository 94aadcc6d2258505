"""Bundles miniprogram/ for the browser, once for each state of the sources."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from tools.bootstrap import NODE_BIN, ROOT, digest, fresh

MINIPROGRAM = ROOT / "miniprogram"
RENDERER = MINIPROGRAM / "tests" / "renderer"


class BuildFailed(AssertionError):
    """The mini-program does not compile; the text names file, line and column."""


def built(source: Path = MINIPROGRAM, out: Path | None = None) -> Path:
    """The folder with the bundle of `source`. Raises BuildFailed."""
    out = out or ROOT / "var" / "miniprogram" / source.name
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes want the same
        _build(source, out)
    return out


def _build(source: Path, out: Path) -> None:
    stamp, mark = out / ".stamp", digest([source, RENDERER])
    if fresh(stamp, mark):
        return
    env = {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        ["node", str(RENDERER / "build.mjs"), str(source), str(out)],
        env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise BuildFailed(done.stderr[-4000:])
    stamp.write_text(mark)
