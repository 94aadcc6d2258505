"""Content rules: what applicants write is looked at where the operator turns it on, through the stand-in for WeChat."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from PIL import Image
from werkzeug.serving import make_server

from backend.identity.models import Identity
from backend.platform import jobs, tickets
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.session import moderation
from backend.wechat.content import MediaCheck
from backend.wechat.gateway import Verdict
from tests.actors import Agent, Applicant, Stage
from tests.office import Office
from tests.ports import free_port
from tests.session.conftest import sound
from tests.wechat.conftest import Sandbox
from tests.wechat.conftest import sandbox as sandbox

WORDS, MEDIA = "/wxa/msg_sec_check", "/wxa/media_check_async"


class Talk:
    """An applicant who uses the mini-program, an agent, and their session."""

    def __init__(self, app: Any, sandbox: Sandbox, base: str, *, known: bool = True) -> None:
        self.sandbox, self.base, self.office = sandbox, base, Office(Stage(app))
        self.who, self.agent = self.office.applicant(), self.office.agent()
        if known:
            with app.app_context(), unit_of_work():
                openid = sandbox.person("张三")["openid"]["mp"]
                db.session.add(Identity(user_id=self.who.id, provider="wechat-mp", subject=openid))
        sandbox.ask("/__sandbox__/seen", {"persona": "张三"})
        self.id = self.office.in_session(self.who, self.agent)

    def says(self, text: str, client_id: str = "m1", person: Applicant | Agent | None = None) -> tuple[int, Any]:
        body = {"client_id": client_id, "text": text}
        return (person or self.who).try_("POST", f"/sessions/{self.id}/messages", body)

    def shows(self, client_id: str = "p1") -> int:
        """A picture in the chat; the number of its message."""
        picture = BytesIO()
        Image.new("RGB", (120, 90), "red").save(picture, "JPEG")
        path, file = f"/sessions/{self.id}", (BytesIO(picture.getvalue()), "图.jpg")
        sent = self.who.post(f"{path}/attachments", data={"file": file, "purpose": "chat"})
        message = {"client_id": client_id, "attachment_id": sent["id"]}
        return self.who.post(f"{path}/messages", message)["event"]["seq"]

    def seen(self, person: Applicant | Agent) -> list[dict[str, Any]]:
        return person.get(f"/sessions/{self.id}/events")["events"]

    def marks(self) -> list[str]:
        """What staff see beside messages, oldest first."""
        return [e["payload"]["suggest"] for e in self.seen(self.agent) if e["kind"] == "chat.flagged"]

    def later(self, seconds: int = 0) -> None:
        with time_machine.travel(now() + timedelta(seconds=seconds)):
            self.office.do(jobs.run_pending)


@pytest.fixture
def talk(make_app: Any, sandbox: Sandbox) -> Iterator[Talk]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    app = make_app(content_check="all", wechat_sandbox_url=sandbox.url, public_url=base)
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Talk(app, sandbox, base)
    server.shutdown()
    server.server_close()


# --- words ------------------------------------------------------------------------------------------------------


def test_unfit_words_are_refused_and_leave_nothing(talk: Talk) -> None:
    before = talk.seen(talk.agent)
    status, body = talk.says("来赌博吧")
    assert (status, body["error"]["code"]) == (422, "content_refused")
    assert talk.seen(talk.agent) == before
    assert talk.says("来办理教师资格认定")[0] == 201  # mended and sent under the same number
    assert talk.marks() == []


def test_doubtful_words_pass_and_staff_see_a_mark(talk: Talk) -> None:
    assert talk.says("请加微信联系")[0] == 201
    assert talk.marks() == ["review"]
    theirs = talk.seen(talk.who)
    assert [e["kind"] for e in theirs[-2:]] == ["chat.text", "hidden"]  # the applicant sees no mark
    sound(talk.office)


@pytest.mark.parametrize("how", [{"status": 502}, {"errcode": -1}, {"errcode": 45009}])
@pytest.mark.parametrize(
    ("text", "after"), [("您好", ["pending", "pass"]), ("请加微信", ["pending", "review"]), ("赌博", ["pending"])]
)
def test_when_wechat_does_not_answer_words_pass_and_are_looked_at_later(
    talk: Talk, how: dict[str, int], text: str, after: list[str]
) -> None:
    talk.sandbox.breaks(WORDS, **how)
    assert talk.says(text)[0] == 201
    assert talk.marks() == ["pending"]
    talk.later()
    assert talk.marks() == after
    shown = next(e for e in talk.seen(talk.agent) if e["kind"] == "chat.text")
    assert ("withheld" in shown["payload"]) == (text == "赌博")
    sound(talk.office)


def test_a_second_look_that_fails_too_is_made_again(talk: Talk) -> None:
    talk.sandbox.breaks(WORDS, times=2, errcode=-1)
    talk.says("您好")
    with pytest.raises(Exception, match="wechat_unavailable"):
        talk.later()
    talk.later(60)
    assert talk.marks() == ["pending", "pass"]


def test_sent_again_is_not_looked_at_again(talk: Talk) -> None:
    for _ in range(3):
        assert talk.says("您好")[0] == 201
    assert len(talk.sandbox.calls(WORDS)) == 1


def test_who_is_not_looked_at(talk: Talk) -> None:
    """Staff, and who has not used the mini-program for two hours."""
    assert talk.says("赌博违法，请勿参与", person=talk.agent)[0] == 201
    assert talk.sandbox.calls(WORDS) == []
    talk.sandbox.later(3 * 3600)
    assert talk.says("赌博", "m2")[0] == 201
    assert talk.marks() == []


def test_off_is_off(make_app: Any, sandbox: Sandbox) -> None:
    talk = Talk(make_app(wechat_sandbox_url=sandbox.url), sandbox, "")
    assert talk.says("赌博")[0] == 201
    talk.shows()
    talk.later()
    assert talk.sandbox.calls(WORDS) + talk.sandbox.calls(MEDIA) == []


def test_who_signed_in_by_phone_is_not_looked_at(make_app: Any, sandbox: Sandbox) -> None:
    by_phone = Talk(make_app(content_check="all", wechat_sandbox_url=sandbox.url), sandbox, "", known=False)
    assert by_phone.says("赌博")[0] == 201
    by_phone.shows()
    by_phone.later()
    assert sandbox.calls(WORDS) + sandbox.calls(MEDIA) == []


def test_texts_alone(make_app: Any, sandbox: Sandbox) -> None:
    talk = Talk(make_app(content_check="text", wechat_sandbox_url=sandbox.url), sandbox, "")
    assert talk.says("赌博")[0] == 422
    talk.shows()
    talk.later()
    assert sandbox.calls(MEDIA) == []


def test_a_stranger_learns_nothing_and_asks_nothing(talk: Talk) -> None:
    other = talk.office.applicant("李四")
    assert talk.says("赌博", person=other)[0] == 404
    assert talk.sandbox.calls(WORDS) == []


# --- pictures ---------------------------------------------------------------------------------------------------


def decided(talk: Talk, **result: Any) -> None:
    """WeChat has looked at the picture and pushes what it thinks."""
    (asked,) = talk.sandbox.ask("/__sandbox__/media_checks")
    where = {"url": f"{talk.base}/wechat/push/mp", **result}
    answers = talk.sandbox.ask(f"/__sandbox__/media_checks/{asked['trace_id']}", where)["answers"]
    assert {a["status"] for a in answers} == {200}
    talk.later()


def test_a_picture_found_unfit_later_is_hidden_from_both(talk: Talk) -> None:
    seq = talk.shows()
    assert any(e["kind"] == "chat.image" for e in talk.seen(talk.agent))  # nobody waited
    talk.later()
    decided(talk, suggest="risky", label=20002, times=2)
    for person in (talk.agent, talk.who):
        picture = next(e for e in talk.seen(person) if e["seq"] == seq)
        assert picture["payload"] == {"withheld": True, "client_id": "p1"}
    events = [e["payload"] for e in talk.seen(talk.agent) if e["kind"] == "chat.withheld"]
    assert events == [{"seq": seq, "label": 20002}]
    sound(talk.office)


@pytest.mark.parametrize(
    ("result", "marks"), [({"suggest": "pass"}, []), ({"suggest": "review"}, ["review"]), ({"errcode": 1}, ["review"])]
)
def test_a_picture_that_stays(talk: Talk, result: dict[str, Any], marks: list[str]) -> None:
    seq = talk.shows()
    talk.later()
    decided(talk, **result)
    assert talk.marks() == marks
    assert "attachment_id" in next(e for e in talk.seen(talk.agent) if e["seq"] == seq)["payload"]


def test_wechat_can_fetch_the_picture_and_nothing_else(talk: Talk) -> None:
    talk.shows()
    talk.later()
    (asked,) = talk.sandbox.ask("/__sandbox__/media_checks")
    client = talk.office.app.test_client()
    picture = client.get(asked["media_url"].removeprefix(talk.base))
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert client.get("/api/attachments/shown/" + "x" * 22).status_code == 404


def test_papers_never_leave(talk: Talk) -> None:
    """Not even with a ticket: the address gives out pictures of the chat only."""
    (material,) = talk.agent.asks_for(talk.id, "身份证")
    picture = BytesIO()
    Image.new("RGB", (120, 90), "blue").save(picture, "JPEG")
    uploaded = talk.who.uploads(material["id"], picture.getvalue())
    talk.later()
    assert talk.sandbox.calls(MEDIA) == []
    paper = uploaded["versions"][-1]["attachment_id"]
    ticket = talk.office.do(lambda: tickets.issue(moderation.TICKET, {"attachment_id": paper}, ttl=60))
    assert talk.office.app.test_client().get(f"/api/attachments/shown/{ticket}").status_code == 404


def test_a_result_faster_than_our_note_comes_again(talk: Talk) -> None:
    unknown = MediaCheck("never asked", Verdict("risky", 20002), failed=False)
    with talk.office.context(), pytest.raises(Exception, match="not_found"):
        moderation.image_checked(unknown)
