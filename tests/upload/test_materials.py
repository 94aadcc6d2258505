"""材料核验 from asking to the watermarked copy (guide rows S25–S28): the moves, who may, what is told."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest

from backend.upload.machine import State, machine
from tests.actors import Applicant, Refused
from tests.upload.conftest import Desk, photo


def kinds(desk: Desk) -> list[str]:
    return [e["kind"] for e in desk.events() if e["kind"].startswith("material.")]


def test_the_whole_way(desk: Desk) -> None:
    """Asked from the item's list and freely, uploaded, rejected with a reason, replaced, verified, copied."""
    options = desk.agent.get(f"/sessions/{desk.session_id}/materials/options")["items"]
    assert [(o["name"], o["material_id"]) for o in options] == [("身份证", None)]
    pushed = desk.agent.post(
        f"/sessions/{desk.session_id}/materials",
        {"requirement_ids": [options[0]["id"]], "items": [{"name": "体检表", "original_required": False}]},
    )["items"]
    assert [(m["name"], m["state"], m["note"]) for m in pushed] == [
        ("身份证", "requested", "正反面"),
        ("体检表", "requested", ""),
    ]
    card = pushed[0]["id"]
    view = desk.applicant.get(f"/sessions/{desk.session_id}")
    prompt = next(p for p in view["prompts"] if p["kind"] == "materials")
    assert prompt["data"]["names"] == ["身份证", "体检表"]
    assert "materials.upload" in view["actions"]
    assert {"key": "materials", "title": "材料", "done": False} in view["progress"]

    first = desk.applicant.uploads(card, photo(mark=1), "身份证正面.jpg")
    assert (first["state"], first["actions"]) == ("uploaded", ["upload"])
    rejected = desk.agent.post(f"/materials/{card}/reject", {"reason": "拍得不清楚，请重拍", "no": 1})
    assert (rejected["state"], rejected["reason"]) == ("rejected", "拍得不清楚，请重拍")
    second = desk.applicant.uploads(card, photo(mark=2), "身份证正面2.jpg")
    assert [(v["no"], v["state"]) for v in second["versions"]] == [(1, "rejected"), (2, "uploaded")]
    third = desk.applicant.uploads(card, photo(mark=3))
    assert [v["state"] for v in third["versions"]] == ["rejected", "replaced", "uploaded"]
    verified = desk.agent.post(f"/materials/{card}/verify", {"no": 3})
    assert (verified["state"], verified["versions"][2]["checked_by"]) == ("verified", "王老师")
    desk.run_jobs()
    assert desk.of(card)["versions"][2]["copy_attachment_id"]
    assert kinds(desk) == [
        "material.requested", "material.uploaded", "material.rejected", "material.uploaded", "material.uploaded",
        "material.verified", "material.copied",
    ]  # fmt: skip
    desk.applicant.uploads(pushed[1]["id"], photo(mark=4))
    progress = {p["key"]: p["done"] for p in desk.applicant.get(f"/sessions/{desk.session_id}")["progress"]}
    assert (progress["materials"], progress["verification"]) == (True, False)


def test_asking_again_reminds_and_does_not_double(desk: Desk) -> None:
    option = desk.agent.get(f"/sessions/{desk.session_id}/materials/options")["items"][0]["id"]
    ask = {"requirement_ids": [option, option]}
    for _ in range(2):
        items = desk.agent.post(f"/sessions/{desk.session_id}/materials", ask)["items"]
    assert len(items) == 1
    assert kinds(desk) == ["material.requested", "material.requested"]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ({}, "nothing_requested"),
        ({"requirement_ids": ["x" * 26]}, "unknown_requirement"),
        ({"items": [{}]}, "invalid"),
    ],
)
def test_a_bad_list_is_refused(desk: Desk, ask: dict, code: str) -> None:
    status, body = desk.agent.try_("POST", f"/sessions/{desk.session_id}/materials", ask)
    assert (status, body["error"]["code"]) == (422, code)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("name", list(machine.moves))
