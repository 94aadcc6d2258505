"""The stand-in does not exist in production."""

import os
import subprocess
import sys

import pytest

from backend.config import Settings
from backend.wechat.sandbox.app import create_sandbox
from tests.platform.test_config import GOOD

CODE = """
import sys
import backend.app, backend.cli, backend.wechat.real, backend.wechat.api, backend.wechat.commands
print([name for name in sys.modules if name.startswith("backend.wechat.sandbox")])
import backend.wechat.sandbox.world
"""


def test_the_sandbox_cannot_be_imported_in_production() -> None:
    env = {**os.environ, "MODE": "production"}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr  # nothing of the product needs it
    assert done.returncode == 1
    assert done.stderr.strip().endswith("ImportError: the WeChat sandbox is not for production")


def test_the_sandbox_is_not_made_with_production_settings() -> None:
    with pytest.raises(RuntimeError):
        create_sandbox(Settings(**GOOD))
