"""A small office: one item with its texts and a slot that is running now; people get to a session in one verb.

For tests of everything that happens in a session; booking itself is tested in tests/booking.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, TypeVar

from backend.booking.models import Booking, Slot
from backend.catalog.models import Category, ConsentText, Item, MaterialRequirement, Region, SkillGroup
from backend.platform.auth import Actor
from backend.platform.clock import now, today
from backend.platform.db import db, unit_of_work
from backend.session import duty, service
from backend.session.gate import Agreed
from tests.actors import Agent, Applicant, Stage

T = TypeVar("T")


class Office:
    """The item `item_id` of the group `group_id`; `slot_id` runs from half an hour ago for three hours."""

    def __init__(self, stage: Stage, *, capacity: int = 200) -> None:
        self.stage, self.app = stage, stage.app
        yesterday = now() - timedelta(days=1)
        with self.context(), unit_of_work():
            self.group_id = self._add(SkillGroup(name="教师资格")).id
            region = self._add(Region(code="440304000", name="区本级", parent_code=None))
            category = self._add(Category(name="教育"))
            self.item_id = self.new_item("440304T001", "初中、小学、幼儿园教师资格认定", region.code, category.id)
            self._add(MaterialRequirement(item_id=self.item_id, order=1, name="身份证", note="正反面"))
            self.texts = [
                self._add(ConsentText(kind=kind, version=1, title=title, body=title, effective_at=yesterday))
                for kind, title in (("authorisation", "视频办用户授权确认"), ("guidance", "远程导办温馨提示"))
            ]
            self.ticks = [Agreed(t.id, t.version) for t in self.texts]
            self.slot_id = self.new_slot(minutes_ago=30, hours=3, capacity=capacity)

    def context(self) -> AbstractContextManager[Any]:
        return self.app.app_context()

    @staticmethod
    def _add(row: T) -> T:
        db.session.add(row)
        db.session.flush()
        return row

    def new_item(self, code: str, name: str, region: str, category: str) -> str:
        return self._add(Item(
            code=code, name=name, region_code=region, category_id=category, skill_group_id=self.group_id,
            video_enabled=True, mail_allowed=True, department="区教育局", notice="请备齐原件",
        )).id  # fmt: skip

    def new_slot(self, *, minutes_ago: int, hours: int, capacity: int = 200) -> str:
        start = now() - timedelta(minutes=minutes_ago)
        return self._add(Slot(
            skill_group_id=self.group_id, date=today(), start_at=start, end_at=start + timedelta(hours=hours),
            capacity=capacity, booked=0, released_at=start - timedelta(days=7),
        )).id  # fmt: skip

    # --- people -----------------------------------------------------------------------------------------

    def applicant(self, name: str = "张三") -> Applicant:
        return self.stage.applicant(name)

    def agent(self, name: str = "王老师", *, online: bool = True) -> Agent:
        person = self.stage.agent(name)
        if online:
            self.do(lambda: duty.go(actor(person), "idle"))
        return person

    def booked(self, person: Applicant, slot_id: str | None = None) -> str:
        """A confirmed booking of the running slot."""
        with self.context(), unit_of_work():
            slot = db.session.get_one(Slot, slot_id or self.slot_id)
            slot.booked = Slot.booked + 1
            return self._add(Booking(
                user_id=person.id, item_id=self.item_id, slot_id=slot.id, state="booked", start_at=slot.start_at,
                end_at=slot.end_at, created_at=now(), booked_at=now(),
            )).id  # fmt: skip

    # --- verbs, through the services --------------------------------------------------------------------

    def do(self, verb: Callable[[], T]) -> T:
        """Run a verb as one request would: a context of its own."""
        with self.context():
            return verb()

    def queues(self, person: Applicant, booking_id: str | None = None) -> str:
        """The applicant enters the line; the session's id."""
        booking_id = booking_id or self.booked(person)
        return self.do(lambda: service.join(actor(person), booking_id, self.ticks, materials_ready=True).id)

    def takes(self, agent: Agent, session_id: str | None = None) -> str:
        """The agent takes the next one, or the named one."""
        who = actor(agent)
        verb = (lambda: service.accept(who, session_id)) if session_id else (lambda: service.take_next(who))
        return self.do(lambda: verb().id)

    def in_session(self, person: Applicant, agent: Agent, endpoint: str = "applicant-pc") -> str:
        """The two are in session: queued, taken, answered."""
        session_id = self.queues(person)
        self.takes(agent, session_id)
        self.do(lambda: service.answer(actor(person), session_id, endpoint).id)
        return session_id


def actor(person: Applicant | Agent) -> Actor:
    """Who a person is to the services."""
    if isinstance(person, Agent):
        roles = getattr(person, "roles", ("agent",))
        return Actor("staff", person.id, person.name, f"login-{person.id}"[:26], frozenset(roles), entry="console")
    return Actor("applicant", person.id, person.name, f"login-{person.id}"[:26], entry="pc")
