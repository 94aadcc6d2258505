"""Messages that WeChat pushes."""

import random

import pytest
from defusedxml.ElementTree import fromstring

from backend.wechat.messages import Push
from backend.wechat.push import signature
from tests.wechat.conftest import ME, Line, query, run_jobs, said, text


def test_the_official_vector() -> None:
    assert signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


@pytest.mark.parametrize("account", ["oa", "mp"])
def test_the_console_proves_the_address(line: Line, account: str) -> None:
    asked = {"account": account, "url": f"{line.base}/wechat/push/{account}"}
    assert line.sandbox.ask("/__sandbox__/prove", asked)["proved"]


@pytest.mark.parametrize("mode", ["plain", "compat", "safe"])
@pytest.mark.parametrize(("word", "answer"), [("预约", "办事大厅"), ("视频办", "面对面"), ("我要帮助", "12345")])
def test_keywords_are_answered_in_every_mode(line: Line, mode: str, word: str, answer: str) -> None:
    (got,) = line.push(message=text(word), mode=mode)
    assert answer in said(got)
    assert got.get("signed", True)
    reply = fromstring(got["body"])
    assert reply.findtext("ToUserName") == ME
    assert got["seconds"] < 5  # what WeChat waits


def test_an_unknown_text_is_left_alone(line: Line) -> None:
    (got,) = line.push(message=text("天气怎么样"))
    assert (got["status"], got["body"]) == (200, "success")


@pytest.mark.parametrize("format", ["xml", "json"])
@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_the_mini_programs_push_is_xml_or_json(line: Line, worked: list[Push], mode: str, format: str) -> None:
    message = {"MsgType": "event", "Event": "scan", "EventKey": "中文"}
    (got,) = line.push("mp", message=message, mode=mode, format=format)
    assert got["body"] == "success"
    run_jobs(line)
    assert [p.key for p in worked] == ["中文"]


def test_a_new_follower_is_welcomed_and_the_scene_is_known(line: Line, worked: list[Push]) -> None:
    message = {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_s12", "Ticket": "t"}
    (got,) = line.push(message=message)
    assert "欢迎" in said(got)
    run_jobs(line)
    assert [p.key for p in worked] == ["s12"]


@pytest.mark.parametrize(
    "wrong", [{}, query("other"), query(""), query(age=3600), query(age=-3600), {**query(), "signature": ""}]
)
def test_a_stranger_is_refused(line: Line, wrong: dict[str, str]) -> None:
    client = line.app.test_client()
    for call in (client.get, client.post):
        assert call("/wechat/push/oa", query_string=wrong).status_code == 403


def test_signed_garbage_is_no_error(line: Line) -> None:
    client, dice = line.app.test_client(), random.Random(3)
    good = b"<xml><ToUserName>g</ToUserName><FromUserName>f</FromUserName><CreateTime>1</CreateTime>"
    bodies = [b"", b"<xml></xml>", b"<a/>", b"junk", b"{", b"[]", b"{}", b"<xml>" * 2000, b"[" * 50000]
    bodies += [b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>']
    for _ in range(300):
        mutated = bytearray(good + b"<MsgType>text</MsgType><Content>x</Content></xml>")
        for _ in range(3):
            mutated[dice.randrange(len(mutated))] = dice.randrange(256)
        bodies.append(bytes(mutated))
    for body in bodies:
        got = client.post("/wechat/push/oa", query_string=query(), data=body)
        assert got.status_code == 200, body
        assert "root:" not in got.text