def test_every_move_from_every_state(desk: Desk, state: State, name: str) -> None:
    """The table is the truth: over HTTP each move is answered with its target, or 409 naming the state."""
    material = bring(desk, state)
    verb = {
        "upload": lambda: desk.applicant.uploads(material, photo(mark=77)),
        "capture": lambda: capture(desk, material),
        "verify": lambda: desk.agent.verifies(material),
        "reject": lambda: desk.agent.post(f"/materials/{material}/reject", {"reason": "不清楚"}),
        "reopen": lambda: desk.agent.post(f"/materials/{material}/reopen", {"reason": "看错了"}),
        "withdraw": lambda: desk.agent.post(f"/materials/{material}/withdraw"),
    }[name]
    move = machine.moves[name]
    if state in move.sources:
        verb()
        assert stored_state(desk, material) == move.target
    else:
        with pytest.raises(Refused) as refused:
            verb()
        assert (refused.value.status, refused.value.error["details"]["state"]) == (409, state)
        assert stored_state(desk, material) == state


def bring(desk: Desk, state: State) -> str:
    material = desk.material()
    if state in (State.UPLOADED, State.REJECTED, State.VERIFIED):
        desk.applicant.uploads(material, photo())
    if state == State.REJECTED:
        desk.agent.post(f"/materials/{material}/reject", {"reason": "不清楚"})
    if state == State.VERIFIED:
        desk.agent.verifies(material)
    if state == State.WITHDRAWN:
        desk.agent.post(f"/materials/{material}/withdraw")
    return material


def capture(desk: Desk, material: str) -> dict:

    form = {"file": (BytesIO(photo(mark=88)), "抓拍.jpg"), "material_id": material}
    return desk.agent.post(f"/sessions/{desk.session_id}/snapshots", data=form)


def stored_state(desk: Desk, material: str) -> str:
    from backend.platform.db import db
    from backend.upload.models import Material

    with desk.app.app_context():
        return db.session.get_one(Material, material).state


def test_who_may_do_what(desk: Desk) -> None:
    """Another applicant, another agent: the answer is that of a material that is not there. A supervisor looks only."""
    material = desk.uploaded(photo())["id"]
    stranger, colleague = desk.office.applicant("李四"), desk.office.agent("赵老师")
    boss = desk.office.stage.agent("班长", roles=("agent", "supervisor"))
    missing = desk.agent.try_("POST", f"/materials/{'0' * 26}/verify", {})
    for person, path in (
        (stranger, f"/materials/{material}/versions"),
        (colleague, f"/materials/{material}/verify"),
        (colleague, f"/materials/{material}/withdraw"),
    ):
        kw = {"data": {"file": (BytesIO(photo()), "a.jpg")}} if "versions" in path else {"json": {}}
        status, body = person.try_("POST", path, **kw)
        assert (status, body["error"]["code"], body["error"]["message"]) == (
            404,
            missing[1]["error"]["code"],
            missing[1]["error"]["message"],
        )
    assert boss.try_("POST", f"/materials/{material}/verify", {})[0] == 403
    assert boss.get(f"/sessions/{desk.session_id}/materials")["items"][0]["actions"] == []
    assert desk.applicant.try_("POST", f"/materials/{material}/verify", {})[0] == 403
    assert desk.agent.try_("POST", f"/materials/{material}/versions", data={})[0] == 403


def test_only_while_the_two_are_in_session(desk: Desk) -> None:
    """The agent checks in session only; the applicant may go on uploading while it is suspended, not after its end."""
    material = desk.material()
    desk.applicant.post(
        f"/sessions/{desk.session_id}/suspend", {"reason": "去拿原件", "missing": ["学历证书"]}
    )
    desk.applicant.uploads(material, photo())
    with pytest.raises(Refused) as refused:
        desk.agent.verifies(material)
    assert (refused.value.status, refused.value.code) == (409, "session_not_active")
    desk.applicant.post(f"/sessions/{desk.session_id}/leave")
    with pytest.raises(Refused) as refused:
        desk.applicant.uploads(material, photo(mark=2))
    assert refused.value.code == "upload_closed"


def test_a_check_is_of_what_was_seen(desk: Desk) -> None:
    material = desk.uploaded(photo(mark=1))["id"]
    desk.applicant.uploads(material, photo(mark=2))
    with pytest.raises(Refused) as refused:
        desk.agent.post(f"/materials/{material}/verify", {"no": 1})
    assert (refused.value.status, refused.value.code) == (409, "version_changed")
    assert desk.of(material)["state"] == "uploaded"


