"""What the two do while the session is active: chat, call, screen, help, the second device."""

import base64
import hashlib
import hmac
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from PIL import Image

from backend.platform.clock import now
from backend.session import duty, hooks
from tests.actors import Agent, Applicant, Person, Refused
from tests.office import Office, actor
from tests.session.conftest import sound


@pytest.fixture
def pair(office: Office) -> tuple[Applicant, Agent, str]:
    """The applicant, the agent, and the path of their session."""
    who, agent = office.applicant(), office.agent()
    return who, agent, f"/sessions/{office.in_session(who, agent)}"


def refused(person: Person, path: str, body: object = None) -> str:
    with pytest.raises(Refused) as no:
        person.post(path, {} if body is None else body)
    return no.value.code


# --- chat ------------------------------------------------------------------------------------------------------


def test_a_message_sent_again_is_stored_once(pair: tuple[Applicant, Agent, str]) -> None:
    """S13: the answer was lost; sent again from the socket's replay, from HTTP, with a new request key."""
    who, agent, path = pair
    first = who.post(f"{path}/messages", {"client_id": "M1", "text": "您好"})
    assert who.post(f"{path}/messages", {"client_id": "M1", "text": "您好"}) == first
    assert who.post(f"{path}/messages", {"client_id": "M1", "text": "别的"})["event"]["payload"]["text"] == "您好"
    theirs = agent.post(f"{path}/messages", {"client_id": "M1", "text": "您好"})  # another sender: another message
    assert theirs["event"]["seq"] == first["event"]["seq"] + 1


@pytest.mark.parametrize("text", ["", "   ", "字" * 4001, "a\0b"])
def test_what_is_no_message_is_refused(pair: tuple[Applicant, Agent, str], text: str) -> None:
    who, _, path = pair
    assert who.try_("POST", f"{path}/messages", {"client_id": "m", "text": text})[0] in (400, 422)


@pytest.mark.parametrize(
    "text",
    ["字" * 4000, "<script>alert(1)</script>", "=1+1", "\u202eRTL", "👩\u200d👩\u200d👧 㵘𬭎", "' OR 1=1 --"],
)
def test_any_text_comes_back_as_it_was(pair: tuple[Applicant, Agent, str], text: str) -> None:
    who, agent, path = pair
    who.post(f"{path}/messages", {"client_id": "m", "text": text})
    assert agent.get(f"{path}/events")["events"][-1]["payload"]["text"] == text


def test_a_message_names_exactly_one_thing(pair: tuple[Applicant, Agent, str]) -> None:
    who, _, path = pair
    assert refused(who, f"{path}/messages", {"client_id": "m"}) == "invalid"
    assert refused(who, f"{path}/messages", {"client_id": "m", "text": "a", "attachment_id": "b"}) == "invalid"
    assert refused(who, f"{path}/messages", {"client_id": "m", "attachment_id": "none"}) == "not_found"


