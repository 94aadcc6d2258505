"""What `make test`, `lint`, `unit`, `journey`, `miniprogram`, `bench` and `drill` do: run the steps, count, close.

The last line is `NAME: N passed, N failed`; the exit code is 0 only when nothing failed and something passed.
What failed, and why, stands right above it: a log that was cut to its end still tells.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools.bootstrap import NODE_BIN, ROOT

PYTHON = sys.executable
REPORTS = ROOT / "var" / "reports"
CLOSING = re.compile(r"^(?:[\w-]+: )?(\d+) passed, (\d+) failed\b", re.MULTILINE)
FAULTS = ("failure", "error", "skipped")  # of a test in pytest's report
SEED = "20261125"  # what is drawn at random is drawn again alike; `make miniprogram` and pytest alone draw anew
SPOKEN = 1_200  # characters for all failures at the end


@dataclass(frozen=True)
class Count:
    passed: int = 0
    failed: int = 0
    why: tuple[str, ...] = field(default=(), compare=False)  # a text for each thing that failed

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.why + other.why)


@dataclass(frozen=True)
class Step:
    """A command. `count` reads the counts once it is over; without it the step itself is one check."""

    name: str
    command: list[str]
    folder: Path = ROOT
    count: Callable[[str], Count] | None = None
    quiet: bool = True  # its output is shown only when it fails


def run(step: Step) -> Count:
    began = time.monotonic()
    print(f"── {step.name} …", flush=True)
    code, output = _execute(step)
    try:
        counted = step.count(output) if step.count else Count(1, 0) if code == 0 else Count(0, 1)
    except (OSError, ValueError, Xml.ParseError) as fault:
        print(f"{step.name}: no counts ({fault})")
        counted = Count(0, 1, (f"no counts ({fault})",))
    if code and not counted.failed:
        counted += Count(0, 1)  # it failed outside of what it counts
    if counted.failed:
        why = counted.why or (output[-SPOKEN:].strip(),)
        counted = Count(counted.passed, counted.failed, tuple(f"{step.name}: {text}" for text in why))
    if counted.failed and step.quiet:
        print(output[-12_000:])
    took = time.monotonic() - began
    print(f"── {step.name}: {counted.passed} passed, {counted.failed} failed ({took:.0f} s)", flush=True)
    return counted


def _execute(step: Step) -> tuple[int, str]:
    env = {**os.environ, "PATH": os.pathsep.join([str(NODE_BIN), str(Path(PYTHON).parent), os.environ.get("PATH", "")])}
    lines = []
    with subprocess.Popen(
        step.command,
        cwd=step.folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if not step.quiet:
                print(line, end="", flush=True)
    return process.returncode, "".join(lines)


# ── Counting ────────────────────────────────────────────────────────────────────────────────────────


def junit(path: Path) -> Callable[[str], Count]:
    """Of pytest's report. A skipped test counts as failed: nothing here may be skipped."""

    def count(_: str) -> Count:
        passed = failed = 0
        root = Xml.parse(path).getroot()  # noqa: S314 - our own file
        for suite in root.iter("testsuite"):
            bad = sum(int(suite.get(key, 0)) for key in ("failures", "errors", "skipped"))
            passed, failed = passed + int(suite.get("tests", 0)) - bad, failed + bad
        cases = ((case, fault) for case in root.iter("testcase") for fault in case if fault.tag in FAULTS)
        return Count(passed, failed, tuple(_of_case(case, fault) for case, fault in cases))

    return count


def _of_case(case: Xml.Element, fault: Xml.Element) -> str:
    """Its name, and the lines that pytest marks with E."""
    marked = [line for line in (fault.text or "").splitlines() if line.startswith("E ")] or [fault.get("message", "")]
    return "\n".join([f"{case.get('classname')}::{case.get('name')}", *marked])


def vitest(path: Path) -> Callable[[str], Count]:
    def count(_: str) -> Count:
        report = json.loads(path.read_text())
        passed, total = report["numPassedTests"], report["numTotalTests"]
        cases = [case for file in report["testResults"] for case in file["assertionResults"]]
        bad = [case for case in cases if case["status"] != "passed"]
        why = tuple("\n".join([case["fullName"], *case["failureMessages"]]) for case in bad)
        return Count(passed, total - passed, why)

    return count