def test_a_double_press_is_one_file(desk: Desk) -> None:
    """P39: the same request replayed, and the same file sent again: one version, one file, one event."""
    material, data = desk.material(), photo()

    answers = [
        desk.applicant.post(
            f"/materials/{material}/versions",
            data={"file": (BytesIO(data), "证书.jpg")},
            key="double-press-1",
        )
        for _ in range(2)
    ]
    answers.append(desk.applicant.uploads(material, data, "证书.jpg"))
    assert [len(a["versions"]) for a in answers] == [1, 1, 1]
    assert len(desk.files()) == 1
    assert kinds(desk).count("material.uploaded") == 1


def test_reopening_voids_the_check(desk: Desk) -> None:
    material = desk.verified(photo(mark=1))["id"]
    with pytest.raises(Refused):
        desk.applicant.uploads(material, photo(mark=2))
    desk.agent.post(f"/materials/{material}/reopen", {"reason": "照片与原件不一致"})
    assert desk.applicant.try_("GET", f"/materials/{material}/copy")[0] == 404
    again = desk.applicant.uploads(material, photo(mark=2))
    assert [v["state"] for v in again["versions"]] == ["voided", "uploaded"]
    desk.agent.verifies(material)
    desk.run_jobs()
    assert [bool(v["copy_attachment_id"]) for v in desk.of(material)["versions"]] == [True, True]


def test_verify_against_replace(any_desk: Desk) -> None:
    """Twenty times at once: what is verified is the newest version, or the replacement was refused. Never a mix."""
    desk = any_desk
    for turn in range(20):
        material = desk.uploaded(photo(mark=turn))["id"]
        line = Barrier(2)

        def verify(material: str = material, line: Barrier = line) -> int:
            line.wait()
            return desk.agent.try_("POST", f"/materials/{material}/verify", {"no": 1})[0]

        def replace(material: str = material, line: Barrier = line, turn: int = turn) -> int:

            form = {"file": (BytesIO(photo(mark=1000 + turn)), "新.jpg")}
            line.wait()
            return desk.applicant.try_("POST", f"/materials/{material}/versions", data=form)[0]

        with ThreadPoolExecutor(2) as pool:
            checked, replaced = pool.submit(verify).result, pool.submit(replace).result
            answers = checked(), replaced()
        now = desk.of(material)
        assert answers in ((200, 409), (409, 201))
        assert now["state"] == ("verified" if answers[0] == 200 else "uploaded")
        assert len(now["versions"]) == (1 if answers[0] == 200 else 2)


def test_thirty_uploads_at_once_make_one_line_of_versions(any_desk: Desk) -> None:
    desk, material = any_desk, any_desk.material()
    line = Barrier(30)

    def send(n: int) -> int:

        person = Applicant(desk.app, desk.applicant.token, desk.applicant.name, desk.applicant.id)
        line.wait()
        return person.try_(
            "POST", f"/materials/{material}/versions", data={"file": (BytesIO(photo(mark=n)), "a.jpg")}
        )[0]

    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(send, range(30))) == {201}
    versions = desk.of(material)["versions"]
    assert [v["no"] for v in versions] == list(range(1, 31))
    assert [v["state"] for v in versions].count("uploaded") == 1
    assert len(desk.files()) == 30


def test_a_snapshot_is_a_version_or_a_picture_by_itself(desk: Desk) -> None:
    material = desk.material()
    taken = capture(desk, material)
    assert taken["purpose"] == "snapshot"
    assert desk.of(material)["versions"][0]["attachment_id"] == taken["id"]

    desk.agent.post(
        f"/sessions/{desk.session_id}/snapshots", data={"file": (BytesIO(photo(mark=5)), "现场.jpg")}
    )
    assert [e["kind"] for e in desk.events()][-1] == "snapshot.taken"


def test_a_handed_over_phone_uploads_for_its_session_only(desk: Desk) -> None:
    """S30: the login of the second phone is narrowed to this session; it may upload here and see nothing else."""
    from backend.identity import service as identity

    with desk.app.app_context():
        scoped = identity.login_scoped(desk.applicant.id, f"session:{desk.session_id}", "h5", "手机")
        other = identity.login_scoped(desk.applicant.id, f"session:{'0' * 26}", "h5", "手机")
    phone = Applicant(desk.app, scoped.access_token, "张三", desk.applicant.id)
    wrong = Applicant(desk.app, other.access_token, "张三", desk.applicant.id)
    material = desk.material()
    version = phone.uploads(material, photo())["versions"][0]
    assert phone.try_("GET", f"/attachments/{version['attachment_id']}")[0] == 200
    assert wrong.try_("GET", f"/attachments/{version['attachment_id']}")[0] == 404
