"""Many at once, on SQLite and on PostgreSQL: S07, S08, S13, P8, P11 and the invariants of domain.md."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select

from backend.platform.db import db
from backend.platform.errors import DomainError
from backend.session import chat, duty, pause, queue, service, timeline
from backend.session.models import Consent, ServiceSession, TimelineEvent
from tests.actors import Agent
from tests.office import Office, actor
from tests.session.conftest import sound


def at_once(office: Office, verbs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all verbs at the same instant, each as a request of its own: its result, or the code it was refused with."""
    results: list[Any] = [None] * len(verbs)
    gate = threading.Barrier(len(verbs))

    def run(n: int) -> None:
        with office.context():
            gate.wait(30)
            try:
                results[n] = verbs[n]()
            except DomainError as refusal:
                results[n] = refusal.code

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(verbs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
        assert not t.is_alive(), "stuck"
    return results


def agents_online(office: Office, count: int) -> list[Agent]:
    """`count` agents that are there; made in one go, passwords are slow to hash."""
    people = [Agent(office.app, "", f"客服{n}", f"agent{n:02d}") for n in range(count)]
    for person in people:
        office.do(lambda person=person: duty.go(actor(person), "idle").id)
    return people


def test_fifty_agents_press_at_once_and_one_wins(any_office: Office) -> None:
    """P11: one gets the applicant, 49 are told that somebody was faster."""
    session_id = any_office.queues(any_office.applicant())
    agents = agents_online(any_office, 50)
    results = at_once(any_office, [lambda a=a: service.accept(actor(a), session_id).id for a in agents])
    assert sorted(set(results)) == sorted({session_id, "already_taken"})
    assert results.count(session_id) == 1
    with any_office.context():
        assert [d.state for d in duty.everyone()].count("serving") == 1
    sound(any_office)


def test_agents_take_the_next_at_once(any_office: Office) -> None:
    """S07: nobody has two agents, no agent two applicants, a loser gets the next one."""
    ids = [any_office.queues(any_office.applicant(f"张{n}")) for n in range(10)]
    agents = agents_online(any_office, 4)
    served: list[str] = []
    while len(served) < len(ids):
        got = at_once(any_office, [lambda a=a: service.take_next(actor(a)).id for a in agents])
        taken = [g for g in got if g in ids]
        assert len(taken) == min(4, len(ids) - len(served))
        assert len(set(taken)) == len(taken)
        sound(any_office)
        for session_id in taken:
            any_office.do(lambda s=session_id: finish(s))
        for a in agents:
            any_office.do(lambda a=a: duty.wrap_up_done(actor(a)))
        served += taken
    assert sorted(served) == sorted(ids)


def finish(session_id: str) -> None:
    row = db.session.get_one(ServiceSession, session_id)
    from backend.platform.auth import Actor

    applicant = Actor("applicant", row.applicant_id, "张三", "login")
    agent = Actor("staff", row.agent_id or "", "客服", "login", frozenset({"agent"}))
    service.answer(applicant, session_id)
    service.complete(agent, session_id, "accepted")


def test_one_agent_presses_twice(any_office: Office) -> None:
    """A double click takes one applicant, not two."""
    for n in range(3):
        any_office.queues(any_office.applicant(f"张{n}"))
    (agent,) = agents_online(any_office, 1)
    results = at_once(any_office, [lambda: service.take_next(actor(agent)).id for _ in range(6)])
    assert results.count("agent_not_idle") == 5
    sound(any_office)


def test_joining_again_and_again_is_one_ticket(any_office: Office) -> None:
    """S08: PC, then phone, then five at once: the same session, the same place, no error."""
    person = any_office.applicant()
    booking_id = any_office.booked(person)
    any_office.queues(any_office.applicant("李四"))
    join = lambda: service.join(actor(person), booking_id, any_office.ticks, materials_ready=True).id  # noqa: E731
    first = at_once(any_office, [join] * 5)
    assert len(set(first)) == 1
    assert at_once(any_office, [join] * 3) == first[:3]
    with any_office.context():
        session = db.session.get_one(ServiceSession, first[0])
        assert queue.ahead_of(session) == 1
        assert len(queue.line(any_office.group_id)) == 2
        assert db.session.scalar(select(func.count()).where(Consent.session_id == session.id)) == 2
    sound(any_office)


def test_two_bookings_one_session(any_office: Office) -> None:
    """A user is in one line at a time, whatever is pressed at once."""
    person = any_office.applicant()
    with any_office.context(), service.unit_of_work():
        other_item = any_office.new_item("440304T002", "教师资格证书补发", "440304000", category(any_office))
        slots = [any_office.slot_id, any_office.new_slot(minutes_ago=10, hours=1)]
    first = any_office.booked(person)
    any_office.item_id = other_item
    second = any_office.booked(person, slots[1])
    verbs = [lambda b=b: service.join(actor(person), b, any_office.ticks, materials_ready=True).id
             for b in (first, second) for _ in range(4)]  # fmt: skip
    results = at_once(any_office, verbs)
    assert len(set(results) - {"session_open"}) == 1
    sound(any_office)


def category(office: Office) -> str:
    from backend.catalog.models import Category

    return db.session.scalars(select(Category.id)).one()


def test_answer_against_the_end_of_the_ring(any_office: Office) -> None:
    """The applicant answers, declines, and the agent takes the ring back, all at once: one of them holds."""
    agents = agents_online(any_office, 1)
    for n in range(8):
        person = any_office.applicant(f"张{n}")
        session_id = any_office.queues(person)
        any_office.takes(agents[0], session_id)
        at_once(any_office, [
            lambda: service.answer(actor(person), session_id).state,  # noqa: B023
            lambda: service.decline(actor(person), session_id).state,  # noqa: B023
            lambda: service.cancel_ring(actor(agents[0]), session_id).state,  # noqa: B023
        ])  # fmt: skip
        sound(any_office)
        with any_office.context():
            state = db.session.get_one(ServiceSession, session_id).state
        if state == "active":
            any_office.do(lambda: service.complete(actor(agents[0]), session_id, "advice").id)  # noqa: B023
            any_office.do(lambda: duty.wrap_up_done(actor(agents[0])))
        else:
            any_office.do(lambda: service.leave(actor(person), session_id).id)  # noqa: B023


def test_messages_from_both_sides_have_no_gap(any_office: Office) -> None:
    """200 lines from two people at once, every one sent twice: each stored once, numbers without a gap (S13, P15)."""
    person, (agent,) = any_office.applicant(), agents_online(any_office, 1)
    session_id = any_office.in_session(person, agent)
    sides = (actor(person), actor(agent))
    lines = [(side, f"m{n}") for n in range(50) for side in sides]
    before = any_office.do(lambda: timeline.events(session_id)[-1]["seq"])
    verbs = [lambda s=s, m=m: chat.say(s, session_id, m, text=m).seq for s, m in lines for _ in range(2)]
    results: list[int] = []
    for start in range(0, len(verbs), 50):
        results += at_once(any_office, verbs[start : start + 50])
    assert sorted(set(results)) == list(range(before + 1, before + 101))
    assert all(results[n] == results[n + 1] for n in range(0, len(results), 2))  # the same number both times
    with any_office.context():
        stored = db.session.scalar(select(func.count()).where(TimelineEvent.session_id == session_id))
        assert stored == before + 100
    sound(any_office)


def test_suspend_and_complete_and_lost_at_once(any_office: Office) -> None:
    (agent,) = agents_online(any_office, 1)
    for _ in range(5):
        session_id = any_office.in_session(any_office.applicant(), agent)
        results = at_once(any_office, [
            lambda: pause.suspend(actor(agent), session_id).id,  # noqa: B023
            lambda: service.complete(actor(agent), session_id, "advice").id,  # noqa: B023
            lambda: pause.connection_lost(session_id).id,  # noqa: B023
            lambda: pause.agent_lost(session_id).id,  # noqa: B023
        ])  # fmt: skip
        assert results.count("not_allowed_now") + results.count("not_your_session") + results.count("not_found") == 3
        sound(any_office)
        any_office.do(lambda: duty.wrap_up_done(actor(agent)))
        any_office.do(lambda: duty.go(actor(agent), "idle").id)
