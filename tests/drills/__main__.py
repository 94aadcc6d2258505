"""`make drill`: kill -9 of web, worker and Redis in mid session, under talk. Nothing acknowledged is lost.

Each fault prints one line with its recovery time; limits are those of the reliability goals (10 s web, 10 s Redis with
data, 60 s Redis emptied, 60 s worker).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path

import psutil
from PIL import Image, ImageDraw

from tests.bots import AgentBot, ApplicantBot, Bot, BotRefused, Ear
from tests.conftest import until
from tests.journeys.stack import ROOT, Stack, running

ROUNDS = 3
_phones = count(19900000001)


class Case:
    """One active session with an applicant and an agent who talk all the time and listen on sockets."""

    def __init__(self, url: str, agent: str, name: str) -> None:
        self.applicant = ApplicantBot(url, name).sign_in(str(next(_phones)))
        self.agent = AgentBot(url, agent).sign_in()
        self.id = self.applicant.queue_now()
        self.agent.post(f"/console/sessions/{self.id}/accept")
        self.applicant.post(f"/sessions/{self.id}/answer", {"endpoint": "applicant-pc"})
        self.ears = [Ear(self.applicant, self.id, "applicant-pc"), Ear(self.agent, self.id, "agent")]
        self.faults: list[BaseException] = []
        self._quiet = threading.Event()
        self._talkers = [threading.Thread(target=self._talk, args=(b,)) for b in (self.applicant, self.agent)]

    def start(self) -> None:
        for talker in self._talkers:
            talker.start()

    def _talk(self, bot: Bot) -> None:
        number = 0
        while not self._quiet.is_set():
            number += 1
            try:
                bot.say(self.id, f"{bot.name} {number}")
            except (BotRefused, TimeoutError) as fault:
                self.faults.append(fault)
                return
            self._quiet.wait(0.4)  # under the limit for chat lines

    def stop(self) -> None:
        self._quiet.set()
        for talker in self._talkers:
            talker.join()
        for ear in self.ears:
            ear.stop()

    def stored(self) -> list[dict]:
        found: list[dict] = []
        while batch := self.applicant.get(f"/sessions/{self.id}/events?after={len(found)}")["events"]:
            found += batch
        return found

    def check(self) -> None:
        """Acked = stored; numbers without gap; still active; both sides saw the same, in order."""
        assert not self.faults, self.faults
        acked = set(self.applicant.acked + self.agent.acked)
        stored = self.stored()
        assert [e["seq"] for e in stored] == list(range(1, len(stored) + 1))
        said = [e["payload"]["client_id"] for e in stored if e["kind"] == "chat.text"]
        assert len(said) == len(set(said)), "a message is stored twice"
        lost = acked - set(said)
        assert not lost, f"{len(lost)} acknowledged messages are lost"
        assert self.applicant.get(f"/sessions/{self.id}")["state"] == "active"
        for ear in self.ears:
            until(lambda ear=ear: ear.seq >= len(stored), 15)
            assert [e["seq"] for e in ear.events[: len(stored)]] == list(range(1, len(stored) + 1)), "a gap was heard"


def children(stack: Stack, *words: str) -> list[psutil.Process]:
    """Processes of the product whose command line holds one of `words`."""
    found = psutil.Process(stack.process.pid).children(recursive=True)
    return [p for p in found if p.status() != psutil.STATUS_ZOMBIE and any(w in " ".join(p.cmdline()) for w in words)]


def kill(stack: Stack, *words: str) -> None:
    victims = children(stack, *words)
    assert victims, f"nothing to kill: {words}"
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=5)


def recovered(cases: list[Case]) -> None:
    """Every side gets a line through, and every socket hears one that was said after the fault."""
    for case in cases:
        mark = case.agent.say(case.id, "故障后")
        for ear in case.ears:
            until(lambda ear=ear, mark=mark: ear.heard(mark), 60)


def picture() -> bytes:
    image = Image.new("RGB", (1600, 1200), "white")
    ImageDraw.Draw(image).rectangle((100, 100, 800, 600), fill="navy")
    out = BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def verified_material(case: Case) -> str:
    """Push, upload and verify one material; its watermarked copy is a job."""
    wanted = {"name": "身份证", "original_required": True}
    case.agent.post(f"/sessions/{case.id}/materials", {"requirement_ids": [], "items": [wanted]})
    view = case.applicant.get(f"/sessions/{case.id}")
    material = view["materials"][-1]["id"]
    case.applicant.post(f"/materials/{material}/versions", files={"file": ("身份证正面.jpg", picture(), "image/jpeg")})
    case.agent.post(f"/materials/{material}/verify")
    return material


def copies(case: Case, material: str) -> list[str]:
    found = next(m for m in case.applicant.get(f"/sessions/{case.id}")["materials"] if m["id"] == material)
    return [v["copy_attachment_id"] for v in found["versions"] if v["copy_attachment_id"]]


class Drills:
    def __init__(self, stack: Stack, cases: list[Case]) -> None:
        self.stack, self.cases = stack, cases
        self.passed = self.failed = 0

    @contextmanager
    def line(self, name: str, limit: float) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
            took = time.monotonic() - began
            assert took <= limit, f"recovered after {took:.1f} s, limit {limit:.0f} s"
            for case in self.cases:
                case.check()
        except BaseException as fault:
            if isinstance(fault, KeyboardInterrupt):
                raise
            self.failed += 1
            print(f"{name} failed: {type(fault).__name__}: {fault}", flush=True)
        else:
            self.passed += 1
            print(f"{name} passed: recovered in {took:.1f} s (limit {limit:.0f} s)", flush=True)

    def fault(self, name: str, limit: float, act: Callable[[], object]) -> None:
        for turn in range(1, ROUNDS + 1):
            with self.line(f"{name} #{turn}", limit):
                act()
                recovered(self.cases)

    def worker_in_mid_job(self) -> None:
        """S21: verified, then the worker dies: exactly one copy within 60 s."""
        case = self.cases[0]
        for turn in range(1, ROUNDS + 1):
            with self.line(f"kill -9 worker in mid job #{turn}", 60):
                material = verified_material(case)
                kill(self.stack, "flask worker")
                until(lambda material=material: copies(case, material), 60, every=0.2)
                assert len(copies(case, material)) == 1

    def chain(self) -> None:
        with self.line("timeline verify", 60):
            for case in self.cases:
                case.stop()
            command = [sys.executable, "-m", "flask", "--app", "wsgi", "timeline", "verify"]
            env = {**self.environment(), "DATABASE_URL": f"sqlite:///{self.stack.var / 'app.db'}"}
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr

    def environment(self) -> dict[str, str]:
        return psutil.Process(self.stack.process.pid).environ()


def redis_cli(stack: Stack, *words: str) -> None:
    from backend.platform.redis import connect

    server = children(stack, "redis-server")[0]
    command = server.cmdline()
    path = next((c.split(":")[-1] for c in command if c.endswith(".sock")), str(stack.var / "redis.sock"))
    connect(f"unix://{path}?db=0").execute_command(*words)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack:
        cases = [Case(stack.url, f"kefu0{n}", name) for n, name in ((1, "张三"), (2, "李四"), (3, "王小明"))]
        drills = Drills(stack, cases)
        for case in cases:
            case.start()
        drills.fault("kill -9 web", 10, lambda: kill(stack, "gunicorn"))
        drills.fault("kill -9 redis", 10, lambda: kill(stack, "redis-server"))
        drills.fault("FLUSHALL", 60, lambda: redis_cli(stack, "FLUSHALL"))
        drills.worker_in_mid_job()
        drills.chain()
    print(f"drill: {drills.passed} passed, {drills.failed} failed")
    return 1 if drills.failed else 0


if __name__ == "__main__":
    sys.exit(main())
