"""A session from the line to its end, over HTTP, as the applicant's and the agent's pages do it."""

import pytest

from backend.session import duty, service
from tests.actors import Refused
from tests.office import Office, actor
from tests.session.conftest import sound


def ticks(office: Office) -> list[dict[str, object]]:
    return [{"text_id": t.text_id, "version": t.version} for t in office.ticks]


def test_the_gate_shows_texts_materials_and_the_line(office: Office) -> None:
    who = office.applicant()
    gate = who.get(f"/bookings/{office.booked(who)}/gate")
    assert [t["kind"] for t in gate["texts"]] == ["authorisation", "guidance"]
    assert gate["materials"][0]["name"] == "身份证"
    assert gate["queue"]["ahead"] == 0
    assert gate["queue"]["wait_minutes"] is None  # nobody is there to serve: no estimate is invented


def test_no_consent_no_line(office: Office) -> None:
    who = office.applicant()
    path = f"/bookings/{office.booked(who)}/queue"
    for body, code in (
        ({"consents": [], "materials_ready": True}, "consent_missing"),
        ({"consents": ticks(office)[:1], "materials_ready": True}, "consent_missing"),
        ({"consents": ticks(office), "materials_ready": False}, "materials_not_ready"),
        ({"consents": [{**t, "version": 7} for t in ticks(office)], "materials_ready": True}, "text_changed"),
    ):
        with pytest.raises(Refused) as refused:
            who.post(path, body)
        assert refused.value.code == code
    assert who.get("/sessions/mine")["items"] == []
    sound(office)


def test_from_the_line_to_the_end(office: Office) -> None:
    who, agent = office.applicant("张三"), office.agent("王老师")
    view = who.post(f"/bookings/{office.booked(who)}/queue", {"consents": ticks(office), "materials_ready": True})
    path = f"/sessions/{view['id']}"
    assert (view["state"], view["actions"], view["queue"]["ahead"]) == ("waiting", ["leave", "handover"], 0)
    assert view["peer"] is None

    office.takes(agent)
    view = who.get(path)
    assert (view["state"], view["actions"][:2]) == ("ringing", ["answer", "decline"])
    assert view["prompts"][0]["kind"] == "ring"
    assert view["peer"]["name"] == "王老师"

    view = who.post(f"{path}/answer", {"endpoint": "applicant-pc"})
    assert view["state"] == "active"
    assert view["call"] == {"epoch": 1, "state": "on", "media_endpoint": "applicant-pc"}  # S18: by itself
    assert [p["kind"] for p in view["prompts"]] == ["screen_request"]
    assert {"send", "suspend", "screen.grant", "screen.refuse", "call.end"} <= set(view["actions"])

    seen = agent.get(path)
    assert seen["applicant"] == {"masked_name": "张*", "real_name_level": seen["applicant"]["real_name_level"]}
    assert {"complete", "suspend", "send", "note"} <= set(seen["actions"])

    said = who.post(f"{path}/messages", {"client_id": "m1", "text": "您好"})["event"]
    agent.post(f"{path}/messages", {"client_id": "m1", "text": "您好，请出示身份证"})
    agent.post(f"{path}/receipts", {"delivered": said["seq"], "read": said["seq"]})
    assert who.get(path)["receipts"]["agent"] == {"delivered": said["seq"], "read": said["seq"]}

    agent.post(f"{path}/notes", {"text": "证件清晰"})
    view = agent.post(f"{path}/complete", {"outcome": "accepted", "note": "已受理"})
    assert (view["state"], view["outcome"]) == ("completed", "accepted")
    assert view["call"]["state"] == "idle"

    mine, theirs = who.get(f"{path}/events"), agent.get(f"{path}/events")
    assert [e["seq"] for e in mine["events"]] == list(range(1, mine["seq"] + 1))
    assert [e["seq"] for e in theirs["events"]] == [e["seq"] for e in mine["events"]]
    assert [e["kind"] for e in mine["events"]].count("hidden") == 2  # two notes: a number, nothing else
    assert [e["payload"]["text"] for e in theirs["events"] if e["kind"] == "note.added"] == ["证件清晰", "已受理"]
    assert who.get(f"{path}/events?after={mine['seq'] - 1}")["events"] == mine["events"][-1:]
    with office.context():
        assert duty.of(agent.id).state == "wrap_up"
    sound(office)


def test_ended_is_ended(office: Office) -> None:
    """S11: a message to a session that ended while the sender was away is refused and changes nothing."""
    who, agent = office.applicant(), office.agent()
    path = f"/sessions/{office.in_session(who, agent)}"
    agent.post(f"{path}/complete", {"outcome": "advice"})
    before = who.get(f"{path}/events")
    status, body = who.try_("POST", f"{path}/messages", {"client_id": "late", "text": "还在吗"})
    assert (status, body["error"]["code"]) == (409, "session_ended")
    assert who.get(f"{path}/events") == before
    assert who.get(path)["state"] == "completed"
    sound(office)


