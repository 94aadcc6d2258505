"""From the outbox to a phone, through the stand-in for WeChat: once, by the right channel, at the right hour."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.notice import delivery, kinds
from backend.notice import jobs as notice_jobs
from backend.notice.models import Notice
from backend.platform import jobs
from backend.platform.clock import now
from backend.platform.db import db
from backend.wechat import hooks
from backend.wechat.gateway import gateway
from backend.wechat.messages import Push
from backend.wechat.templates import templates
from tests.notice.conftest import SEND, Post, at


def test_one_consent_is_one_message(post: Post) -> None:
    post.allows("booking_day")
    post.tells(key="k1")
    post.tells(key="k1")  # told again: one row
    post.tells(key="k2")
    post.runs()
    assert [post.state("k1"), post.state("k2")] == [("sent", "mp"), ("sent", "sms")]
    (sent,) = post.sandbox.ask("/__sandbox__/outbox")
    assert (sent["to"], sent["template"]) == ("张三", "sandbox-mp-booking_day")
    assert sent["data"]["time2"]["value"] == "2026年11月27日 06:00"
    assert post.consents("booking_day") == 0
    assert len(post.texted()) == 1  # a reminder is worth a text message when WeChat can't bring it


def test_the_channels_in_their_order(post: Post) -> None:
    post.follows()
    post.tells(key="k1")
    post.follows(False)
    post.runs()  # not a follower any more when it leaves
    assert post.state("k1") == ("sent", "sms")
    post.follows()
    post.tells(key="k2")
    post.allows("booking_day")
    post.tells(key="k3")
    post.runs()
    assert sorted([post.state("k2"), post.state("k3")]) == [("sent", "mp"), ("sent", "oa")]
    assert sorted(post.arrived()) == ["mp", "oa"]


def test_a_consent_withdrawn_in_wechat_goes_by_the_next_channel(post: Post) -> None:
    """Our count says one, WeChat says none (43101): nothing is lost, and our count is set right."""
    post.who.post("/notice/consents", {"results": {"sandbox-mp-booking_day": "accept"}})
    post.who.post("/notice/consents", {"results": {"sandbox-mp-booking_day": "accept"}})
    post.follows()
    post.tells()
    post.runs()
    assert (post.state(), post.arrived(), post.consents("booking_day")) == (("sent", "oa"), ["oa"], 0)


@pytest.mark.parametrize("errcode", [40003, 40037, 41030, 47003])
def test_what_no_repetition_mends_goes_on_at_once(post: Post, errcode: int) -> None:
    post.allows("booking_day")
    post.follows()
    post.sandbox.breaks(SEND["mp"], errcode=errcode)
    post.tells()
    post.runs()
    assert (post.state(), post.arrived()) == (("sent", "oa"), ["oa"])
    assert len(post.sandbox.calls(SEND["mp"])) == 1
    assert post.consents("booking_day") == 1  # not used: it serves the next one


@pytest.mark.parametrize("how", [{"errcode": -1}, {"errcode": 45009}, {"status": 502}])
def test_a_passing_fault_is_tried_again_later(post: Post, clock: Any, how: dict[str, int]) -> None:
    post.allows("booking_day")
    post.sandbox.breaks(SEND["mp"], **how)
    post.tells()
    post.runs()
    assert (post.row().state, post.row().tries, post.arrived()) == ("waiting", 1, [])
    clock(now() + delivery.BACK_OFF[0])
    post.runs()
    assert (post.state(), post.arrived()) == (("sent", "mp"), ["mp"])
    assert post.consents("booking_day") == 0


def test_a_lasting_fault_goes_on_to_the_next_channel_and_ends(post: Post, clock: Any) -> None:
    post.allows("booking_made")
    post.follows()
    for path in SEND.values():
        post.sandbox.breaks(path, times=99, errcode=-1)
    post.tells("booking_made")
    for _ in range(10):
        post.runs()
        clock(now() + timedelta(minutes=11))
    assert post.state() == ("failed", None)
    assert [len(post.sandbox.calls(path)) for path in SEND.values()] == [4, 4]
    assert post.consents("booking_made") == 1
    post.signs_in()
    assert post.who.get("/notices")["items"][0]["title"] == "预约成功"  # it is in the list all the same


def test_an_answer_that_got_lost_is_no_second_message(post: Post, clock: Any, monkeypatch: Any) -> None:
    """WeChat took it, the answer never came: asked again, WeChat has no consent left, and that is the answer."""
    post.allows("booking_day")
    post.follows()
    post.tells()
    from backend.wechat.errors import WechatUnavailable

    with post.app.app_context():
        real = gateway()

    class Deaf:
        def subscribe_message(self, *args: Any) -> None:
            real.subscribe_message(*args)
            raise WechatUnavailable()

    monkeypatch.setitem(post.app.extensions, "wechat", Deaf())
    post.runs()
    monkeypatch.setitem(post.app.extensions, "wechat", real)
    assert (post.row().state, post.row().unsure) == ("waiting", True)
    clock(now() + delivery.BACK_OFF[0])
    post.runs()
    assert (post.state(), post.arrived()) == (("sent", "mp"), ["mp"])


def test_ten_workers_at_once_send_once(any_post: Post) -> None:
    post = any_post
    post.allows("booking_day", times=3)
    post.tells()
    notice_id = post.row().id
    barrier = threading.Barrier(10)

    def work() -> None:
        barrier.wait(60)
        post.do(lambda: delivery.deliver(notice_id))

    threads = [threading.Thread(target=work) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert (post.state(), post.arrived(), post.consents("booking_day")) == (("sent", "mp"), ["mp"], 2)


def test_a_worker_that_dies_leaves_it_to_the_next(post: Post, clock: Any) -> None:
    post.allows("booking_day")
    post.tells()
    post.do(lambda: delivery._claim(post.row().id))  # … and is killed before it asks WeChat
    post.runs()
    assert post.arrived() == []
    clock(now() + delivery.LEASE)
    post.runs()
    assert (post.state(), post.arrived()) == (("sent", "mp"), ["mp"])


def test_withdrawn_is_not_sent_and_not_shown(post: Post) -> None:
    from backend.notice import service
    from backend.platform.db import unit_of_work

    def withdraw() -> None:
        with unit_of_work():
            service.withdraw("k", "never there")

    post.allows("booking_day")
    post.tells()
    post.do(withdraw)
    post.runs()
    assert (post.row().state, post.arrived(), post.who.get("/notices")["items"]) == ("withdrawn", [], [])
    assert post.consents("booking_day") == 1


def test_taken_but_not_delivered_goes_by_the_next_channel(post: Post) -> None:
    """The official account took it, then reports that the person blocks it; a report of success changes nothing."""
    post.follows()
    for key in ("k1", "k2"):
        post.tells(key=key)
    post.runs()
    assert [post.state("k1"), post.state("k2")] == [("sent", "oa"), ("sent", "oa")]
    for key, status in (("k1", "failed:user block"), ("k1", "failed:user block"), ("k2", "success")):
        data = {"MsgID": post.row(key).receipt or "gone", "Status": status}
        push = Push("oa", "o1", "gh", "event", "templatesendjobfinish", "", "", 1, "", data)
        post.do(lambda push=push: hooks.work(push))
    post.runs()
    assert [post.state("k1"), post.state("k2")] == [("sent", "sms"), ("sent", "oa")]
    assert (len(post.texted()), post.row("k1").error) == (1, "oa: failed:user block")


def test_nothing_leaves_for_who_took_back_the_privacy_consent(post: Post) -> None:
    from backend.identity import privacy

    post.allows("booking_day")
    post.follows()
    post.tells()
    post.do(lambda: privacy.withdraw(post.who.id))
    post.runs()
    assert (post.state(), post.arrived(), post.texted()) == (("dropped", None), [], [])


# --- the hours ------------------------------------------------------------------------------------------------


def test_what_can_wait_for_the_morning_does(post: Post, clock: Any) -> None:
    post.allows("booking_day")
    clock(at(22.5))
    post.signs_in()
    post.tells()
    post.runs()
    assert (post.row().state, post.row().next_try_at, post.arrived()) == ("waiting", at(8, day=27), [])
    assert len(post.who.get("/notices")["items"]) == 1  # the list makes no noise
    clock(at(8, day=27))
    post.runs()
    assert (post.state(), post.arrived()) == (("sent", "mp"), ["mp"])


def test_what_can_not_wait_does_not(post: Post, clock: Any) -> None:
    post.allows("turn_near")
    clock(at(23))
    post.tells("turn_near", until=now() + timedelta(minutes=10), data={"ahead": 3})
    post.runs()
    assert post.arrived() == ["mp"]


def test_too_late_is_not_sent(post: Post, clock: Any) -> None:
    post.allows("turn_near")
    post.tells("turn_near", until=now() + timedelta(minutes=10), data={"ahead": 3})
    clock(at(10.5))
    post.runs()
    assert (post.state(), post.arrived(), post.consents("turn_near")) == (("dropped", None), [], 1)


@pytest.mark.parametrize(
    ("hour", "expected"), [(21.99, 21.99), (22, 32), (23.5, 32), (0, 8), (7.99, 8), (8, 8), (12, 12)]
)
def test_quiet_hours(post: Post, hour: float, expected: float) -> None:
    assert post.do(lambda: delivery.after_quiet(at(hour))) == at(expected)


# --- text messages --------------------------------------------------------------------------------------------


def test_text_messages_are_few_and_only_for_what_is_worth_one(post: Post) -> None:
    for n in range(5):
        post.tells(key=f"k{n}")
    post.tells("material_rejected", key="no", data={"material": "身份证", "reason": "模糊"})
    post.tells("turn_near", key="not asked", data={"ahead": 3})
    post.tells("turn_near", key="asked", data={"ahead": 3, "asked": True})
    post.runs()
    assert [post.row(k).state for k in ("no", "not asked")] == ["dropped", "dropped"]
    assert len(post.texted()) == 3  # a day, to one number
    assert all(text.startswith("【") and "张三" not in text for text in post.texted())


def test_nothing_is_promised_twice_for_one_try(post: Post) -> None:
    post.tells(due_at=now() + timedelta(minutes=1))
    post.do(notice_jobs.send_due)
    assert post.do(lambda: db.session.query(jobs.JobOutbox).count()) == 0
    with_due = now() + timedelta(seconds=1)
    post.tells(key="k2", due_at=with_due - timedelta(seconds=1))
    for _ in range(3):
        post.do(notice_jobs.send_due)
    assert post.do(lambda: db.session.query(jobs.JobOutbox).count()) == 1


# --- words ----------------------------------------------------------------------------------------------------

awkward = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "  ", "\n", "教师资格认定(初中)" * 8, "{item}", "{0.__class__}", "😀" * 30, "𬭎" * 25, "%s"]),
)


@given(kind=st.sampled_from(sorted(kinds.KINDS)), said=st.fixed_dictionaries(
    {"item": awkward, "material": awkward, "reason": awkward, "waybill": awkward, "ahead": st.integers()}))  # fmt: skip
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_notice_is_legal_whatever_its_words(post: Post, kind: str, said: dict[str, Any]) -> None:
    """Pitfall 9: WeChat takes every kind with hostile names and lengths, and the list can show it."""
    data = {"id": "B1", "start_at": now().isoformat(), "until_at": now().isoformat(), **said}
    template = templates(post.app.extensions["settings"], "mp")[kind]
    post.sandbox.ask("/__sandbox__/consents", {"persona": "张三", "template": template.id})
    with post.app.app_context():
        gateway().subscribe_message(
            post.sandbox.person()["openid"]["mp"], template.id, kinds.fields(template, kind, data)
        )
    assert kinds.text(kind, data)
    kinds.sms(kind, data | {"asked": True})


def test_the_table_is_whole() -> None:
    for name, kind in kinds.KINDS.items():
        assert 0 < len(kind.tip) <= 20, name
        assert len(kinds.SIGN + kind.sms) < 70, name  # before the names are filled in: one or two parts
    assert {k for k in kinds.KINDS if kinds.KINDS[k].moment} == set(kinds.KINDS) - {"booking_made"}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"no_such": {"id": "T", "fields": {"thing1": "item"}}}, "no_such"),
        ({"rating": {"id": "T", "fields": {"thing1": "nothing"}}}, "nothing"),
        ({"rating": {"id": "T", "fields": {"title1": "item"}}}, "title1"),
    ],
)
def test_a_template_that_nothing_can_be_sent_with_is_told_at_the_start(make_app: Any, template: Any, said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        make_app(notice_mp_templates=template)


def test_no_row_holds_who_it_goes_to(post: Post) -> None:
    post.tells()
    assert not {c.name for c in Notice.__table__.columns} & {"openid", "phone", "name"}
    assert "199" not in str(post.row().data)
