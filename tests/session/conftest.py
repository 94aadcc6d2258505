"""An office for the tests of a session."""

import pytest

from tests.actors import Stage
from tests.invariants import broken
from tests.office import Office


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


@pytest.fixture
def any_office(any_stage: Stage) -> Office:
    """The office on SQLite and on PostgreSQL: races and invariants."""
    return Office(any_stage)


def sound(office: Office) -> None:
    """Every invariant holds."""
    assert office.do(broken) == []
