"""Notices: every field is legal whatever comes in, one consent is one send."""

import pytest
from hypothesis import strategies as st

from backend.wechat.errors import NotSubscribed, WechatUnavailable
from backend.wechat.fields import RULES, kind_of, legal
from backend.wechat.gateway import Gateway
from tests.wechat.conftest import Sandbox

TEMPLATE = "T-everything"
KEYS = [f"{kind}{n}" for n, kind in enumerate(RULES, 1)]
awkward = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", " ", "\n", "教师资格认定(初中)" * 5, "09:00~10:00", "2026年11月25日 09:00", "12.50"]),
    st.sampled_from(["😀" * 30, "𬭎" * 25]),
    st.integers(),
    st.none(),
)


@pytest.fixture
def ready(wechat: Gateway, sandbox: Sandbox) -> Gateway:
    sandbox.ask("/__sandbox__/templates", {"id": TEMPLATE, "keys": KEYS})
    return wechat


def test_the_official_account_writes_to_followers_once(ready: Gateway, sandbox: Sandbox) -> None:
    me, values = sandbox.person()["openid"]["oa"], dict.fromkeys(KEYS, "预约")
    with pytest.raises(NotSubscribed):
        ready.template_message(me, TEMPLATE, values, "https://example.cn/m/", "n1")
    sandbox.ask("/__sandbox__/follow", {"persona": "张三"})
    for _ in range(2):
        ready.template_message(me, TEMPLATE, values, "https://example.cn/m/", "n1")
    assert len(sandbox.ask("/__sandbox__/outbox")) == 1


def test_an_unknown_template_is_our_fault_not_the_users(ready: Gateway, sandbox: Sandbox) -> None:
    with pytest.raises(WechatUnavailable):
        ready.subscribe_message(sandbox.person()["openid"]["mp"], "nowhere", {"thing1": "x"})


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("thing1", "高级中学、中等职业学校教师资格认定(非应届)", "高级中学、中等职业学校教师资格认定(非…"),
        ("thing1", " 多行\n文字 ", "多行 文字"),
        ("phrase2", "已预约(待办)", "已预约待办"),
        ("time3", "09:00~10:00", "09:00~10:00"),
        ("time3", "上午九点", "00:00"),
        ("name4", "欧阳若曦", "欧阳若曦"),
        ("character_string5", "SF 1234-五", "SF1234-"),
    ],
)
def test_examples(key: str, value: str, expected: str) -> None:
    assert legal(key, value) == expected


def test_a_type_that_wechat_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        kind_of("title1")
