"""What time does to sessions: rings, grace, expiry; presence by HTTP, by sweep and by the clock."""

from datetime import timedelta

import pytest
import time_machine

from backend.platform.clock import now
from backend.platform.db import db
from backend.session import channel, duty, jobs, queue, service
from backend.session.models import ServiceSession
from backend.session.timeline import events, room_of
from tests.office import Office, actor
from tests.session.conftest import sound


def sweep(office: Office) -> None:
    """Every periodic job once, twice: a second run changes nothing."""
    for _ in range(2):
        for job in (jobs.watch_presence, jobs.end_rings, jobs.end_grace, jobs.end_suspensions, jobs.tell_long_lines):
            office.do(job)


def state(office: Office, session_id: str) -> ServiceSession:
    with office.context():
        row = db.session.get_one(ServiceSession, session_id)
        db.session.expunge(row)
        return row


def connected(office: Office, session_id: str, *who: str) -> None:
    """Endpoints are there, as their sockets would say it."""
    from backend.realtime.bus import bus

    with office.context():
        for endpoint in ("agent", "applicant-pc", "applicant-phone"):
            if endpoint in who:
                bus().presence.claim(room_of(session_id), endpoint, f"test-{endpoint}")
            else:
                bus().presence.release(room_of(session_id), endpoint, f"test-{endpoint}")


def test_a_ring_ends_after_thirty_seconds(office: Office) -> None:
    agent, session_id = office.agent(), office.queues(office.applicant())
    office.takes(agent)
    with time_machine.travel(now() + timedelta(seconds=20)):
        office.do(jobs.end_rings)
        assert state(office, session_id).state == "ringing"
    with time_machine.travel(now() + timedelta(seconds=31)):
        sweep(office)
        assert state(office, session_id).state == "waiting"
        assert office.do(lambda: duty.of(agent.id).state) == "idle"
        office.takes(agent)
    with time_machine.travel(now() + timedelta(seconds=62)):
        sweep(office)
        assert state(office, session_id).state == "abandoned"
        sound(office)


def test_a_short_drop_changes_nothing(office: Office) -> None:
    """M19, domain.md: a lost socket is presence, not state."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    connected(office, session_id, "agent", "applicant-pc")
    sweep(office)
    seq = state(office, session_id).last_seq
    connected(office, session_id, "agent")
    office.do(lambda: channel.went(session_id, actor(who)))
    assert state(office, session_id).applicant_lost_at is not None
    assert who.get(f"/sessions/{session_id}")["state"] == "active"  # the page came back and asked
    assert state(office, session_id).applicant_lost_at is None
    assert state(office, session_id).last_seq == seq


def test_one_who_returns_while_the_loss_is_noted_is_not_lost(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new socket arrives between the look at who is there and the note that nobody is."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    looks = iter([["agent"], ["agent", "applicant-pc"]])
    monkeypatch.setattr(channel, "endpoints", lambda session_id: next(looks))
    office.do(lambda: channel.went(session_id, actor(who)))
    assert state(office, session_id).applicant_lost_at is None


def test_beyond_the_grace_the_session_suspends_itself(office: Office) -> None:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    connected(office, session_id, "agent")
    sweep(office)  # finds it without any on_close: the process may have died
    with time_machine.travel(now() + timedelta(seconds=90)):
        office.do(lambda: duty.seen(agent.id))
        office.do(jobs.end_grace)
        assert state(office, session_id).state == "active"
    with time_machine.travel(now() + timedelta(seconds=122)):
        office.do(jobs.end_grace)
        row = state(office, session_id)
        assert (row.state, row.suspended_by) == ("suspended", "system")
        assert office.do(lambda: duty.of(agent.id).state) == "idle"  # free for others
        last = office.do(lambda: events(session_id)[-1])
        assert last["payload"]["cause"] == "connection_lost"
        assert who.post(f"/sessions/{session_id}/reconnect")["state"] == "waiting"
        assert office.takes(agent) == session_id
        sound(office)


def test_a_lost_agent_leaves_the_applicant_at_the_head(office: Office) -> None:
    """P13: the applicant is told, and goes back to the head of the line, for anybody."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    office.queues(office.applicant("李四"))
    connected(office, session_id, "applicant-pc")
    with time_machine.travel(now() + timedelta(seconds=30)):
        office.do(jobs.watch_presence)
        assert state(office, session_id).agent_lost_at is not None
        assert who.get(f"/sessions/{session_id}")["peer"]["online"] is False
    with time_machine.travel(now() + timedelta(seconds=155)):
        sweep(office)
        row = state(office, session_id)
        assert (row.state, row.agent_id) == ("waiting", None)
        with office.context():
            assert queue.line(office.group_id)[0].id == session_id
            assert duty.of(agent.id).state == "offline"
        assert office.takes(office.agent("赵老师")) == session_id
        sound(office)


