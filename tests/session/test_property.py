"""Random verbs of two applicants and two agents, with dropped, repeated and disordered messages and a moving clock.

After every step all invariants hold, a refused verb has changed nothing, and every page that is connected shows what is
stored; in the end the pages that were cut off catch up and both sides have the same list without a gap.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import time_machine
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import event as note_for_statistics
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from backend.booking.models import Booking
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db
from backend.platform.errors import DomainError
from backend.realtime.bus import bus
from backend.session import call, channel, chat, duty, handover, jobs, mine, pause, queue, service, timeline
from backend.session.models import ServiceSession
from backend.session.timeline import hide, room_of
from backend.session.view import view
from tests.actors import Applicant, Stage
from tests.invariants import broken
from tests.office import Office, actor

APPLICANTS, AGENTS = st.integers(0, 1), st.integers(0, 1)
ANYONE = st.tuples(st.sampled_from(["applicant", "agent"]), st.integers(0, 1))
FATES = st.sampled_from(["arrives", "arrives", "arrives", "lost", "twice", "late"])
VERBS: dict[str, Callable[[Actor, str, int], Any]] = {
    "take": lambda who, id, n: service.take_next(who),
    "answer": lambda who, id, n: service.answer(who, id, "applicant-phone" if n % 3 == 0 else "applicant-pc"),
    "decline": lambda who, id, n: service.decline(who, id),
    "leave": lambda who, id, n: service.leave(who, id),
    "reconnect": lambda who, id, n: pause.reconnect(who, id),
    "suspend": lambda who, id, n: pause.suspend(who, id, "材料不全", ["身份证"]),
    "cancel-ring": lambda who, id, n: service.cancel_ring(who, id),
    "complete": lambda who, id, n: service.complete(who, id, "accepted", "已受理"),
    "note": lambda who, id, n: service.note(who, id, "证件清晰"),
    "send": lambda who, id, n: chat.say(who, id, f"m{n}", text=f"第{n}句"),
    "call.start": lambda who, id, n: call.start(who, id, "applicant-pc"),
    "call.end": lambda who, id, n: call.end(who, id),
    "handover": lambda who, id, n: handover.invite(who, id),
    **{f"screen.{step}": lambda who, id, n, step=step: call.screen(who, id, step, "monitor" if n % 4 else "window")
       for step in call.SCREEN},
    **{f"control.{step}": lambda who, id, n, step=step: call.control(who, id, step) for step in call.CONTROL},
}  # fmt: skip


# How often each is chosen, so that lives get long.
OFTEN = {"leave": 1, "decline": 1, "complete": 1, "suspend": 1, "handover": 1, "answer": 20, "send": 8, "call.start": 4}


class Page:
    """One side's page of one session: what miniprogram/shared does with numbered events."""

    def __init__(self, session_id: str, who: Actor) -> None:
        self.session_id, self.who, self.connected = session_id, who, True
        self.events: list[dict[str, Any]] = []

    def hear(self, message: dict[str, Any]) -> None:
        event = (message if self.who.staff else hide(message))["event"]
        if event["seq"] == len(self.events) + 1:
            self.events.append({k: v for k, v in event.items() if k != "audience"})
        elif event["seq"] > len(self.events) + 1:
            self.catch_up()

    def catch_up(self) -> None:
        self.events += timeline.events(self.session_id, len(self.events), staff=self.who.staff)


