"""`python -m tests.miniprogram [SEED]`: 200 runs that break off at a random step and return to the same state.

Most of them on the mini-program's own services and session core (miniprogram/tests/random), the rest on its pages in
Chromium, every one of them (scenes.py); both against the live server, whose web process is killed too, several times.
The seed is printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.drills.__main__ import kill
from tests.journeys.stack import ROOT, Stack, running
from tests.miniprogram import pages
from tools.bootstrap import NODE_BIN

SERVICE_RUNS, PAGE_RUNS = 150, 50
# Bots have no sockets: a session outlives their silence, whatever the runs take.
SETTINGS = {"SIGN_INS_PER_IP": "1000", "GRACE_SECONDS": "3600", "AGENT_SILENT_SECONDS": "3600"}


def services(stack: Stack, seed: int) -> tuple[int, int]:
    """Runs the node part; kills the server when it asks. (passed, failed)"""
    command = ["node", "tests/random/run.mjs", stack.url, stack.wechat, str(SERVICE_RUNS), str(seed)]
    env = {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    counted = (0, SERVICE_RUNS)
    with subprocess.Popen(
        command, cwd=ROOT / "miniprogram", env=env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdin
        for line in process.stdout or ():
            if line.startswith("kill-server"):
                kill(stack, "gunicorn")
                process.stdin.write("killed\n")
                process.stdin.flush()
                continue
            print(f"  {line}", end="", flush=True)
            if found := re.match(r"random-steps: (\d+) passed, (\d+) failed", line):
                counted = int(found[1]), int(found[2])
    return counted


def main() -> int:
    seed = int(sys.argv[1]) if sys.argv[1:] else int(time.time()) % 100_000
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), **SETTINGS) as stack:
        began = time.monotonic()
        passed, failed = services(stack, seed)
        print(f"services: {passed} passed, {failed} failed ({time.monotonic() - began:.0f} s)", flush=True)
        began = time.monotonic()
        more, worse = pages.play(stack, seed, PAGE_RUNS)
        print(f"pages: {more} passed, {worse} failed ({time.monotonic() - began:.0f} s)", flush=True)
        if failed + worse:
            print(stack.log()[-3000:])
    print(f"random-steps: {passed + more} passed, {failed + worse} failed", flush=True)
    return 1 if failed + worse else 0


if __name__ == "__main__":
    sys.exit(main())