def test_pictures_and_files_by_what_upload_says(
    pair: tuple[Applicant, Agent, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    who, agent, path = pair
    known = {
        "p": {"name": "身份证.jpg", "mime": "image/jpeg", "size": 9, "width": 640, "height": 400},
        "f": {"name": "证明.pdf", "mime": "application/pdf", "size": 9, "width": None, "height": None},
    }
    monkeypatch.setattr(hooks, "_facts", [lambda session, actor, id: known.get(id)])
    who.post(f"{path}/messages", {"client_id": "1", "attachment_id": "p"})
    who.post(f"{path}/messages", {"client_id": "2", "attachment_id": "f"})
    picture, file = agent.get(f"{path}/events")["events"][-2:]
    assert (picture["kind"], picture["payload"]["width"]) == ("chat.image", 640)
    assert (file["kind"], file["payload"]["name"]) == ("chat.file", "证明.pdf")


def test_recall_within_two_minutes(pair: tuple[Applicant, Agent, str], office: Office) -> None:
    who, agent, path = pair
    seq = who.post(f"{path}/messages", {"client_id": "1", "text": "发错了"})["event"]["seq"]
    assert refused(agent, f"{path}/messages/{seq}/recall") == "not_found"  # only one's own
    assert who.post(f"{path}/messages/{seq}/recall") == who.post(f"{path}/messages/{seq}/recall")
    event = agent.get(f"{path}/events?after={seq - 1}")["events"][0]
    assert event["payload"] == {"recalled": True, "client_id": "1"}
    old = who.post(f"{path}/messages", {"client_id": "2", "text": "久了"})["event"]["seq"]
    with time_machine.travel(now() + timedelta(seconds=121)):
        assert refused(who, f"{path}/messages/{old}/recall") == "not_allowed_now"
    sound(office)


def test_receipts_only_grow(pair: tuple[Applicant, Agent, str]) -> None:
    who, agent, path = pair
    last = who.post(f"{path}/messages", {"client_id": "1", "text": "您好"})["event"]["seq"]
    for delivered, read in ((last, 2), (1, 1), (10**6, 3)):
        agent.post(f"{path}/receipts", {"delivered": delivered, "read": read})
    assert who.get(path)["receipts"]["agent"] == {"delivered": last, "read": 3}


# --- call, screen, help -------------------------------------------------------------------------------------------


def test_on_a_phone_the_call_waits_for_the_plus(office: Office) -> None:
    """S41; the agent can only invite: nobody opens another's camera."""
    who, agent = office.applicant(), office.agent()
    path = f"/sessions/{office.in_session(who, agent, 'applicant-phone')}"
    assert who.get(path)["call"]["state"] == "idle"
    assert agent.post(f"{path}/call/start", {"endpoint": "agent"})["call"]["state"] == "calling"
    assert who.get(path)["prompts"][0]["kind"] == "call_invite"
    view = who.post(f"{path}/call/start", {"endpoint": "applicant-phone"})
    assert view["call"] == {"epoch": 1, "state": "on", "media_endpoint": "applicant-phone"}
    view = agent.post(f"{path}/call/start", {"endpoint": "agent"})  # a reload of the console: a new epoch
    assert view["call"] == {"epoch": 2, "state": "on", "media_endpoint": "applicant-phone"}
    assert who.post(f"{path}/call/end")["call"]["state"] == "idle"
    assert who.post(f"{path}/call/end")["state"] == "active"


def test_only_the_whole_screen(pair: tuple[Applicant, Agent, str]) -> None:
    """S18, S21, P29, P30: asked, agreed, whole screen, stopped by either side, and again."""
    who, agent, path = pair
    assert refused(agent, f"{path}/screen/grant") == "not_allowed_now"  # nobody agrees for another
    assert refused(who, f"{path}/screen/started", {"surface": "monitor"}) == "not_allowed_now"  # not agreed yet
    who.post(f"{path}/screen/grant")
    for surface in ("window", "browser", None):
        assert refused(who, f"{path}/screen/started", {"surface": surface}) == "wrong_surface"
    view = who.post(f"{path}/screen/started", {"surface": "monitor"})
    assert view["screen"] == {"state": "on", "surface": "monitor"}
    assert agent.post(f"{path}/screen/stopped")["screen"]["state"] == "none"
    assert agent.post(f"{path}/screen/request")["screen"]["state"] == "requested"
    assert [p["kind"] for p in who.get(path)["prompts"]] == ["screen_request"]
    assert who.post(f"{path}/screen/refuse")["screen"]["state"] == "none"
    who.post(f"{path}/screen/grant")  # S20: the applicant may offer it
    assert who.post(f"{path}/screen/started", {"surface": "monitor"})["screen"]["state"] == "on"


def test_help_ends_with_the_screen(pair: tuple[Applicant, Agent, str]) -> None:
    who, agent, path = pair
    agent.post(f"{path}/control/request")
    assert refused(agent, f"{path}/control/grant") == "not_allowed_now"
    assert who.post(f"{path}/control/grant")["control"]["state"] == "on"
    who.post(f"{path}/screen/grant")
    assert who.post(f"{path}/screen/stopped")["control"]["state"] == "none"


def test_suspending_turns_everything_off(pair: tuple[Applicant, Agent, str], office: Office) -> None:
    who, agent, path = pair
    who.post(f"{path}/screen/grant")
    who.post(f"{path}/screen/started", {"surface": "monitor"})
    agent.post(f"{path}/control/request")
    view = who.post(f"{path}/suspend", {"reason": "去拿材料"})
    assert (view["call"]["state"], view["screen"]["state"], view["control"]["state"]) == ("idle", "none", "none")
    sound(office)


def test_turn_credentials_run_out(office: Office, pair: tuple[Applicant, Agent, str]) -> None:
    """coturn's REST scheme: the name is expiry:login, the password its HMAC-SHA1."""
    who, _, path = pair
    config = office.app.extensions["settings"]
    config.turn_urls, config.turn_secret, config.stun_urls = ["turn:turn.example.cn:3478"], "s3cret", ["stun:x.cn"]
    stun, turn = who.get(f"{path}/ice")["ice_servers"]
    assert stun == {"urls": ["stun:x.cn"]}
    expiry, login = turn["username"].split(":")
    assert 0 < int(expiry) - now().timestamp() <= 3600
    assert login
    mac = hmac.new(b"s3cret", turn["username"].encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(mac).decode()


def test_the_device_check_is_told_to_the_agent(pair: tuple[Applicant, Agent, str]) -> None:
    who, agent, path = pair
    who.post(f"{path}/devices", {"camera": "none", "microphone": "ok"})
    event = agent.get(f"{path}/events")["events"][-1]
    assert (event["kind"], event["payload"]["camera"]) == ("device.checked", "none")


# --- 手机接入 ------------------------------------------------------------------------------------------------------


def phone(office: Office, ticket: str) -> tuple[int, dict]:
    reply = office.app.test_client().post("/api/handover/redeem", json={"ticket": ticket})
    return reply.status_code, reply.get_json()


def test_the_phone_joins_the_same_session(office: Office, pair: tuple[Applicant, Agent, str]) -> None:
    """S29, S30: one code, one phone, this session and nothing else; the media moves there."""
    who, agent, path = pair
    code = who.post(f"{path}/handover")
    assert Image.open(BytesIO(base64.b64decode(code["qr"].split(",", 1)[1]))).format == "PNG"
    assert len(code["url"]) < 100  # a QR code that a phone reads at once
    ticket = code["url"].rsplit("/", 1)[1]
    status, body = phone(office, ticket)
    assert (status, body["session_id"]) == (200, path.rsplit("/", 1)[1])
    mobile = Applicant(office.app, body["access_token"], who.name, who.id)
    assert mobile.get(path)["state"] == "active"
    view = mobile.post(f"{path}/call/start", {"endpoint": "applicant-phone"})
    assert (view["call"]["media_endpoint"], view["call"]["epoch"]) == ("applicant-phone", 2)
    mobile.post(f"{path}/messages", {"client_id": "1", "text": "手机上"})
    for other in ("/bookings", "/me"):
        assert mobile.try_("GET", other)[0] in (200, 403)
    assert mobile.try_("GET", "/bookings")[0] == 403
    assert mobile.try_("POST", f"{path}/handover", {})[0] == 403  # a phone hands nothing on
    assert phone(office, ticket)[1]["error"]["code"] == "expired"  # once
    assert "phone.joined" in [e["kind"] for e in agent.get(f"{path}/events")["events"]]


def test_a_newer_code_makes_the_older_worthless(office: Office, pair: tuple[Applicant, Agent, str]) -> None:
    who, agent, path = pair
    first, second = (who.post(f"{path}/handover")["url"].rsplit("/", 1)[1] for _ in range(2))
    assert phone(office, first)[0] == 410
    agent.post(f"{path}/complete", {"outcome": "advice"})
    assert phone(office, second)[0] == 410  # the session moved on
    assert phone(office, "made-up")[0] == 410


def test_a_phone_login_reaches_one_session_only(office: Office, pair: tuple[Applicant, Agent, str]) -> None:
    who, agent, path = pair
    ticket = who.post(f"{path}/handover")["url"].rsplit("/", 1)[1]
    mobile = Applicant(office.app, phone(office, ticket)[1]["access_token"], who.name, who.id)
    agent.post(f"{path}/complete", {"outcome": "advice"})
    office.do(lambda: duty.wrap_up_done(actor(agent)))
    second = f"/sessions/{office.in_session(who, agent)}"
    assert who.get(second)["state"] == "active"
    assert mobile.try_("GET", second)[0] == 404
    assert mobile.get("/sessions/mine")["items"] == []

