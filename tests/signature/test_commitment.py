"""承诺书: pushed, read against the server's clock, signed on a phone, followed live (guide rows S22–S24)."""

import base64
from io import BytesIO

import pytest
from PIL import Image

from backend.signature.machine import State, machine, ticket_machine
from tests.actors import Refused
from tests.signature.conftest import COUNTDOWN, Phone, Signing, handwriting, later


def test_the_whole_way(signing: Signing) -> None:
    """Pushed → countdown → code → scanned → signed; PC and console see each step in view and timeline."""
    assert "commitment.push" in signing.view(signing.agent)["actions"]
    commitment = signing.pushed()
    view = signing.view()
    prompt = next(p for p in view["prompts"] if p["kind"] == "commitment")
    assert (prompt["id"], prompt["data"]["read_seconds_left"]) == (f"commitment:{commitment}", COUNTDOWN)
    assert view["commitment"]["ticket"] is None
    text = signing.applicant.get(f"/commitments/{commitment}")
    assert "初中、小学、幼儿园教师资格认定" in text["body"]
    with later(seconds=COUNTDOWN):
        signing.applicant.reads(commitment)
        assert "commitment.sign" in signing.view()["actions"]
        token = signing.applicant.gets_code(commitment)
        assert signing.view()["commitment"]["ticket"]["state"] == "new"
        phone = Phone(signing, token)
        status, page = phone.opens()
        assert (status, page["masked_name"], page["state"]) == (200, "张*", "scanned")
        assert page["item"] == "初中、小学、幼儿园教师资格认定"
        assert page["body"] == text["body"]
        assert signing.view()["commitment"]["ticket"]["state"] == "scanned"
        status, signature = phone.signs(body_hash=page["body_hash"])
        assert status == 201, signature
    for person in (signing.applicant, signing.agent):
        shown = signing.view(person)["commitment"]
        assert (shown["state"], shown["ticket"]["state"], shown["signature"]["method"]) == (
            "signed",
            "signed",
            "qr",
        )
    assert signing.kinds() == [
        "commitment.pushed", "commitment.read", "sign.ticketed", "sign.scanned", "sign.signed",
    ]  # fmt: skip
    assert {"key": "commitment", "title": "承诺书", "done": True} in signing.view()["progress"]
    assert not [p for p in signing.view()["prompts"] if p["kind"] == "commitment"]


def test_the_countdown_is_the_servers(signing: Signing) -> None:
    """S23, M40: it runs from the first time the server gave the text to the applicant, and can't be shortened."""
    commitment = signing.pushed()
    signing.agent.get(f"/commitments/{commitment}")  # the agent's look does not start it
    with later(seconds=60), pytest.raises(Refused) as refused:
        signing.applicant.reads(commitment)
    assert (refused.value.status, refused.value.code) == (409, "too_early")
    assert refused.value.error["details"]["seconds_left"] == COUNTDOWN
    signing.applicant.get(f"/commitments/{commitment}")
    with later(seconds=COUNTDOWN - 2):
        assert signing.applicant.get(f"/commitments/{commitment}")["read_seconds_left"] in (1, 2)
        with pytest.raises(Refused) as refused:
            signing.applicant.reads(commitment)
        assert refused.value.error["details"]["seconds_left"] in (1, 2)
        assert "请继续阅读" in refused.value.error["message"]
    with later(seconds=COUNTDOWN):
        assert signing.applicant.reads(commitment)["state"] == "read"
        assert signing.applicant.reads(commitment)["state"] == "read"
    assert signing.kinds().count("commitment.read") == 1


@pytest.mark.parametrize("path", ["tickets", "sign"])
def test_nothing_is_signed_early(signing: Signing, path: str) -> None:
    commitment = signing.pushed()
    signing.applicant.get(f"/commitments/{commitment}")
    body = handwriting() if path == "sign" else {}
    status, answer = signing.applicant.try_("POST", f"/commitments/{commitment}/{path}", body)
    assert (status, answer["error"]["code"]) == (409, "not_read_yet")


def test_the_code_is_a_small_picture_of_a_short_address(signing: Signing) -> None:
    commitment = signing.read()
    issued = signing.applicant.post(f"/commitments/{commitment}/tickets")
    assert len(issued["url"]) < 100
    head, _, data = issued["qr"].partition(",")
    assert head == "data:image/png;base64"
    image = Image.open(BytesIO(base64.b64decode(data)))
    assert image.format == "PNG"
    assert 200 <= image.width <= 500


def test_in_place_on_a_phone(signing: Signing) -> None:
    """Rule 9: a phone that holds the session signs without a code; a code that is about stops working."""
    commitment = signing.read()
    token = signing.applicant.gets_code(commitment)
    signature = signing.applicant.post(f"/commitments/{commitment}/sign", handwriting(375, 500, 3))
    assert signature["method"] == "in_place"
    assert Phone(signing, token).opens()[0] == 409
    status, body = signing.applicant.try_("POST", f"/commitments/{commitment}/sign", handwriting())
    assert (status, body["error"]["code"]) == (409, "already_signed")