def test_one_who_closes_the_page_loses_the_place_not_the_ticket(office: Office) -> None:
    """P8: A, B, C, D; B closes: within the grace nothing moves, beyond it C and D move up; B returns behind them."""
    people = [office.applicant(n) for n in ("张三", "李四", "王小明", "欧阳若曦")]
    a, b, c, d = ids = [office.queues(p) for p in people]
    for id in ids:
        connected(office, id, "applicant-pc")
    sweep(office)
    connected(office, b)
    office.do(lambda: channel.went(b, actor(people[1])))
    assert people[1].get(f"/sessions/{b}")["queue"]["ahead"] == 1  # a reload within the grace: the same place
    office.do(lambda: channel.went(b, actor(people[1])))
    with time_machine.travel(now() + timedelta(seconds=121)):
        for id in (a, c, d):
            connected(office, id, "applicant-pc")
        sweep(office)
        with office.context():
            assert [s.id for s in queue.line(office.group_id)] == [a, c, d]
        assert people[3].get(f"/sessions/{d}")["queue"]["ahead"] == 2
        assert people[1].get(f"/sessions/{b}")["queue"]["ahead"] == 3  # the same ticket, behind those who stayed
        with office.context():
            assert [s.id for s in queue.line(office.group_id)] == [a, c, d, b]
    sound(office)


def test_gone_for_half_an_hour_the_ticket_ends(office: Office) -> None:
    who = office.applicant()
    booking_id = office.booked(who)
    session_id = office.queues(who, booking_id)
    sweep(office)
    with time_machine.travel(now() + timedelta(minutes=3)):
        sweep(office)
        assert state(office, session_id).away_at is not None
    with time_machine.travel(now() + timedelta(minutes=34)):
        sweep(office)
        assert state(office, session_id).state == "abandoned"
        sound(office)
    assert who.get(f"/bookings/{booking_id}")["state"] == "booked"


def test_an_agent_leaves_and_returns_and_nobody_is_stuck(office: Office) -> None:
    """S09: the console closes and opens again, or another agent comes: same place, same time of joining."""
    agent, session_id = office.agent(), office.queues(office.applicant())
    before = state(office, session_id)
    office.do(lambda: duty.go(actor(agent), "offline").id)
    office.do(lambda: duty.go(actor(agent), "idle").id)
    after = state(office, session_id)
    assert (after.line_at, after.waiting_since) == (before.line_at, before.waiting_since)
    assert office.takes(office.agent("赵老师")) == session_id


def test_no_ghosts(office: Office) -> None:
    """P12: a console that is silent for 20 s is offline, and the number of agents falls."""
    agent, who = office.agent(), office.applicant()
    session_id = office.queues(who)
    assert who.get(f"/sessions/{session_id}")["queue"]["agents_online"] == 1
    with time_machine.travel(now() + timedelta(seconds=21)):
        office.do(jobs.watch_agents)
        assert office.do(lambda: duty.of(agent.id).state) == "offline"
        assert who.get(f"/sessions/{session_id}")["queue"]["agents_online"] == 0


def test_a_suspension_runs_out(office: Office) -> None:
    """M50: five workdays, then the case is over."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    until = who.post(f"/sessions/{session_id}/suspend", {"reason": "材料不全"})["suspended"]["expires_at"]
    row = state(office, session_id)
    assert row.suspend_until is not None
    assert str(row.suspend_until.date()) in until
    assert row.suspend_until - now() >= timedelta(days=5)
    with time_machine.travel(row.suspend_until + timedelta(seconds=1)):
        sweep(office)
        assert state(office, session_id).state == "abandoned"
        assert service.machine.allowed("abandoned", "applicant") == []
        sound(office)


def test_the_estimate_follows_recent_sessions(office: Office) -> None:
    """M16: a range from how long the last ones took; more agents, shorter."""
    with office.context(), service.unit_of_work():
        for n, minutes in enumerate((8, 9, 10, 11, 12)):
            db.session.add(ended(office, f"old{n}", minutes * 60))
    agents = [office.agent() for _ in range(2)]
    for n, agent in enumerate(agents):
        office.in_session(office.applicant(f"张{n}"), agent)
    with office.context():
        figures = queue.figures(office.group_id)
        assert figures.wait(1) == (9, 12)  # two turns for two agents: one handling time
        assert figures.wait(9) == (43, 58)
    office.agent()
    with office.context():
        assert queue.figures(office.group_id).wait(0) == (0, 1)


def ended(office: Office, name: str, seconds: int) -> ServiceSession:
    return ServiceSession(
        number=name, applicant_id=name, applicant_name="张*", booking_id=name, state="completed", outcome="accepted",
        item_id=office.item_id, item_name="教师资格认定", skill_group_id=office.group_id, served_seconds=seconds,
        line_slot_at=now(), line_at=now(), waiting_since=now(), ended_at=now(),
    )  # fmt: skip
