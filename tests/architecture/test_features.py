"""docs/features.md is whole, and what it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = [f"S{n}" for n in range(1, 47)] + [f"M{n}" for n in range(1, 66)]
PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")


def test_every_row_has_a_state() -> None:
    rows = re.findall(r"^\| ([SM]\d+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.M)
    assert [name for name, _, _ in rows] == ROWS
    assert {state.strip() for _, state, _ in rows} <= {"works", "partly", "not yet"}
    for name, state, shown in rows:
        assert state.strip() != "works" or "tests/" in shown, name
        assert state.strip() != "partly" or "issing:" in shown, name


def test_what_is_named_exists() -> None:
    for path, test in re.findall(r"((?:tests|web|bench)/[\w./]*\w)(?:::(\w+))?", PAGE):
        file = ROOT / path
        assert file.exists(), path
        if test:
            assert f"def {test}(" in file.read_text(encoding="utf-8"), f"{path}::{test}"


def test_every_row_of_the_guide_is_a_step_of_the_journeys() -> None:
    from tests.journeys.guide import MINI_FEATURES, MINI_PROGRAM
    from tests.journeys.guide import ROWS as GUIDE

    files = [file for file in (ROOT / "tests" / "journeys").glob("*.py") if file.name != "guide.py"]
    steps = "".join(file.read_text("utf-8") for file in files)
    mini = [f"mini-S{n}" for n in MINI_PROGRAM] + [f"mini-{row}" for row in MINI_FEATURES]
    assert list(GUIDE) == [f"S{n}" for n in range(1, 47)] + mini
    assert set(range(34, 47)) < set(MINI_PROGRAM)  # the phone's part of the guide
    assert set(MINI_FEATURES) < set(ROWS)
    assert [row for row in GUIDE if f'"{row}"' not in steps] == []
