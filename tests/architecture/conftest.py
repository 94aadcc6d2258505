"""The case that everybody tries to reach, made once for all attempts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.app import create_app
from backend.platform.db import db
from backend.platform.redis import connect
from tests.architecture.world import World, build


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    connect(redis_url).flushdb()
    app = create_app(
        mode="test",
        database_url=f"sqlite:///{folder / 'test.db'}",
        redis_url=redis_url,
        storage_url=f"file://{folder / 'files'}",
        check_id_number=False,
        password_memory_kib=1024,
        log_level="WARNING",
    )
    with app.app_context():
        db.create_all()
    yield build(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
