"""Real sockets on a session: S10, S12, S14, S15, P8, P46. The server runs in this process, threaded."""

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed
from werkzeug.serving import make_server

from backend.platform.db import db
from backend.realtime.bus import bus
from backend.session import channel
from backend.session.models import ServiceSession
from backend.session.timeline import room_of
from tests.actors import Person
from tests.conftest import until
from tests.office import Office
from tests.realtime.conftest import Client
from tests.session.conftest import sound


class Line:
    """A person's socket on a session, and every event that it showed."""

    def __init__(self, port: int, person: Person, session_id: str, endpoint: str, after: int = 0) -> None:
        asked = {"channel": "session", "id": session_id, "endpoint": endpoint}
        ticket = person.post("/socket-tickets", asked)["ticket"]
        base = f"127.0.0.1:{port}"
        self.client = Client(f"ws://{base}/ws?ticket={ticket}&after={after}", origin=f"http://{base}")
        self.heard: list[dict] = []
        self.closed: int | None = None
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        try:
            while True:
                self.heard.append(self.client.hear(60))
        except ConnectionClosed:
            self.closed = self.client.raw.protocol.close_code
        except (OSError, TimeoutError):
            self.closed = 0

    def events(self) -> list[dict]:
        return [m["event"] for m in self.heard if m["t"] == "event"]

    def of(self, kind: str) -> list[dict]:
        return [m for m in list(self.heard) if m["t"] == kind]

    def members(self) -> list[str]:
        """Who is connected, as this page shows it."""
        told = self.of("presence")
        return told[-1]["endpoints"] if told else []

    def cut(self) -> None:
        """The network goes away: the TCP connection ends with no closing handshake."""
        with suppress(OSError):
            self.client.raw.socket.shutdown(2)
        self.thread.join(5)


@pytest.fixture
def port(office: Office) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    with office.context():
        bus().hub.drain()
    until(lambda: office.do(lambda: bus().hub.open_sockets) == 0)
    server.shutdown()


def test_an_agent_who_was_away_misses_nothing(office: Office, port: int) -> None:
    """S10: 25 messages while the agent's socket is down: all shown, in order, once, with no reload."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    first = Line(port, agent, session_id, "agent")
    before = agent.get(f"/sessions/{session_id}")["seq"]
    until(lambda: len(first.events()) == before)
    first.cut()
    for n in range(25):
        who.post(f"/sessions/{session_id}/messages", {"client_id": f"m{n}", "text": f"第{n}句"})
    again = Line(port, agent, session_id, "agent", after=before)
    until(lambda: len(again.events()) >= 25)
    assert [e["seq"] for e in again.events()] == list(range(before + 1, before + 26))
    assert [e["payload"]["text"] for e in again.events()] == [f"第{n}句" for n in range(25)]
    who.post(f"/sessions/{session_id}/messages", {"client_id": "live", "text": "现在"})
    until(lambda: len(again.events()) == 26)


def test_a_phone_that_sleeps_twenty_times(office: Office, port: int) -> None:
    """S12: after each return one live socket, every missed message once, the same session."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent, "applicant-phone")
    shown: list[int] = []
    for n in range(20):
        line = Line(port, who, session_id, "applicant-phone", after=len(shown))
        agent.post(f"/sessions/{session_id}/messages", {"client_id": f"a{n}", "text": "在吗"})
        seq = who.get(f"/sessions/{session_id}")["seq"]
        until(lambda: line.events() and line.events()[-1]["seq"] == seq)  # noqa: B023
        shown += [e["seq"] for e in line.events()]
        assert office.do(lambda: len(bus().hub.members(room_of(session_id)))) == 1
        line.cut()
        until(lambda: office.do(lambda: bus().hub.members(room_of(session_id))) == ())
        agent.post(f"/sessions/{session_id}/messages", {"client_id": f"b{n}", "text": "睡着时"})
    assert shown == list(range(1, len(shown) + 1))
    assert who.get(f"/sessions/{session_id}")["state"] == "active"
    sound(office)


