"""Rating after a completed session: invited, given once, changed within seven days; S33, P47, M48, M49."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from backend.booking import calendar
from backend.platform.clock import now
from backend.rating import rules, service
from backend.rating.words import LEVELS, TAGS
from backend.session import service as sessions
from backend.session import timeline
from tests.actors import Agent, Applicant, Refused, Stage
from tests.office import Office, actor

GOOD = {"level": 5, "tags": ["服务热情", "讲解清楚"], "comment": "很快就办好了", "anonymous": False}
BAD = {"level": 1, "tags": ["等待太久"], "comment": "等了一个小时", "anonymous": False}


class Served:
    """A completed session with its two people."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.person, self.agent = office.applicant(), office.agent()
        self.id = office.in_session(self.person, self.agent)
        self.done()

    def done(self) -> None:
        self.office.do(lambda: sessions.complete(actor(self.agent), self.id, "accepted").id)

    def rates(self, **changes: Any) -> Any:
        return self.person.post(f"/sessions/{self.id}/rating", {**GOOD, **changes})

    def view(self, who: Applicant | Agent) -> dict[str, Any]:
        return who.get(f"/sessions/{self.id}")

    def kinds(self) -> list[str]:
        return [e["kind"] for e in self.office.do(lambda: timeline.events(self.id, staff=True))]


@pytest.fixture
def served(stage: Stage) -> Served:
    return Served(Office(stage))


@pytest.fixture
def any_served(any_stage: Stage) -> Served:
    return Served(Office(any_stage))


def refused(code: str, verb) -> dict[str, Any]:
    with pytest.raises(Refused) as caught:
        verb()
    assert caught.value.code == code
    return caught.value.error


def later(person: Applicant) -> Applicant:
    from backend.identity import service as identity

    with person.app.app_context():
        person.token = identity.login_user(person.id).access_token
    return person


def test_levels_and_tags_are_public(served: Served) -> None:
    items = served.office.app.test_client().get("/api/rating/tags").get_json()["items"]
    assert [(i["level"], i["title"]) for i in items] == [
        (5, "非常满意"), (4, "满意"), (3, "基本满意"), (2, "不满意"), (1, "非常不满意")]  # fmt: skip
    assert all(i["tags"] for i in items)


def test_invited_at_the_end_and_given_once(served: Served) -> None:
    """S33: the invitation is a card and a dialog; after the rating both are gone and the step is done."""
    assert served.kinds()[-2:] == ["session.completed", "rating.invited"]
    view = served.view(served.person)
    prompt = next(p for p in view["prompts"] if p["kind"] == "rating")
    assert prompt["seq"] == view["seq"]
    assert "rate" in view["actions"]
    assert {"key": "rating", "title": "评价", "done": False} in view["progress"]
    assert served.rates() == GOOD
    view = served.view(served.person)
    assert [p for p in view["prompts"] if p["kind"] == "rating"] == []
    assert view["rating"] == GOOD
    assert {"key": "rating", "title": "评价", "done": True} in view["progress"]
    assert served.kinds()[-1] == "rating.given"
    assert served.rates() == GOOD  # the same press again
    assert served.kinds().count("rating.given") == 1
    assert refused("already_rated", lambda: served.rates(level=4))["details"] == {"rating": GOOD}


def test_a_change_keeps_what_was_before(served: Served) -> None:
    """P47: within seven days, said so, with its history."""
    served.rates()
    assert served.rates(**BAD, change=True) == BAD
    assert served.view(served.person)["rating"] == BAD
    row = served.office.do(lambda: service.of_session(served.id))
    assert [{k: c[k] for k in GOOD} for c in row.changes] == [GOOD]
    assert served.kinds().count("rating.given") == 2