def closing(output: str) -> Count:
    """Of the last `N passed, N failed` that a program of ours printed."""
    found = CLOSING.findall(output)
    if not found:
        raise ValueError("no closing line")
    passed, failed = int(found[-1][0]), int(found[-1][1])
    told = [line for line in output.splitlines() if "failed:" in line]
    return Count(passed, failed, ("\n".join([*told, output[-SPOKEN // 2 :].strip()]),) if failed else ())


# ── The steps of each name ──────────────────────────────────────────────────────────────────────────


def lint() -> Count:
    web = ROOT / "web"
    python_side = [
        Step("ruff", [PYTHON, "-m", "ruff", "check", "--quiet", "."]),
        Step("mypy", [PYTHON, "-m", "mypy"]),
        Step("import-linter", ["lint-imports", "--no-cache"]),
    ]
    web_side = [
        Step("vue-tsc", ["npm", "run", "--silent", "typecheck"], web),
        Step("eslint", ["npm", "run", "--silent", "lint"], web),
    ]
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda steps: sum(map(run, steps), Count()), (python_side, web_side))
    return sum(both, Count())


def unit() -> Count:
    python, web = REPORTS / "python.xml", REPORTS / "web.json"
    for old in (python, web):
        old.unlink(missing_ok=True)
    # Three on two cores: many a test waits for a process or a clock.
    pytest = [PYTHON, "-m", "pytest", "-q", "-n", "3", "--dist", "worksteal", "--durations=20"]
    pytest += [f"--hypothesis-seed={SEED}", f"--junitxml={python}"]
    reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={web}"]
    return run(Step("python tests", pytest, count=junit(python), quiet=False)) + run(
        Step("web tests", ["npx", "vitest", "run", *reporters], ROOT / "web", vitest(web))
    )


def own(name: str, module: str) -> Callable[[], Count]:
    """A program of ours that prints its rows and the closing line itself."""
    return lambda: run(Step(name, [PYTHON, "-m", module], count=closing, quiet=False))


journey = own("journey", "tests.journeys")


def pages(*seed: str) -> Count:
    """The mini-program itself: its files, types and logic, then its pages and services at random steps."""
    folder, report = ROOT / "miniprogram", REPORTS / "miniprogram.json"
    report.unlink(missing_ok=True)
    static = [
        Step("project files", ["node", "tests/checks/run.mjs"], folder, closing, quiet=False),
        Step("types", ["npm", "run", "--silent", "typecheck"], folder),
        Step("lint", ["npm", "run", "--silent", "lint"], folder),
    ]
    logic = [Step("logic tests", ["npx", "jest", "--json", f"--outputFile={report}"], folder, vitest(report))]
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda steps: sum(map(run, steps), Count()), (static, logic))
    steps = Step("random steps", [PYTHON, "-m", "tests.miniprogram", *seed], count=closing, quiet=False)
    return sum(both, Count()) + run(steps)


def miniprogram() -> Count:
    """The same with the session core, which `make test` has among the web's, and with every page's states."""
    web, report = ROOT / "web", REPORTS / "shared.json"
    report.unlink(missing_ok=True)
    reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={report}"]
    core = run(Step("shared types", ["npx", "tsc", "--noEmit", "-p", "tsconfig.shared.json"], web)) + run(
        Step("shared tests", ["npx", "vitest", "run", "tests/shared", *reporters], web, vitest(report))
    )
    states = Step("states", [PYTHON, "-m", "tests.miniprogram.states"], count=closing, quiet=False)
    return core + pages() + run(states)


def test() -> Count:
    return lint() + unit() + pages(SEED) + journey()


TARGETS: dict[str, Callable[[], Count]] = {
    "lint": lint,
    "unit": unit,
    "journey": journey,
    "miniprogram": miniprogram,
    "test": test,
    "bench": own("bench", "bench"),
    "drill": own("drill", "tests.drills"),
}


def main(name: str) -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    total = TARGETS[name]()
    for why in total.why[:8]:
        print(f"✗ {why[: SPOKEN // min(len(total.why), 8)]}")
    print(f"{name}: {total.passed} passed, {total.failed} failed", flush=True)
    return 0 if total.passed and not total.failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