def test_the_agent_takes_it_back_or_does_not_take_the_name(signing: Signing) -> None:
    first = signing.pushed()
    with pytest.raises(Refused) as refused:
        signing.agent.pushes_commitment(signing.session_id)
    assert refused.value.code == "commitment_already_pushed"
    signing.agent.post(f"/commitments/{first}/withdraw")
    assert signing.view()["commitment"] is None
    second = signing.read()
    signing.applicant.post(f"/commitments/{second}/sign", handwriting())
    with pytest.raises(Refused) as refused:
        signing.agent.pushes_commitment(signing.session_id)
    assert refused.value.code == "already_signed"
    signing.agent.post(f"/commitments/{second}/reject", {"reason": "签名与姓名不符，请重签"})
    assert signing.view()["commitment"]["reason"] == "签名与姓名不符，请重签"
    third = signing.read()
    signing.applicant.post(f"/commitments/{third}/sign", handwriting())
    assert signing.view()["commitment"]["state"] == "signed"
    assert signing.kinds()[-5:] == [
        "sign.signed", "commitment.rejected", "commitment.pushed", "commitment.read", "sign.signed",
    ]  # fmt: skip


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("name", list(machine.moves))
def test_every_move_from_every_state(signing: Signing, state: State, name: str) -> None:
    commitment = bring(signing, state)
    with later(seconds=COUNTDOWN):
        verb = {
            "read": lambda: signing.applicant.reads(commitment),
            "sign": lambda: signing.applicant.post(f"/commitments/{commitment}/sign", handwriting()),
            "reject": lambda: signing.agent.post(f"/commitments/{commitment}/reject", {"reason": "不清楚"}),
            "withdraw": lambda: signing.agent.post(f"/commitments/{commitment}/withdraw"),
        }[name]
        if state in machine.moves[name].sources:
            verb()
            assert stored(signing, commitment) == machine.moves[name].target
        elif name == "read" and state in (State.READ, State.SIGNED):
            verb()  # said twice, no harm
            assert stored(signing, commitment) == state
        else:
            with pytest.raises(Refused) as refused:
                verb()
            assert refused.value.status == 409
            assert stored(signing, commitment) == state


def bring(signing: Signing, state: State) -> str:
    commitment = signing.pushed()
    if state == State.PUSHED:
        signing.applicant.get(f"/commitments/{commitment}")
    if state in (State.READ, State.SIGNED, State.REJECTED):
        signing.read(commitment)
    if state in (State.SIGNED, State.REJECTED):
        signing.applicant.post(f"/commitments/{commitment}/sign", handwriting())
    if state == State.REJECTED:
        signing.agent.post(f"/commitments/{commitment}/reject", {"reason": "不清楚"})
    if state == State.WITHDRAWN:
        signing.agent.post(f"/commitments/{commitment}/withdraw")
    return commitment


def stored(signing: Signing, commitment: str) -> str:
    from backend.platform.db import db
    from backend.signature.models import Commitment

    with signing.app.app_context():
        return db.session.get_one(Commitment, commitment).state


def test_who_may_do_what(signing: Signing) -> None:
    commitment = signing.read()
    stranger, colleague = signing.office.applicant("李四"), signing.office.agent("赵老师")
    boss = signing.office.stage.agent("班长", roles=("agent", "supervisor"))
    missing = stranger.try_("GET", f"/commitments/{'0' * 26}")
    for person, method, path, body in (
        (stranger, "GET", "", None), (stranger, "POST", "/read", {}), (stranger, "POST", "/tickets", {}),
        (stranger, "POST", "/sign", handwriting()), (stranger, "GET", "/signature", None),
        (colleague, "GET", "", None), (colleague, "POST", "/withdraw", {}),
    ):  # fmt: skip
        status, answer = person.try_(method, f"/commitments/{commitment}{path}", body)
        assert (status, answer["error"]["message"]) == (404, missing[1]["error"]["message"]), path
    assert boss.try_("GET", f"/commitments/{commitment}")[0] == 200
    assert boss.try_("POST", f"/commitments/{commitment}/withdraw", {})[0] == 403
    assert signing.agent.try_("POST", f"/commitments/{commitment}/sign", handwriting())[0] == 403


def test_the_end_of_the_session_withdraws_what_is_unsigned(signing: Signing) -> None:
    commitment = signing.read()
    token = signing.applicant.gets_code(commitment)
    phone = Phone(signing, token)
    assert phone.opens()[0] == 200
    signing.agent.post(f"/sessions/{signing.session_id}/complete", {"outcome": "advice", "note": ""})
    assert stored(signing, commitment) == "withdrawn"
    status, body = phone.signs()
    assert (status, body["error"]["code"]) == (409, "session_over")


def test_signed_while_the_line_is_broken(signing: Signing) -> None:
    """Rule 12: a suspended session keeps its commitment; a phone in mid-signature finishes."""
    token = signing.applicant.gets_code(signing.read())
    phone = Phone(signing, token)
    phone.opens()
    signing.applicant.post(f"/sessions/{signing.session_id}/suspend", {"reason": "网络不好", "missing": []})
    assert phone.signs()[0] == 201


def test_the_machines_are_drawn() -> None:
    assert "read --> signed: sign" in machine.mermaid()
    assert "scanned --> signed: sign" in ticket_machine.mermaid()


def test_the_document_to_keep(signing: Signing) -> None:
    """M42 in part: text, handwriting and digests in a PDF that both may fetch, and nobody before it is signed."""
    import pypdfium2

    signing.new_template(
        "\n".join(f"第{n}条　本人就{{item}}所提交的材料真实、准确、完整、有效。" for n in range(60)), 2
    )
    commitment = signing.read()
    assert signing.applicant.try_("GET", f"/commitments/{commitment}/document")[0] == 404
    signature = signing.applicant.post(f"/commitments/{commitment}/sign", handwriting())
    for person in (signing.applicant, signing.agent):
        status, data = person.try_("GET", f"/commitments/{commitment}/document")
        assert status == 200
    with pypdfium2.PdfDocument(data) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
        last = document[len(document) - 1].render(scale=1).to_pil().convert("L")
    compact = "".join(text.split())
    assert "第59条" in compact
    assert "初中、小学、幼儿园教师资格认定" in compact
    assert signature["evidence_sha256"] in compact
    assert min(last.getextrema()) < 80
    assert signing.office.applicant("李四").try_("GET", f"/commitments/{commitment}/document")[0] == 404