def test_the_newer_connection_wins(office: Office, port: int) -> None:
    """S14, P20: a connection that hangs does not keep its owner out; the old one is told."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    other = Line(port, agent, session_id, "agent")
    old = Line(port, who, session_id, "applicant-pc")
    until(lambda: old.of("presence"))
    new = Line(port, who, session_id, "applicant-pc")
    until(lambda: old.closed == 4001)
    until(lambda: new.of("hello"))
    until(lambda: who.get(f"/sessions/{session_id}")["endpoints"] == ["agent", "applicant-pc"])
    assert who.get(f"/sessions/{session_id}")["peer"]["online"]
    other.cut()


def test_no_ghosts_after_five_crashes(office: Office, port: int) -> None:
    """S15: unclean ends and returns, of either side: the list of members has each once."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    lines = {e: Line(port, p, session_id, e) for e, p in (("agent", agent), ("applicant-pc", who))}
    until(lambda: all(len(line.members()) == 2 for line in lines.values()))
    for _ in range(5):
        for endpoint, person, other in (("applicant-pc", who, "agent"), ("agent", agent, "applicant-pc")):
            lines[endpoint].cut()
            until(lambda: lines[other].members() == [other])  # noqa: B023
            lines[endpoint] = Line(port, person, session_id, endpoint)
            until(lambda: lines[other].members() == ["agent", "applicant-pc"])  # noqa: B023
            assert office.do(lambda: channel.endpoints(session_id)) == ["agent", "applicant-pc"]
    until(lambda: office.do(lambda: marks(session_id)) == (None, None, "active"))
    sound(office)


def marks(session_id: str) -> tuple[object, object, str]:
    """Since when either side counts as lost, and the state."""
    row = db.session.get_one(ServiceSession, session_id)
    return row.applicant_lost_at, row.agent_lost_at, row.state


def test_the_place_in_line_is_told_live(office: Office, port: int) -> None:
    """P8, S15: the numbers of everyone behind change at once when somebody leaves, is taken, or an agent comes."""
    people = [office.applicant(n) for n in ("张三", "李四", "王小明")]
    ids = [office.queues(p) for p in people]
    lines = [Line(port, p, id, "applicant-pc") for p, id in zip(people, ids, strict=True)]
    until(lambda: all(line.of("presence") for line in lines))
    people[0].post(f"/sessions/{ids[0]}/leave")
    until(lambda: [m["ahead"] for m in lines[1].of("queue")[-1:]] == [0])
    until(lambda: [m["ahead"] for m in lines[2].of("queue")[-1:]] == [1])
    agent = office.agent()
    until(lambda: [m["agents_online"] for m in lines[2].of("queue")[-1:]] == [1])
    assert lines[2].of("queue")[-1]["wait_minutes"] is not None
    office.takes(agent)
    until(lambda: [m["ahead"] for m in lines[2].of("queue")[-1:]] == [0])
    until(lambda: "session.ringing" in [e["kind"] for e in lines[1].events()])


def test_a_note_is_a_number_to_the_applicant(office: Office, port: int) -> None:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    mine, theirs = Line(port, who, session_id, "applicant-pc"), Line(port, agent, session_id, "agent")
    until(lambda: mine.of("presence") and theirs.of("presence"))
    agent.post(f"/sessions/{session_id}/notes", {"text": "证件模糊"})
    seq = agent.post(f"/sessions/{session_id}/messages", {"client_id": "1", "text": "好了"})["event"]["seq"]
    for line in (mine, theirs):
        until(lambda: line.events() and line.events()[-1]["seq"] == seq)  # noqa: B023
    assert mine.events()[-2] == {k: mine.events()[-2][k] for k in ("seq", "kind", "at")}
    assert mine.events()[-2]["kind"] == "hidden"
    assert theirs.events()[-2]["payload"] == {"text": "证件模糊"}


def test_an_agent_who_let_go_hears_no_more(office: Office, port: int) -> None:
    """P46: with the session back in the line, the old agent's socket ends and no new one opens."""
    who, agent = office.applicant(), office.agent()
    session_id = office.queues(who)
    office.takes(agent)
    line = Line(port, agent, session_id, "agent")
    until(lambda: line.of("presence"))
    who.post(f"/sessions/{session_id}/decline")
    until(lambda: line.closed is not None)
    asked = {"channel": "session", "id": session_id, "endpoint": "agent"}
    assert agent.try_("POST", "/socket-tickets", asked)[0] == 404


def test_strangers_get_no_ticket(office: Office, port: int) -> None:
    session_id = office.queues(office.applicant())
    for person in (office.applicant("李四"), office.agent()):
        asked = {"channel": "session", "id": session_id, "endpoint": "applicant-pc"}
        assert person.try_("POST", "/socket-tickets", asked)[0] == 404
