"""An office with people at the console."""

import pytest

from tests.actors import Agent, Stage
from tests.office import Office


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


@pytest.fixture
def any_office(any_stage: Stage) -> Office:
    return Office(any_stage)


@pytest.fixture
def supervisor(stage: Stage) -> Agent:
    return stage.agent("班长", roles=("supervisor",))


@pytest.fixture
def admin(stage: Stage) -> Agent:
    return stage.agent("管理员", roles=("admin",))