def test_strangers_see_nothing(office: Office) -> None:
    who, other = office.applicant(), office.applicant("李四")
    agent, other_agent = office.agent(), office.agent("赵老师")
    session_id = office.queues(who)
    missing = other.try_("GET", "/sessions/none")[1]["error"]
    for person in (other, agent, other_agent):  # no agent sees anything before taking the session (S16)
        for path in ("", "/events", "/ice"):
            status, body = person.try_("GET", f"/sessions/{session_id}{path}")
            assert (status, body["error"]["code"], body["error"]["message"]) == (404, "not_found", missing["message"])
    office.takes(agent, session_id)
    assert agent.try_("GET", f"/sessions/{session_id}")[0] == 200
    assert other_agent.try_("GET", f"/sessions/{session_id}")[0] == 404
    assert other.try_("POST", f"/sessions/{session_id}/answer", {})[0] == 404
    supervisor = office.stage.agent("班长", roles=("supervisor",))
    assert supervisor.get(f"/sessions/{session_id}")["actions"] == ["note"]
    assert supervisor.try_("POST", f"/sessions/{session_id}/suspend", {})[1]["error"]["code"] == "not_your_session"


def test_suspend_and_reconnect_restores_everything(office: Office) -> None:
    """S44, S45, M51: the same case goes on, without a booking, at the front, with the own agent."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    path = f"/sessions/{session_id}"
    who.post(f"{path}/messages", {"client_id": "m1", "text": "材料没带齐"})
    view = agent.post(f"{path}/suspend", {"reason": "缺少原件", "missing": ["身份证"]})
    assert view["state"] == "suspended"
    view = who.get(path)
    assert view["suspended"]["missing"] == ["身份证"]
    assert view["actions"] == ["reconnect", "leave", "handover"]
    assert who.get("/sessions/mine")["items"][0]["id"] == session_id
    booking = who.get(f"/bookings/{view['booking_id']}")
    assert (booking["session_id"], booking["actions"]) == (session_id, ["reconnect"])

    first = office.queues(office.applicant("李四"))
    view = who.post(f"{path}/reconnect")
    assert (view["state"], view["queue"]["ahead"]) == ("waiting", 0)
    assert who.post(f"{path}/reconnect")["seq"] == view["seq"]  # again is no error and changes nothing
    with office.context():
        assert service.queue.ahead_of(service.db.session.get(service.S, first)) == 1
    stranger = office.agent("赵老师")
    assert office.takes(stranger) == first  # the own agent is there and comes first
    assert office.takes(agent) == session_id
    view = who.post(f"{path}/answer", {"endpoint": "applicant-phone"})
    assert (view["state"], view["call"]["state"]) == ("active", "idle")  # S41: on a phone by +
    kinds = [e["kind"] for e in who.get(f"{path}/events")["events"]]
    assert "chat.text" in kinds
    assert kinds.count("session.accepted") == 2
    sound(office)


def test_leaving_gives_the_booking_back(office: Office) -> None:
    who = office.applicant()
    booking_id = office.booked(who)
    session_id = office.queues(who, booking_id)
    assert who.post(f"/sessions/{session_id}/leave")["state"] == "abandoned"
    assert who.get(f"/bookings/{booking_id}")["state"] == "booked"
    again = office.queues(who, booking_id)
    assert again != session_id
    sound(office)


def test_no_answer_twice_is_missed(office: Office) -> None:
    """domain.md: the first time behind the next three, the second time abandoned and the booking missed."""
    agent = office.agent()
    people = [office.applicant(name) for name in ("张三", "李四", "王小明", "欧阳若曦", "赵六")]
    ids = [office.queues(p) for p in people]
    assert office.takes(agent) == ids[0]
    people[0].post(f"/sessions/{ids[0]}/decline")
    with office.context():
        assert [s.id for s in service.queue.line(office.group_id)] == [ids[1], ids[2], ids[3], ids[0], ids[4]]
        assert duty.of(agent.id).state == "idle"
    office.takes(agent, ids[0])
    people[0].post(f"/sessions/{ids[0]}/decline")
    view = people[0].get(f"/sessions/{ids[0]}")
    assert view["state"] == "abandoned"
    assert people[0].get(f"/bookings/{view['booking_id']}")["state"] == "missed"
    sound(office)


def test_an_agent_takes_a_ring_back(office: Office) -> None:
    who, agent = office.applicant(), office.agent()
    first, second = office.queues(who), office.queues(office.applicant("李四"))
    office.takes(agent)
    office.do(lambda: service.cancel_ring(actor(agent), first).id)
    with office.context():
        assert [s.id for s in service.queue.line(office.group_id)] == [first, second]
    assert agent.try_("GET", f"/sessions/{first}")[0] == 404
    sound(office)


def test_own_agent_away_anyone_takes_it_at_once(office: Office) -> None:
    """P14: nobody is bound to an absent agent."""
    who, agent, other = office.applicant(), office.agent(), office.agent("赵老师")
    session_id = office.in_session(who, agent)
    who.post(f"/sessions/{session_id}/suspend", {})
    who.post(f"/sessions/{session_id}/reconnect")
    office.do(lambda: duty.go(actor(agent), "offline").id)
    assert office.takes(other) == session_id
    sound(office)
