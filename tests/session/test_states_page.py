"""docs/states.md shows the tables as they are."""

from tools import states


def test_the_page_of_states_is_current() -> None:
    assert states.PAGE.read_text(encoding="utf-8") == states.page(), "run: python -m tools.states"


def test_every_machine_is_on_it() -> None:
    names = {machine.name for _, machine in states.machines()}
    assert {"session", "duty"} <= names
