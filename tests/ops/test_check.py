"""The closing line tells the truth, and set-up steps are done once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ops.process import ROOT
from tools import bootstrap, check
from tools.check import Count, Step


def step(code: str, **more: object) -> Step:
    return Step("step", [sys.executable, "-c", code], **more)  # type: ignore[arg-type]


def test_a_step_counts_itself_by_its_exit_code() -> None:
    assert check.run(step("")) == Count(1, 0)
    assert check.run(step("raise SystemExit(3)")) == Count(0, 1)


def test_a_program_of_ours_counts_by_its_last_closing_line() -> None:
    code = "print('S1 passed: x'); print('part: 9 passed, 9 failed'); print('journey: 46 passed, 1 failed'); exit(1)"
    assert check.run(step(code, count=check.closing)) == Count(46, 1)


def test_a_failure_outside_of_the_counts_is_a_failure() -> None:
    assert check.run(step("print('x: 3 passed, 0 failed'); exit(1)", count=check.closing)) == Count(3, 1)
    assert check.run(step("pass", count=check.closing)) == Count(0, 1)


def test_a_skipped_test_counts_as_failed(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    report.write_text('<testsuites><testsuite tests="5" failures="1" errors="1" skipped="1"/></testsuites>')
    assert check.junit(report)("") == Count(2, 3)


def test_what_failed_is_told_above_the_closing_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of a log is often all that one gets to see."""
    report = tmp_path / "r.xml"
    report.write_text(
        '<testsuites><testsuite tests="2" failures="1"><testcase classname="tests.a" name="good"/>'
        '<testcase classname="tests.a" name="bad"><failure message="m">x\nE   assert 1 == 2\ny</failure></testcase>'
        "</testsuite></testsuites>"
    )
    steps = [
        step("", count=check.junit(report)),
        step("print('S3 failed: 页'); print('journey: 1 passed, 1 failed'); exit(1)", count=check.closing),
        step("print('details'); exit(3)"),
        step("print('a: 2 passed, 0 failed')", count=check.closing),
    ]
    monkeypatch.setitem(check.TARGETS, "all", lambda: sum(map(check.run, steps), Count()))
    assert check.main("all") == 1
    assert capsys.readouterr().out.split("✗ ")[1:] == [
        "step: tests.a::bad\nE   assert 1 == 2\n",
        "step: S3 failed: 页\nS3 failed: 页\njourney: 1 passed, 1 failed\n",
        "step: details\nall: 4 passed, 3 failed\n",
    ]


def test_no_test_at_all_is_no_success(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(check.TARGETS, "nothing", Count)
    assert check.main("nothing") == 1
    assert capsys.readouterr().out == "nothing: 0 passed, 0 failed\n"


def test_the_hash_of_sources_follows_names_and_contents_and_no_by_products(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    source = tmp_path / "web" / "a.ts"
    source.parent.mkdir()
    source.write_text("1")
    first = bootstrap.digest([tmp_path / "web"])
    (tmp_path / "web" / "node_modules").mkdir()
    (tmp_path / "web" / "node_modules" / "b.ts").write_text("1")
    assert bootstrap.digest([tmp_path / "web"]) == first
    source.write_text("2")
    second = bootstrap.digest([tmp_path / "web"])
    source.rename(tmp_path / "web" / "c.ts")
    assert len({first, second, bootstrap.digest([tmp_path / "web"])}) == 3


@pytest.mark.parametrize(
    ("version", "good"),
    [("v18.19.0", False), ("v20.18.3", False), ("v20.19.0", True), ("v22.11.0", False), ("v22.12.0", True)],
)
def test_which_node_will_do(tmp_path: Path, version: str, good: bool) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert bootstrap.node_is_good(str(node)) is good


def test_no_node_will_not_do() -> None:
    assert not bootstrap.node_is_good(None)
    assert not bootstrap.node_is_good("/nonexistent/node")


def test_a_step_that_fails_ends_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses() -> None:
        bootstrap.run([sys.executable, "-c", "print('details'); exit(1)"], failed="做不了")

    monkeypatch.setitem(bootstrap.STEPS, "refuses", refuses)
    assert bootstrap.main(["refuses"]) == 1
    assert capsys.readouterr().err.splitlines() == ["details", "✗ 做不了"]


def test_make_help_explains_every_target() -> None:
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "lint", "unit", "journey", "drill", "bench", "miniprogram", "setup", "lock", "clean"):
        assert f"  make {target} " in text
    makefile = (ROOT / "Makefile").read_text()
    assert set(check.TARGETS) <= {line.split(":")[0] for line in makefile.splitlines() if ": " in line}


def test_lock_files_name_no_registry() -> None:
    for lock in ROOT.glob("*/package-lock.json"):
        assert '"resolved"' not in lock.read_text()
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        assert "://" not in (ROOT / name).read_text()
