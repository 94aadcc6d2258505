"""The case that everybody tries to reach, made once for all attempts."""

from collections.abc import Iterator

import pytest

from tests.architecture.world import World, build
from tests.conftest import let_go, made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[World]:
    app = made(tmp_path_factory.mktemp("world"), redis_url)
    yield build(app)
    let_go(app)
