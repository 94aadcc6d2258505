"""`make miniprogram`'s checks find what they are for: every fault is planted in one copy of the mini-program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.bootstrap import ROOT

MINIPROGRAM = ROOT / "miniprogram"


def edit(file: str, before: str, after: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        path = root / file
        text = path.read_text()
        assert before in text, f"{file} has no {before!r} to change"
        path.write_text(text.replace(before, after, 1))

    return act


def drop(file: str) -> Callable[[Path], None]:
    return lambda root: (root / file).unlink()


def add(file: str, text: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)

    return act


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a page without template": (drop("packages/me/scan/scan.wxml"), "packages/me/scan/scan.wxml is missing"),
    "a page nobody leads to": (
        edit("app.json", '"pages/me/me"]', '"pages/me/me", "pages/x/x"]'),
        "nothing leads to pages/x/x",
    ),
    "a wrong appid": (edit("project.config.json", "touristappid", "wx123"), "appid wx123"),
    "tests packed": (edit("project.config.json", '"tests"', '"test"'), "tests is packed"),
    "a private API not named": (
        edit("app.json", '"chooseAddress"', '"chooseLocation"'),
        "chooseAddress is not in requiredPrivateInfos",
    ),
    "consent unchecked": (
        edit("app.json", '"__usePrivacyCheck__": true', '"__usePrivacyCheck__": false'),
        "__usePrivacyCheck__ is off",
    ),
    "a template fault": (edit("pages/me/me.wxml", "<view", "<view class={{</x"), "pages/me/me.wxml:1:"),
    "a handler that is not there": (
        edit("pages/home/home.wxml", 'bindtap="', 'bindtap="nobody'),
        'tap="nobody',
    ),
    "a component gone": (drop("components/tick/tick.js"), "<tick>"),
    "a component unused": (
        edit(
            "packages/me/agreement/agreement.json",
            "{",
            '{"usingComponents": {"auth-image": "/components/auth-image/auth-image"},',
        ),
        "<auth-image> is not used",
    ),
    "an unknown wx name": (edit("app.js", "App({", "wx.flyToMoon()\nApp({"), "wx.flyToMoon"),
    "a newer API unguarded": (
        edit("app.js", "App({", "wx.getPrivacySetting({})\nApp({"),
        "wx.getPrivacySetting needs 2.32.3",
    ),
    "a reach over the border": (
        edit("pages/me/me.js", "import ", "import '../../packages/session/room/view.js'\nimport "),
        "reaches into packages/session",
    ),
    "a local picture in a style": (
        edit("app.wxss", "page {", "page { background: url(/assets/tabs/me.png);"),
        "local picture",
    ),
    "a theme colour in light alone": (
        edit("app.json", '"@navBackground"', '"@nowhere"'),
        "@nowhere is not in dark",
    ),
    "too heavy": (add("assets/big.txt", "x" * 1_600_000), "main: "),
}


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", str(MINIPROGRAM / "tests" / "checks" / "run.mjs"), str(root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy") / "miniprogram"
    shutil.copytree(MINIPROGRAM, root, ignore=shutil.ignore_patterns("node_modules", "tests"))
    (root / "node_modules").symlink_to(MINIPROGRAM / "node_modules")
    return root


@pytest.fixture(scope="module")
def found(copy: Path) -> str:
    """What is told of a copy with all faults; as it was before, nothing was found."""
    clean = check(copy)
    assert clean.returncode == 0, clean.stdout
    for plant, _ in FAULTS.values():
        plant(copy)
    done = check(copy)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str, found: str) -> None:
    assert FAULTS[name][1] in found, found