class Life(RuleBasedStateMachine):
    """The office of one example."""

    office: Office  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(now(), tick=True)
        self.shift = self.clock.start().shift
        self.pages: dict[tuple[str, str], Page] = {}
        self.sent: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        self.said = 0
        self.published = timeline.publish
        timeline.publish = lambda room, message: self.sent.append(message)  # type: ignore[assignment]

    @initialize()
    def people_come(self) -> None:
        with self.office.context():
            bus().redis.flushdb()
            for table in ("timeline_event", "consent", "service_session", "agent_duty", "booking", "audit_entry"):
                db.session.execute(db.metadata.tables[table].delete())
            db.session.execute(db.metadata.tables["slot"].update().values(booked=0))
            db.session.commit()
        self.applicants = [self.office.applicant("张三"), self.office.applicant("李四")]
        self.agents = [Actor("staff", f"agent-{n}", f"客服{n}", "login", frozenset({"agent"})) for n in range(2)]
        for agent in self.agents:
            self.office.do(lambda agent=agent: duty.go(agent, "idle").id)

    def teardown(self) -> None:
        try:
            with self.office.context():
                for page in self.pages.values():
                    page.catch_up()
                    assert [e["seq"] for e in page.events] == list(range(1, len(page.events) + 1))
                    assert page.events == timeline.events(page.session_id, staff=page.who.staff)
        finally:
            timeline.publish = self.published  # type: ignore[assignment]
            self.clock.stop()

    # --- what every step does -------------------------------------------------------------------------------

    def act(self, verb: Callable[[], Any], fate: str = "arrives") -> None:
        """Run a verb; a refusal must leave nothing behind. Then its events travel, well or badly."""
        with self.office.context():
            before = self.numbers()
            try:
                verb()
            except DomainError:
                db.session.rollback()
                assert self.numbers() == before, "a refused verb left something"
                assert self.sent == [], "a refused verb was announced"
            sent, self.sent = self.sent, []
            self.travel(sent, fate)

    def numbers(self) -> dict[str, tuple[str, int]]:
        db.session.rollback()
        rows = db.session.execute(select(ServiceSession.id, ServiceSession.state, ServiceSession.last_seq))
        return {id: (state, seq) for id, state, seq in rows}

    def travel(self, sent: list[dict[str, Any]], fate: str) -> None:
        for message in sent:
            note_for_statistics(message["event"]["kind"])
            for who in self.parties(message["room"].removeprefix("session:")):
                self.pages.setdefault((message["room"], who.id), Page(message["room"].removeprefix("session:"), who))
        arriving = {"arrives": sent, "lost": [], "twice": sent + sent, "late": sent[::-1]}[fate]
        for message in arriving:
            for (room, _), page in self.pages.items():
                if room == message["room"] and page.connected:
                    page.hear(message)

    def parties(self, session_id: str) -> list[Actor]:
        row = db.session.get_one(ServiceSession, session_id, populate_existing=True)
        people = [actor(p) for p in self.applicants if p.id == row.applicant_id]
        return people + [a for a in self.agents if a.id == row.agent_id]

    def mine(self, person: Applicant) -> str:
        """The applicant's session, or one that is not there."""
        with self.office.context():
            query = select(ServiceSession.id).where(ServiceSession.applicant_id == person.id)
            return db.session.scalar(query.order_by(ServiceSession.id.desc())) or "none"

    def somebody(self, who: tuple[str, int]) -> tuple[Actor, str]:
        """A person and the session they have in hand, last or not at all."""
        kind, n = who
        if kind == "applicant":
            return actor(self.applicants[n]), self.mine(self.applicants[n])
        with self.office.context():
            query = select(ServiceSession.id).where(ServiceSession.agent_id == self.agents[n].id)
            return self.agents[n], db.session.scalar(query.order_by(ServiceSession.id.desc())) or "none"

    # --- verbs -------------------------------------------------------------------------------------------------

    def join(self, n: int) -> None:
        person = self.applicants[n]
        with self.office.context():
            query = select(Booking.id).where(Booking.user_id == person.id, Booking.state.in_(("booked", "queued")))
            booking_id = db.session.scalar(query)
        booking_id = booking_id or self.office.booked(person)
        self.act(lambda: service.join(actor(person), booking_id, self.office.ticks, materials_ready=True))

    def possible(self) -> list[tuple[Actor, str, str]]:
        """Everything that the views offer to anybody now: person, session, action."""
        found = []
        for who in (("applicant", 0), ("applicant", 1), ("agent", 0), ("agent", 1)):
            person, session_id = self.somebody(who)
            with self.office.context(), suppress(DomainError):
                shown = view(service.get_for(person, session_id), person)
                offered = [action for action in shown["actions"] if action in VERBS]
                found += [(person, session_id, action) for action in offered for _ in range(OFTEN.get(action, 2))]
        with self.office.context():
            idle = [a for a in self.agents if duty.of(a.id).state == "idle" and queue.candidates(a.id, [])]
        found += [(agent, "", "take") for agent in idle for _ in range(10)]
        idle_people = [p for p in self.applicants if not self.office.do(lambda: mine.open_of(actor(p)))]  # noqa: B023
        return found + [(actor(p), "", "join") for p in idle_people for _ in range(3)]

    @rule(n=APPLICANTS)
    def somebody_comes(self, n: int) -> None:
        self.join(n)

    @rule(n=AGENTS, fate=FATES)
    def take_next(self, n: int, fate: str) -> None:
        self.act(lambda: duty.wrap_up_done(self.agents[n]))
        self.act(lambda: duty.go(self.agents[n], "idle"))
        self.act(lambda: service.take_next(self.agents[n]), fate)

    @rule(n=AGENTS, who=APPLICANTS)
    def take_named(self, n: int, who: int) -> None:
        session_id = self.mine(self.applicants[who])
        self.act(lambda: service.accept(self.agents[n], session_id))

    @rule(n=AGENTS, state=st.sampled_from(["idle", "break", "offline"]))
    def go(self, n: int, state: str) -> None:
        self.act(lambda: duty.go(self.agents[n], state))

    @rule(n=APPLICANTS, fate=FATES)
    def answer(self, n: int, fate: str) -> None:
        person, session_id = self.somebody(("applicant", n))
        self.act(lambda: service.answer(person, session_id), fate)

    @rule(picks=st.lists(st.integers(0, 999), min_size=1, max_size=12), fate=FATES)
    def do_what_is_offered(self, picks: list[int], fate: str) -> None:
        for pick in picks:
            if offered := self.possible():
                person, session_id, action = offered[pick % len(offered)]
                self.said += 1
                if action == "join":
                    self.join([p.id for p in self.applicants].index(person.id))
                else:
                    self.act(lambda: VERBS[action](person, session_id, self.said), fate)  # noqa: B023

    @rule(who=ANYONE, verb=st.sampled_from(sorted(VERBS)), fate=FATES)
    def do_anything(self, who: tuple[str, int], verb: str, fate: str) -> None:
        """Often not allowed now, or not to this person; a message number may be one that was used before."""
        person, session_id = self.somebody(who)
        self.act(lambda: VERBS[verb](person, session_id, self.said), fate)

    # --- the world ------------------------------------------------------------------------------------------

    @rule(who=ANYONE)
    def drop(self, who: tuple[str, int]) -> None:
        """A line breaks: no close frame, no callback."""
        person, session_id = self.somebody(who)
        if page := self.pages.get((room_of(session_id), person.id)):
            page.connected = False
        with self.office.context():
            for endpoint in ("agent",) if person.staff else ("applicant-pc", "applicant-phone"):
                bus().presence.release(room_of(session_id), endpoint, person.id)

    @rule(who=ANYONE)
    def come_back(self, who: tuple[str, int]) -> None:
        """Replay after the last number, then live."""
        person, session_id = self.somebody(who)
        if session_id == "none":
            return
        endpoint = "agent" if person.staff else "applicant-pc"
        with self.office.context():
            bus().presence.claim(room_of(session_id), endpoint, person.id)
        self.act(lambda: channel.came(session_id, person))
        if page := self.pages.get((room_of(session_id), person.id)):
            page.connected = True
            with self.office.context():
                page.catch_up()

    @rule(seconds=st.sampled_from([1, 5, 31, 60, 121]))
    def time_passes(self, seconds: int) -> None:
        self.shift(timedelta(seconds=seconds))
        for sweep in (jobs.watch_presence, jobs.end_rings, jobs.end_grace, jobs.end_suspensions, jobs.watch_agents):
            self.act(sweep)

    # --- what holds at any moment ------------------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        with self.office.context():
            assert broken() == []

    @invariant()
    def both_sides_see_the_same(self) -> None:
        with self.office.context():
            for (_, _), page in self.pages.items():
                with suppress(DomainError):
                    session = service.get_for(page.who, page.session_id)
                    shown = view(session, page.who)
                    stored = {k: getattr(session, k) for k in ("state", "outcome")} | {"seq": session.last_seq}
                    assert {k: shown[k] for k in stored} == stored


def test_any_life_keeps_every_invariant(any_app: APIFlask) -> None:
    office = Office(Stage(any_app), capacity=100_000)
    machine = type("Life", (Life,), {"office": office})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # add Phase.shrink to look at a failure; it is slow
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
