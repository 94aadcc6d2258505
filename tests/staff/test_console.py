"""The agent's day over HTTP: online, take, cancel, serve, wrap up (domain.md, Agent)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apiflask import APIFlask

from backend.catalog.models import SkillGroup
from backend.platform.db import db, unit_of_work
from backend.realtime.bus import bus
from backend.session import duty, jobs, service
from backend.staff import service as staff
from backend.staff.channel import ENDPOINT, room_of
from tests.actors import Agent
from tests.office import Office, actor


def test_a_day_at_the_console(office: Office) -> None:
    agent, person = office.agent(online=False), office.applicant("欧阳若曦")
    assert agent.get("/console/state")["duty"] == {
        "state": "offline",
        "since": None,
        "choices": ["idle"],
        "skill_group_ids": [],
    }
    assert agent.post("/console/duty", {"state": "idle"})["choices"] == ["break", "offline"]
    session_id = office.queues(person)
    (waiting,) = agent.get("/console/state")["waiting"]
    assert (waiting["id"], waiting["place"], waiting["applicant"], waiting["state"]) == (
        session_id,
        1,
        "欧***",
        "waiting",
    )

    view = agent.post("/console/next")
    assert (view["id"], view["state"]) == (session_id, "ringing")
    state = agent.get("/console/state")
    assert (state["ringing"]["id"], state["waiting"], state["duty"]["state"]) == (session_id, [], "serving")

    assert agent.post(f"/console/sessions/{session_id}/cancel-ring")["state"] == "idle"
    assert agent.post(f"/console/sessions/{session_id}/accept")["state"] == "ringing"
    office.do(lambda: service.answer(actor(person), session_id).id)
    assert [s["id"] for s in agent.get("/console/state")["mine"]] == [session_id]

    office.do(lambda: service.complete(actor(agent), session_id, "accepted").id)
    state = agent.get("/console/state")
    assert (state["duty"]["state"], state["wrap_up"]["id"], state["mine"]) == ("wrap_up", session_id, [])
    assert state["figures"]["served_today"] == 1
    assert agent.post("/console/wrap-up/done")["state"] == "idle"
    assert agent.get("/console/state")["wrap_up"] is None


def test_an_agent_sees_the_line_of_their_groups_only(office: Office, admin: Agent) -> None:
    other = office.agent("李老师", online=False)
    with office.context(), unit_of_work():
        group = SkillGroup(name="户政")
        db.session.add(group)
        db.session.flush()
        group_id = group.id
    admin.ask("PATCH", f"/admin/staff/{other.id}", {"skill_group_ids": [group_id]})
    other.post("/console/duty", {"state": "idle"})
    session_id = office.queues(office.applicant())
    state = other.get("/console/state")
    assert state["waiting"] == []
    assert [g["name"] for g in state["me"]["skill_groups"]] == ["户政"]
    assert other.try_("POST", "/console/next", {})[1]["error"]["code"] == "nobody_waiting"
    assert other.try_("POST", f"/console/sessions/{session_id}/accept", {})[0] == 404


@pytest.mark.parametrize("state", ["serving", "wrap_up", "lunch", ""])
def test_only_own_states_can_be_chosen(office: Office, state: str) -> None:
    assert office.agent().try_("POST", "/console/duty", {"state": state})[0] == 422


def test_nobody_goes_for_a_break_in_the_middle_of_a_session(office: Office) -> None:
    agent = office.agent()
    office.in_session(office.applicant(), agent)
    status, body = agent.try_("POST", "/console/duty", {"state": "break"})
    assert (status, body["error"]["code"]) == (409, "not_allowed_now")


def test_lists_are_own_for_an_agent_and_whole_for_a_supervisor(office: Office, supervisor: Agent) -> None:
    first, second = office.agent("王老师"), office.agent("李老师")
    ids = [office.in_session(office.applicant(), a) for a in (first, second)]
    assert [s["id"] for s in first.get("/console/sessions")["items"]] == [ids[0]]
    page = supervisor.get("/console/sessions?limit=1")
    assert [s["id"] for s in page["items"]] == [ids[1]]
    rest = supervisor.get(f"/console/sessions?limit=1&cursor={page['next']}")
    assert ([s["id"] for s in rest["items"]], rest["next"]) == ([ids[0]], None)
    assert supervisor.get("/console/sessions?state=completed")["items"] == []
    number = page["items"][0]["number"]
    assert len(supervisor.get(f"/console/sessions?number={number}")["items"]) == 1


def test_the_floor_says_who_serves_whom(office: Office, supervisor: Agent) -> None:
    agent, idle = office.agent("王老师"), office.agent("李老师")
    session_id = office.in_session(office.applicant(), agent)
    office.queues(office.applicant())
    floor = supervisor.get("/console/floor")
    by_name = {a["name"]: a for a in floor["agents"]}
    assert by_name["王老师"]["session"]["id"] == session_id
    assert (by_name["李老师"]["state"], by_name["李老师"]["session"]) == ("idle", None)
    (group,) = floor["groups"]
    assert (group["online"], group["idle"], len(group["waiting"])) == (2, 1, 1)
    assert (floor["figures"]["active"], floor["figures"]["waiting"], floor["low_ratings"]) == (1, 1, 0)
    assert idle.try_("GET", "/console/floor")[0] == 403


def test_quick_replies(office: Office, admin: Agent) -> None:
    office.do(staff.load_first_replies)
    office.do(staff.load_first_replies)
    replies = admin.get("/console/quick-replies")["items"]
    assert len(replies) == len(staff.FIRST_REPLIES)
    admin.ask(
        "PUT", f"/admin/quick-replies/{replies[0]['id']}", {"title": "问候", "text": "您好", "active": False}
    )
    assert len(office.agent().get("/console/quick-replies")["items"]) == len(replies) - 1
    admin.post("/admin/quick-replies", {"title": "新", "text": "请稍候"})
    assert len(admin.get("/admin/quick-replies")["items"]) == len(replies) + 1


def test_a_ghost_goes_offline_and_one_with_a_console_stays(app: APIFlask, office: Office) -> None:
    """P12: no assignment to an agent whose console is gone."""
    ghost, there = office.agent("鬼"), office.agent("王老师")
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=31)), app.app_context():
        bus().presence.claim(room_of(there.id), ENDPOINT, "socket-1")
        jobs.watch_agents()
        states = {d.name: d.state for d in duty.everyone()}
    assert states == {"鬼": "offline", "王老师": "idle"}
    office.queues(office.applicant())
    assert ghost.try_("POST", "/console/next", {})[1]["error"]["code"] == "agent_not_idle"
