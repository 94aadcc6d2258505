"""The home page's figures equal the data to the unit (domain.md, Rule 13; M7)."""

from datetime import UTC, datetime, timedelta

import time_machine
from hypothesis import given
from hypothesis import strategies as st

from backend.identity import staff_accounts
from backend.session import call, pause, reports, service
from backend.staff import figures
from tests.actors import Agent
from tests.office import Office, actor


def test_four_figures(office: Office, admin: Agent) -> None:
    agent, left = office.agent("王老师"), office.agent("李老师")
    office.do(lambda: staff_accounts.change(left.id, active=False).id)
    began = datetime.now(UTC)
    with time_machine.travel(began, tick=False) as clock:
        session_id = office.in_session(office.applicant(), agent)  # on a PC the call starts by itself
        clock.shift(timedelta(minutes=7))
        office.do(lambda: call.end(actor(agent), session_id).id)
        clock.shift(timedelta(minutes=5))
        office.do(lambda: service.complete(actor(agent), session_id, "accepted").id)
        assert office.do(figures.compute_portal) == {"agents": 1, "items": 1, "minutes": 7, "good_rate": None}
    assert admin.client.get("/api/portal/figures").json == {
        "agents": 1,
        "items": 1,
        "minutes": 7,
        "good_rate": None,
    }


def test_a_call_that_is_on_counts_and_a_suspension_ends_it(any_office: Office) -> None:
    office = any_office
    agent, person = office.agent(), office.applicant()
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        session_id = office.in_session(person, agent)
        clock.shift(timedelta(minutes=3))
        assert office.do(reports.call_seconds) == 180
        office.do(lambda: call.start(actor(person), session_id, "applicant-phone").id)
        clock.shift(timedelta(minutes=1))
        office.do(lambda: pause.suspend(actor(person), session_id).id)
        clock.shift(timedelta(minutes=30))
        assert office.do(reports.call_seconds) == 240


def test_figures_of_the_day(any_office: Office) -> None:
    office = any_office
    agent = office.agent()
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        session_id = office.queues(office.applicant())
        clock.shift(timedelta(seconds=40))
        office.takes(agent, session_id)
        office.queues(office.applicant())
        assert office.do(lambda: reports.waits(figures.midnight())) == [40]
        day = office.do(figures.of_day)
        assert (day["waiting"], day["ringing"], day["median_wait_seconds"]) == (1, 1, 40)


MOVES = st.lists(
    st.tuples(st.sampled_from(["call.started", "call.ended", "session.suspended"]), st.integers(0, 600))
)


@given(st.lists(MOVES, max_size=4))
def test_minutes_equal_a_second_by_second_count(sessions: list[list[tuple[str, int]]]) -> None:
    """The sum over stretches is what a clock that ticks each second in a call would show."""
    start = datetime(2026, 11, 25, tzinfo=UTC)
    events, ticks, end = [], 0, 3600 * 24
    for number, moves in enumerate(sessions):
        at, on = 0, False
        for kind, wait in moves:
            at += wait
            ticks += wait if on else 0
            on = kind == "call.started"
            events.append((str(number), kind, start + timedelta(seconds=at)))
        ticks += end - at if on else 0
    assert sum(reports._stretches(events, start + timedelta(seconds=end))) == ticks
