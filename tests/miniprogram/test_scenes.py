"""The random breaks of `python -m tests.miniprogram` leave no page out and respect what a scene says."""

from __future__ import annotations

import random

from tests.miniprogram.__main__ import PAGE_RUNS
from tests.miniprogram.pages import DEATHS, SERVER_FAULTS, drawn
from tests.miniprogram.scenes import SCENES, missing
from tests.miniprogram.shots import all_pages


def test_every_page_of_the_app_is_opened() -> None:
    assert missing(all_pages()) == set()
    assert missing([*all_pages(), "pages/new/new"]) == {"pages/new/new"}


def test_every_scene_is_played_whatever_the_seed() -> None:
    for seed in range(50):
        runs = drawn(random.Random(seed), PAGE_RUNS)
        assert len(runs) == PAGE_RUNS
        assert {run.scene for run in runs} == set(SCENES)
        assert sum(run.fault in SERVER_FAULTS for run in runs) == DEATHS
        assert not [str(run) for run in runs if run.fault in run.scene.never]
        assert not [str(run) for run in runs if run.early and run.scene.act]


def test_a_seed_repeats_its_runs() -> None:
    assert [str(r) for r in drawn(random.Random(7), 50)] == [str(r) for r in drawn(random.Random(7), 50)]
