"""Personal data in full: who may, and the trace it leaves (M56)."""

from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import select

from backend.identity import service as identity
from backend.identity import staff_accounts
from backend.platform.audit import AuditEntry
from backend.platform.db import db
from backend.session import service, timeline
from tests.actors import Agent, Person
from tests.office import Office, actor


def reveal(person: Person, session_id: str, **body: str) -> tuple[int, str | None]:
    status, answer = person.try_("POST", f"/console/sessions/{session_id}/reveal", {"field": "phone", **body})
    return status, answer["error"]["code"] if status >= 400 else answer["value"]


def test_the_serving_agent_may_and_it_is_recorded(office: Office) -> None:
    agent, person = office.agent(), office.applicant()
    session_id = office.in_session(person, agent)
    with office.context():
        phone = identity.reveal(person.id, "phone")
    assert phone
    assert phone not in str(agent.get(f"/sessions/{session_id}"))
    assert reveal(agent, session_id) == (200, phone)
    with office.context():
        (line,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "person.revealed"))
        assert (line.actor_id, line.subject, line.details["field"]) == (
            agent.id,
            f"session:{session_id}",
            "phone",
        )
        assert phone not in str(line.details)
        event = timeline.latest(session_id, "person.revealed")
        assert event
        assert (event.audience, event.payload) == ("staff", {"field": "phone"})
    kinds = [e["kind"] for e in person.get(f"/sessions/{session_id}/events?after=0")["events"]]
    assert "person.revealed" not in kinds
    assert "hidden" in kinds


def test_others_find_no_such_session(office: Office) -> None:
    session_id = office.in_session(office.applicant(), office.agent("王老师"))
    other = office.agent("李老师")
    missing = reveal(other, "0" * 26)
    assert reveal(other, session_id) == missing == (404, "not_found")


def test_a_supervisor_must_say_why(office: Office, supervisor: Agent) -> None:
    session_id = office.in_session(office.applicant(), office.agent())
    assert reveal(supervisor, session_id) == (422, "reason_missing")
    assert reveal(supervisor, session_id, reason="投诉核实")[0] == 200


def test_an_hour_after_the_end_it_is_over(office: Office) -> None:
    agent = office.agent()
    session_id = office.in_session(office.applicant(), agent)
    office.do(lambda: service.complete(actor(agent), session_id, "accepted").id)
    assert reveal(agent, session_id)[0] == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1, seconds=1)), office.context():
        agent.token = staff_accounts.login(agent.id).access_token
        assert reveal(agent, session_id) == (403, "reveal_refused")