def test_ten_presses_at_once_are_one_rating(any_served: Served) -> None:
    results: list[int] = []
    gate = threading.Barrier(10)

    def press() -> None:
        person = Applicant(any_served.office.app, any_served.person.token, "张三", any_served.person.id)
        gate.wait(60)
        results.append(person.try_("POST", f"/sessions/{any_served.id}/rating", GOOD)[0])

    threads = [threading.Thread(target=press) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert results == [201] * 10
    assert any_served.office.do(service.level_counts) == {5: 1}
    assert any_served.kinds().count("rating.given") == 1


def test_seven_days(served: Served) -> None:
    """Open a second before, closed after; the dialog goes with it."""
    ended = now()
    with time_machine.travel(ended + timedelta(days=7, seconds=5), tick=False):
        later(served.person)
        refused("rating_closed", served.rates)
        assert [p for p in served.view(served.person)["prompts"] if p["kind"] == "rating"] == []
    with time_machine.travel(ended + timedelta(days=6, hours=23), tick=False):
        later(served.person)
        assert served.rates() == GOOD
    with time_machine.travel(ended + timedelta(days=7, seconds=5), tick=False):
        later(served.person)
        refused("rating_closed", lambda: served.rates(**BAD, change=True))


def test_only_its_applicant_and_only_at_the_end(stage: Stage) -> None:
    office = Office(stage)
    person, agent = office.applicant(), office.agent()
    session_id = office.in_session(person, agent)
    path = f"/sessions/{session_id}/rating"
    refused("session_not_completed", lambda: person.post(path, GOOD))
    office.do(lambda: sessions.complete(actor(agent), session_id, "accepted").id)
    refused("not_found", lambda: office.applicant("李四").post(path, GOOD))
    refused("forbidden", lambda: agent.post(path, GOOD))
    assert person.post(path, GOOD) == GOOD


def test_an_abandoned_session_is_not_asked_for(stage: Stage) -> None:
    """P47: nobody who left is asked."""
    office = Office(stage)
    person = office.applicant()
    session_id = office.queues(person)
    office.do(lambda: sessions.leave(actor(person), session_id).id)
    view = person.get(f"/sessions/{session_id}")
    assert "rating.invited" not in [e["kind"] for e in office.do(lambda: timeline.events(session_id))]
    assert [step["key"] for step in view["progress"] if step["key"] == "rating"] == []
    refused("session_not_completed", lambda: person.post(f"/sessions/{session_id}/rating", GOOD))


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 0}, {"level": 6}, {"level": 5, "tags": ["等待太久"]}, {"tags": ["服务热情", "服务热情"]},
        {"tags": ["x"]}, {"comment": "长" * 501}, {"comment": "\0"}, {"level": None}, {"tags": ["服务热情"] * 7},
    ],
)  # fmt: skip
def test_what_is_no_rating(served: Served, wrong: dict[str, Any]) -> None:
    status, body = served.person.try_("POST", f"/sessions/{served.id}/rating", {**GOOD, **wrong})
    assert (status, body["error"]["code"]) in {(422, "invalid"), (422, "unknown_tag")}
    assert served.office.do(lambda: service.of_session(served.id)) is None


def test_an_anonymous_rating_is_hidden_from_its_agent(served: Served) -> None:
    """M48: the agent learns that it was given, not what; neither from the view nor from the timeline."""
    served.rates(anonymous=True)
    assert served.view(served.agent)["rating"] == {
        "level": None,
        "tags": [],
        "comment": "",
        "anonymous": True,
    }
    assert served.view(served.person)["rating"]["level"] == 5
    given = served.office.do(lambda: timeline.latest(served.id, "rating.given").payload)
    assert given == {"anonymous": True, "changed": False}


def test_a_bad_rating_opens_a_work_order(served: Served) -> None:
    """M49: 15 working days, closed by a supervisor with a result; an agent may not look."""
    served.rates(**BAD)
    boss = served.office.stage.agent("班长", roles=("supervisor",))
    order = boss.get("/rating/follow-ups")["items"][0]
    assert (order["session_id"], order["level"], order["state"]) == (served.id, 1, "open")
    opened, due = served.office.do(lambda: _times(order["id"]))
    assert due == served.office.do(lambda: calendar.workdays_later(opened, 15))
    refused("forbidden", lambda: served.agent.get("/rating/follow-ups"))
    closed = boss.post(f"/rating/follow-ups/{order['id']}/close", {"result": "已致电道歉并说明"})
    assert (closed["state"], closed["result"]) == ("done", "已致电道歉并说明")
    assert boss.get("/rating/follow-ups")["items"] == []
    refused(
        "not_allowed_now", lambda: boss.post(f"/rating/follow-ups/{order['id']}/close", {"result": "再次"})
    )


def _times(order_id: str) -> tuple[Any, Any]:
    from backend.platform.db import db
    from backend.rating.models import FollowUp

    order = db.session.get_one(FollowUp, order_id)
    return order.opened_at, order.due_at


def test_a_changed_mind_withdraws_the_work_order(served: Served) -> None:
    served.rates(**BAD)
    served.rates(change=True)
    assert served.office.do(lambda: len(service.follow_ups())) == 0
    served.rates(**BAD, change=True)
    assert served.office.do(lambda: len(service.follow_ups())) == 1


def test_the_good_rate(served: Served) -> None:
    """S5: 服务好评 is computed, 基本满意 and better count, nothing is rounded up."""
    assert served.office.do(service.good_rate) is None
    served.rates()
    assert served.office.do(service.good_rate) == 100.0


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        ({}, None),
        ({5: 1}, 100.0),
        ({1: 1}, 0.0),
        ({5: 199, 1: 1}, 99.5),
        ({3: 2, 2: 1}, 66.6),
        ({5: 9999, 2: 1}, 99.9),
    ],
)
def test_percent(counts: dict[int, int], percent: float | None) -> None:
    assert rules.good_percent(counts) == percent


def test_every_level_has_its_words() -> None:
    assert sorted(LEVELS) == sorted(TAGS) == [1, 2, 3, 4, 5]
    assert all(rules.tags_fit(level, TAGS[level]) for level in LEVELS)
