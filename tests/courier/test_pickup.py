"""填写预约取件信息 (guide rows S31, S32): pushed, filled in, ordered at the courier over HTTP, collected."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text

from backend.catalog.models import Item
from backend.courier.gateway import signature
from backend.courier.machine import State, machine
from backend.courier.models import PickupForm
from backend.platform.clock import SHANGHAI, today
from backend.platform.db import db, unit_of_work
from backend.platform.jobs import JobOutbox
from tests.actors import Refused, Stage
from tests.courier.conftest import GOOD, KEY, Counter
from tests.office import Office


def test_the_whole_way(counter: Counter) -> None:
    assert "pickup.push" in counter.agent.get(f"/sessions/{counter.session_id}")["actions"]
    counter.push()
    view = counter.applicant.get(f"/sessions/{counter.session_id}")
    assert next(p["title"] for p in view["prompts"] if p["kind"] == "pickup") == "填写预约取件信息"
    assert "pickup.submit" in view["actions"]
    assert {"key": "mail", "title": "邮寄", "done": False} in view["progress"]
    submitted = counter.submit()
    assert (submitted["state"], submitted["waybill"]) == ("submitted", None)
    counter.run_jobs()
    mine, theirs = counter.form(), counter.form(counter.agent)
    assert (mine["state"], mine["name"], mine["address"]) == ("ordered", "张三", GOOD["address"])
    assert mine["waybill"] == theirs["waybill"]
    assert mine["waybill"].startswith("SF")
    assert (theirs["name"], theirs["phone"], theirs["address"]) == ("张*", "199****1111", None)
    order = counter.sandbox.ask("GET", f"/orders/{mine['id']}").json()
    assert order["sender"]["address"] == f"广东省深圳市福田区{GOOD['address']}"
    assert (
        order["window"]["start"]
        == datetime.fromisoformat(mine["window"]["start"]).astimezone(SHANGHAI).isoformat()
    )
    assert counter.sandbox.ask("POST", f"/orders/{mine['id']}/collect").json() == {"told": 200}
    assert counter.sandbox.ask("POST", f"/orders/{mine['id']}/collect").json() == {"told": 200}
    assert counter.form()["state"] == "collected"
    assert counter.kinds() == ["pickup.requested", "pickup.submitted", "pickup.ordered", "pickup.collected"]


def test_offered_times_are_working_days_from_tomorrow(counter: Counter) -> None:
    options = counter.applicant.get(f"/sessions/{counter.session_id}/pickup/options")
    assert len(options["districts"]) == 10
    assert options["notice"] == "目前仅提供深圳地区上门收件服务"
    starts = [datetime.fromisoformat(w["start"]).astimezone(SHANGHAI) for w in options["windows"]]
    assert len(starts) == 15
    assert min(s.date() for s in starts) > today()
    assert starts == sorted(starts)
    assert {s.hour for s in starts} == {9, 14, 16}


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"district": "天河区"}, "outside_shenzhen", "目前仅提供深圳地区上门收件服务"),
        ({"address": "广东省广州市天河区体育西路1号"}, "outside_shenzhen", "目前仅提供深圳地区上门收件服务"),
        ({"address": "惠州市惠阳区淡水街道1号楼"}, "outside_shenzhen", "目前仅提供深圳地区上门收件服务"),
        ({"address": "香港特别行政区九龙弥敦道1号"}, "outside_shenzhen", "目前仅提供深圳地区上门收件服务"),
        ({"address": "深圳市南山区科技园1栋2单元"}, "district_mismatch", "不一致"),
        ({"address": "3楼"}, "address_too_short", "门牌号"),
        ({"phone": "12345"}, "pickup_phone_invalid", "11 位"),
        ({"name": "<b>"}, "pickup_name_invalid", "姓名"),
        ({"window": "2020-01-01-09"}, "pickup_window_gone", "重新选择"),
    ],
)
def test_what_is_wrong_is_said(counter: Counter, changed: dict[str, Any], code: str, said: str) -> None:
    counter.push()
    with pytest.raises(Refused) as refused:
        counter.submit(**changed)
    assert (refused.value.status, refused.value.code) == (422, code)
    assert said in refused.value.error["message"]
    assert counter.form()["state"] == "requested"


@pytest.mark.parametrize(
    "address",
    [
        "深圳市福田区福中路100号", "广东省深圳市福田区莲花街道景田北1号", "福田区东门市场A座1001", "浙江大厦12楼1201室",
        "市民中心C区3楼", "上海宾馆旁福华路8号", "北京大学深圳医院南门", "香港中文大学（深圳）宿舍3栋",
    ],
)  # fmt: skip
def test_shenzhen_names_of_other_places_are_no_other_places(counter: Counter, address: str) -> None:
    counter.push()
    assert counter.submit(address=address)["state"] == "submitted"


def test_personal_data_is_stored_encrypted_and_told_to_nobody_else(counter: Counter) -> None:
    """Not in the row, not in the timeline, not in the job, not in the agent's view."""
    counter.push()
    counter.submit(name="欧阳若曦", phone="19912345678")
    counter.run_jobs()
    secrets = ("欧阳若曦", "19912345678", GOOD["address"])
    with counter.app.app_context():
        for table in ("pickup_form", "timeline_event", "job_outbox"):
            stored = " ".join(str(tuple(row)) for row in db.session.execute(text(f"SELECT * FROM {table}")))
            assert not [s for s in secrets if s in stored], table
    seen = json.dumps(counter.agent.get(f"/sessions/{counter.session_id}"), ensure_ascii=False)
    assert not [s for s in secrets if s in seen]


