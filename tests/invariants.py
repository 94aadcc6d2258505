"""What must be true of the data at any moment (domain.md, Invariants; reliability.md, "Nothing lost").

One checker for property tests, races and fault drills. Call inside an application context; it only reads.
"""

from collections import Counter
from itertools import pairwise

from sqlalchemy import func, select

from backend.booking.machine import ACTIVE
from backend.booking.models import Booking, Slot
from backend.notice.models import Notice
from backend.platform.clock import now
from backend.platform.db import db
from backend.session import duty as duties
from backend.session import timeline
from backend.session.machine import ENDED, LIVE, OPEN, SERVED, State, machine
from backend.session.models import AgentDuty, Consent, ServiceSession, TimelineEvent
from tests import evidence

# The state that an event of the timeline leads to; other kinds leave it as it is.
LEADS_TO = {
    "session.queued": State.WAITING,
    "session.ringing": State.RINGING,
    "session.accepted": State.ACTIVE,
    "session.no_answer": State.WAITING,
    "session.suspended": State.SUSPENDED,
    "session.reconnected": State.WAITING,
    "session.abandoned": State.ABANDONED,
    "session.completed": State.COMPLETED,
}
STEPS = {(s, m.target) for m in machine.moves.values() for s in m.sources}
EVERYTHING_OVER = {"call_state": "idle", "screen_state": "none", "control_state": "none"}


def broken() -> list[str]:
    """Every invariant that does not hold, in words; [] when all is well."""
    db.session.rollback()
    sessions = list(db.session.scalars(select(ServiceSession).execution_options(populate_existing=True)))
    return [*slots(), *one_at_a_time(sessions), *agents(sessions), *bookings(sessions), *consents(sessions),
            *reminders(),
            *(fault for s in sessions for fault in (*chain(s), *history(s), *at_rest(s))),
            *evidence.broken()]  # fmt: skip


def slots() -> list[str]:
    """0 ≤ booked ≤ capacity, and booked is the number of active bookings."""
    query = select(Booking.slot_id, func.count()).where(Booking.state.in_(ACTIVE)).group_by(Booking.slot_id)
    active = dict(db.session.execute(query).all())
    return [
        f"slot {s.id}: booked {s.booked}, capacity {s.capacity}, active bookings {active.get(s.id, 0)}"
        for s in db.session.scalars(select(Slot).execution_options(populate_existing=True))
        if not (0 <= s.booked <= s.capacity and s.booked == active.get(s.id, 0))
    ]


def one_at_a_time(sessions: list[ServiceSession]) -> list[str]:
    """A user has at most one live session, an agent serves at most one, a booking has at most one that is open."""
    users = Counter(s.applicant_id for s in sessions if s.state in LIVE)
    staff = Counter(s.agent_id for s in sessions if s.state in SERVED)
    booked = Counter(s.booking_id for s in sessions if s.state in OPEN)
    return [f"{what} {id} has {n} sessions at once"
            for what, counts in (("user", users), ("agent", staff), ("booking", booked))
            for id, n in counts.items() if n > 1]  # fmt: skip


def agents(sessions: list[ServiceSession]) -> list[str]:
    """An agent is serving exactly when a session rings or is active with that agent."""
    busy = {s.agent_id for s in sessions if s.state in SERVED}
    serving = set(db.session.scalars(select(AgentDuty.id).where(AgentDuty.state == duties.Duty.SERVING)))
    return [f"agent {id}: serving {id in serving}, has a session {id in busy}" for id in busy ^ serving]


def bookings(sessions: list[ServiceSession]) -> list[str]:
    """A booking is queued exactly while a session of it is open."""
    open_ = {s.booking_id for s in sessions if s.state in OPEN}
    queued = set(db.session.scalars(select(Booking.id).where(Booking.state == "queued")))
    return [f"booking {id}: queued {id in queued}, session open {id in open_}" for id in open_ ^ queued]


def reminders() -> list[str]:
    """Nobody is reminded of a booking that is cancelled, moved away or used."""
    to_come = (Notice.kind.in_(["booking_day", "booking_soon"]), Notice.state == "waiting", Notice.due_at > now())
    faults = []
    for key in db.session.scalars(select(Notice.key).where(*to_come)):
        _, booking_id, moved, _ = key.split(":")
        row = db.session.get(Booking, booking_id, populate_existing=True)
        if row is None or row.state != "booked" or row.moved != int(moved):
            faults.append(f"reminder {key}: the booking is {row.state if row else 'gone'}")
    return faults


def consents(sessions: list[ServiceSession]) -> list[str]:
    """Nobody is in or past the line without a consent given before."""
    given = set(db.session.scalars(select(Consent.session_id)))
    return [f"session {s.id} has no consent" for s in sessions if s.id not in given]


def chain(session: ServiceSession) -> list[str]:
    """Numbers without gap or repeat; every hash covers the one before."""
    verdict = timeline.verify(session.id)
    return [] if verdict.ok else [f"session {session.id}: {verdict.fault}"]


def history(session: ServiceSession) -> list[str]:
    """Only legal steps, leading to the state that the session is in."""
    query = select(TimelineEvent.kind).where(TimelineEvent.session_id == session.id).order_by(TimelineEvent.seq)
    path = [LEADS_TO[kind] for kind in db.session.scalars(query) if kind in LEADS_TO]
    faults = [f"session {session.id}: {a} → {b}" for a, b in pairwise(path) if (a, b) not in STEPS]
    if not path or path[0] != State.WAITING or path[-1] != session.state:
        faults.append(f"session {session.id} is {session.state}, its timeline says {path}")
    return faults


def at_rest(session: ServiceSession) -> list[str]:
    """What must be off in a state: no agent while waiting, no call, screen or help outside the active state."""
    faults = []
    if session.state == State.WAITING and session.agent_id:
        faults.append(f"session {session.id} waits and has an agent")
    if session.state in SERVED and not session.agent_id:
        faults.append(f"session {session.id} is {session.state} without an agent")
    if session.state != State.ACTIVE and any(getattr(session, k) != v for k, v in EVERYTHING_OVER.items()):
        faults.append(f"session {session.id} is {session.state} with a call or a screen on")
    if (session.ended_at is not None) != (session.state in ENDED):
        faults.append(f"session {session.id} is {session.state}, ended at {session.ended_at}")
    if session.state == State.COMPLETED and not session.outcome:
        faults.append(f"session {session.id} is completed without an outcome")
    return faults
