"""A person whom notices reach, the stand-in they go through, and a clock in the middle of a working day."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from apiflask import APIFlask

from backend.identity.models import Identity
from backend.identity.sms import SandboxSender
from backend.notice import jobs as notice_jobs
from backend.notice import service
from backend.notice.models import Notice, NoticeConsent
from backend.platform import jobs
from backend.platform.clock import SHANGHAI, now
from backend.platform.db import db, unit_of_work
from backend.platform.redis import redis
from tests.actors import Applicant, Stage
from tests.conftest import emptied
from tests.wechat.conftest import Sandbox, sandbox

__all__ = ["sandbox"]
SEND = {"mp": "/cgi-bin/message/subscribe/send", "oa": "/cgi-bin/message/template/send"}


def at(hour: float, day: int = 26) -> datetime:
    return datetime(2026, 11, day, tzinfo=SHANGHAI) + timedelta(hours=hour)


class Post:
    """The product's notices and what arrives of them. `someone` has a phone, both openids, and no consent."""

    def __init__(self, app: APIFlask, sandbox: Sandbox) -> None:
        self.app, self.sandbox, self.stage = app, sandbox, Stage(app)
        self.who = self.someone("张三")

    def someone(self, name: str) -> Applicant:
        """An applicant who is that persona of WeChat."""
        person, known = self.stage.applicant(name), self.sandbox.person(name)["openid"]
        with self.app.app_context(), unit_of_work():
            for account in ("mp", "oa"):
                db.session.add(Identity(user_id=person.id, provider=f"wechat-{account}", subject=known[account]))
        return person

    def signs_in(self) -> None:
        """Again, after the clock moved on: a token lives a quarter of an hour."""
        from backend.identity import service as identity

        self.who.token = self.do(lambda: identity.login_user(self.who.id).access_token)

    def do(self, verb: Callable[[], Any]) -> Any:
        with self.app.app_context():
            return verb()

    # --- what the person does on the phone

    def allows(self, kind: str, times: int = 1, person: Applicant | None = None) -> None:
        """A tap on 允许 in the mini-program, and its report to us."""
        who, template = person or self.who, f"sandbox-mp-{kind}"
        for _ in range(times):
            self.sandbox.ask("/__sandbox__/consents", {"persona": who.name, "template": template})
            who.post("/notice/consents", {"results": {template: "accept"}})

    def follows(self, follows: bool = True) -> None:
        self.sandbox.ask("/__sandbox__/follow", {"persona": self.who.name, "follows": follows})

    def consents(self, kind: str) -> int:
        key = (self.who.id, f"sandbox-mp-{kind}")

        def read() -> int:
            row = db.session.get(NoticeConsent, key, populate_existing=True)
            return row.remaining if row else 0

        return self.do(read)

    # --- what the product does

    def tells(self, kind: str = "booking_day", key: str = "k", **more: Any) -> None:
        data = {"id": "B1", "item": "教师资格认定", "start_at": now() + timedelta(hours=20), **more.pop("data", {})}

        def write() -> None:
            with unit_of_work():
                service.notify(self.who.id, kind, data, key=key, **more)

        self.do(write)

    def runs(self) -> None:
        """What the scheduler and a worker do, twice: a second run changes nothing."""
        for _ in range(2):
            self.do(notice_jobs.send_due)
            self.do(jobs.run_pending)

    def row(self, key: str = "k") -> Notice:
        def read() -> Notice:
            row = db.session.scalars(db.select(Notice).where(Notice.key == key)).one()
            db.session.expunge(row)
            return row

        return self.do(read)

    def state(self, key: str = "k") -> tuple[str, str | None]:
        row = self.row(key)
        return row.state, row.channel

    # --- what arrived

    def arrived(self) -> list[str]:
        """Accounts that brought a notice to a phone, oldest first."""
        return [m["account"] for m in self.sandbox.ask("/__sandbox__/outbox")]

    def texted(self) -> list[str]:
        lines = self.do(lambda: redis.lrange(SandboxSender.KEY, 0, -1))
        return [json.loads(line)["text"] for line in lines]


@pytest.fixture
def clock() -> Iterator[Callable[[datetime], None]]:
    """Ten in the morning; `clock(moment)` moves it."""
    travels: list[time_machine.travel] = []

    def move(to: datetime) -> None:
        if travels:
            travels.pop().stop()
        travels.append(time_machine.travel(to, tick=True))
        travels[-1].start()

    move(at(10))
    yield move
    travels.pop().stop()


@pytest.fixture
def post(clock: Any, make_app: Any, sandbox: Sandbox) -> Post:
    return Post(make_app(wechat_sandbox_url=sandbox.url), sandbox)


@pytest.fixture(params=["sqlite", "postgres"])
def any_post(request: pytest.FixtureRequest, clock: Any, make_app: Any, sandbox: Sandbox) -> Post:
    """On SQLite and on PostgreSQL: races."""
    if request.param == "sqlite":
        return Post(make_app(wechat_sandbox_url=sandbox.url), sandbox)
    url = request.getfixturevalue("postgres_url")
    return Post(emptied(make_app(database_url=url, wechat_sandbox_url=sandbox.url)), sandbox)