def test_once_per_push_and_correctable_until_ordered(counter: Counter) -> None:
    """The same again changes nothing; other words correct it and the courier gets the last ones; then it is closed."""
    counter.push()
    first = counter.submit()
    assert counter.submit() == first
    counter.submit(address="莲花街道景田北路2号", window=counter.window(4))
    assert counter.kinds() == ["pickup.requested", "pickup.submitted", "pickup.submitted"]
    counter.run_jobs()
    order = counter.sandbox.ask("GET", f"/orders/{first['id']}").json()
    assert (order["revision"], "景田北路" in order["sender"]["address"]) == (2, True)
    assert counter.kinds()[-1] == "pickup.ordered"
    assert counter.sandbox.ask("GET", "/").json()["orders"] == 1
    with pytest.raises(Refused) as refused:
        counter.submit(address="福中三路200号大厦")
    assert (refused.value.status, refused.value.code) == (409, "pickup_ordered")


def test_a_correction_while_the_order_is_on_its_way(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The courier answers for the first words after the second ones were saved: the second are ordered."""
    from backend.courier import gateway, jobs, service

    counter.push()
    form = counter.submit()
    real = gateway.HttpCourier.order

    def slow(self: gateway.HttpCourier, order: gateway.Order) -> str:
        waybill = real(self, order)
        monkeypatch.undo()
        with counter.app.test_request_context():
            counter.submit(address="深南大道1006号国际创新中心")
        return waybill

    monkeypatch.setattr(gateway.HttpCourier, "order", slow)
    with counter.app.app_context():
        jobs.order(form["id"])
        assert service.latest(counter.session_id).state == "submitted"
    counter.run_jobs()
    assert counter.form()["state"] == "ordered"
    order = counter.sandbox.ask("GET", f"/orders/{form['id']}").json()
    assert (order["revision"], "国际创新中心" in order["sender"]["address"]) == (2, True)


@pytest.mark.parametrize("fault", ["down", "garbage", "slow"])
def test_a_courier_that_fails_is_asked_again(counter: Counter, fault: str) -> None:
    """The applicant's submit is not touched by it; the job comes again and orders once."""
    import time_machine

    from backend.courier.errors import CourierUnreachable
    from backend.platform.clock import now

    counter.push()
    form = counter.submit()
    counter.sandbox.fails(fault, 1)
    with pytest.raises(CourierUnreachable):
        counter.run_jobs()
    assert counter.form()["state"] == "submitted"
    with counter.app.app_context():
        row = db.session.scalars(select(JobOutbox).where(JobOutbox.name == "courier.order")).one()
        due = row.due_at
    assert due > now()
    with time_machine.travel(due):
        counter.run_jobs()
    assert counter.form()["state"] == "ordered"
    assert counter.sandbox.ask("GET", f"/orders/{form['id']}").json()["waybill"] == counter.form()["waybill"]


def test_an_unsigned_push_is_refused(counter: Counter) -> None:
    counter.push()
    form = counter.submit()
    counter.run_jobs()
    told = {
        "ref": form["id"],
        "waybill": counter.form()["waybill"],
        "state": "collected",
        "at": "2026-11-25T06:00:00Z",
    }
    body = json.dumps(told).encode()
    client = counter.app.test_client()
    for sign in ("", "0" * 64, signature(body + b" ", KEY)):
        answer = client.post(
            "/api/courier/push",
            data=body,
            content_type="application/json",
            headers={"X-Courier-Signature": sign},
        )
        assert answer.status_code == 401
    assert counter.form()["state"] == "ordered"
    strange = json.dumps({**told, "waybill": "SF0"}).encode()
    answer = client.post(
        "/api/courier/push",
        data=strange,
        content_type="application/json",
        headers={"X-Courier-Signature": signature(strange, KEY)},
    )
    assert answer.status_code == 404


def test_only_where_there_is_something_to_mail(counter: Counter) -> None:
    with pytest.raises(Refused) as refused:
        counter.submit()
    assert refused.value.code == "pickup_not_asked"
    with counter.app.app_context(), unit_of_work():
        db.session.get_one(Item, counter.office.item_id).mail_allowed = False
    with pytest.raises(Refused) as refused:
        counter.push()
    assert refused.value.code == "mail_not_allowed"
    view = counter.agent.get(f"/sessions/{counter.session_id}")
    assert "pickup.push" not in view["actions"]
    assert "mail" not in [p["key"] for p in view["progress"] if p["done"] is not None]


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("name", ["submit", "cancel"])
def test_moves_over_http(counter: Counter, state: State, name: str) -> None:
    form = counter.push()
    if state in (State.SUBMITTED, State.ORDERED, State.COLLECTED):
        counter.submit()
    if state in (State.ORDERED, State.COLLECTED):
        counter.run_jobs()
    if state == State.COLLECTED:
        counter.sandbox.ask("POST", f"/orders/{form['id']}/collect")
    if state == State.CANCELLED:
        counter.agent.post(f"/sessions/{counter.session_id}/pickup/cancel")
    verb = {
        "submit": lambda: counter.submit(address="深南大道1006号国际创新中心"),
        "cancel": lambda: counter.agent.post(f"/sessions/{counter.session_id}/pickup/cancel"),
    }[name]
    if state in machine.moves[name].sources:
        assert verb()["state"] == machine.moves[name].target
    else:
        with pytest.raises(Refused) as refused:
            verb()
        assert refused.value.status == 409
        assert counter.form()["state"] == state


def test_filled_in_after_the_talk(counter: Counter) -> None:
    """The agent pushes and ends the session; the applicant may still fill in."""
    counter.push()
    counter.agent.post(f"/sessions/{counter.session_id}/complete", {"outcome": "accepted", "note": ""})
    assert counter.submit()["state"] == "submitted"


def test_who_may_do_what(counter: Counter) -> None:
    counter.push()
    stranger, colleague = counter.office.applicant("李四"), counter.office.agent("赵老师")
    path = f"/sessions/{counter.session_id}/pickup"
    assert stranger.try_("POST", f"{path}/submit", {**GOOD, "window": counter.window()})[0] == 404
    assert stranger.try_("GET", f"{path}/options")[0] == 404
    assert colleague.try_("POST", path, {})[0] == 404
    assert counter.agent.try_("POST", f"{path}/submit", {**GOOD, "window": counter.window()})[0] == 403
    assert counter.applicant.try_("POST", path, {})[0] == 403


def test_one_live_form_whatever_is_pressed(any_stage: Stage) -> None:
    """Twenty pushes at once, then twenty submits of the same words: one form, one submission, one job."""
    office = Office(any_stage)
    applicant, agent = office.applicant(), office.agent()
    session_id = office.in_session(applicant, agent)
    window = applicant.get(f"/sessions/{session_id}/pickup/options")["windows"][0]["id"]

    def at_once(press: Any) -> list[int]:
        line = Barrier(20)

        def go(_: int) -> int:
            line.wait()
            return press()

        with ThreadPoolExecutor(20) as pool:
            return sorted(pool.map(go, range(20)))

    def push() -> int:
        return type(agent)(office.app, agent.token, agent.name, agent.id).try_(
            "POST", f"/sessions/{session_id}/pickup", {}
        )[0]

    def submit() -> int:
        person = type(applicant)(office.app, applicant.token, applicant.name, applicant.id)
        return person.try_("POST", f"/sessions/{session_id}/pickup/submit", {**GOOD, "window": window})[0]

    assert at_once(push) == [201] + [409] * 19
    assert at_once(submit) == [200] * 20
    with office.app.app_context():
        form = db.session.scalars(select(PickupForm)).one()
        assert (form.state, form.revision) == ("submitted", 1)
        assert len(db.session.scalars(select(JobOutbox).where(JobOutbox.name == "courier.order")).all()) == 1


def test_the_sandbox_is_a_server_of_its_own(counter: Counter) -> None:
    assert counter.sandbox.ask("GET", "/").json()["name"] == "courier sandbox"
    import requests

    assert requests.put(f"{counter.sandbox.url}/orders/x", json={}, timeout=30).status_code == 401
    assert (
        counter.sandbox.ask("PUT", "/orders/x", {"sender": {"name": "张三"}, "revision": 1}).status_code
        == 422
    )
