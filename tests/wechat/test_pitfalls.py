"""What went wrong for others with WeChat, 1 to 23, each against the stand-in. 15 to 18 are about the phone's side:
test_pitfalls_phone.py.
"""

import base64
import json
import logging
import multiprocessing
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
import requests
from apiflask import APIFlask
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.app import create_app
from backend.config import BadSettings, load
from backend.platform.errors import DomainError
from backend.platform.ids import new_id, new_token
from backend.wechat import hooks
from backend.wechat.content import MediaCheck
from backend.wechat.errors import CodeRefused, LoginAgain, NotSubscribed, WechatUnavailable
from backend.wechat.gateway import Gateway, gateway
from backend.wechat.messages import Push, cdata, text_reply
from backend.wechat.real import SCENE
from tests.platform.test_config import GOOD
from tests.wechat.conftest import Line, Sandbox, query, run_jobs
from tests.wechat.test_notices import KEYS, TEMPLATE, awkward, ready
from tests.wechat.test_tokens import PHONE, STABLE, asks_phone, at_once

__all__ = ["ready"]
CODE, WORDS, TICKET = "/wxa/getwxacodeunlimit", "/wxa/msg_sec_check", "/cgi-bin/ticket/getticket"


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def agree(url: str, persona: str = "zhangsan") -> str:
    """Choose a person on WeChat's page; the path and query that it sends the browser back to."""
    with pytest.raises(OSError, match="302") as back:
        build_opener(Stay()).open(f"{url.split('#')[0]}&persona={persona}", timeout=30)
    target = urlsplit(back.value.headers["Location"])  # type: ignore[attr-defined]
    back.value.close()  # type: ignore[attr-defined]
    return f"{target.path}?{target.query}"


@pytest.fixture
def office(make_app: Any, sandbox: Sandbox) -> APIFlask:
    return make_app(wechat_sandbox_url=sandbox.url, public_url="http://localhost")


def test_01_the_way_back_is_loaded_twice_with_one_code(office: APIFlask, sandbox: Sandbox) -> None:
    """Both loads end signed in; the code, which is good once, is exchanged once."""
    first = office.test_client()
    back = agree(first.get("/api/auth/wechat/oa/start?next=/m/bookings").headers["Location"])
    binding = first.get_cookie("oauth_binding", path="/api/auth")
    assert binding

    def load_it(_: int) -> str:
        tab = office.test_client()
        tab.set_cookie("oauth_binding", binding.value, path="/api/auth")
        return tab.get(back).headers["Location"]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(load_it, range(2))) == ["/m/bookings"] * 2
    assert len(sandbox.calls("/sns/oauth2/access_token")) == 1


def test_02_eight_cold_threads_fetch_one_token(make_app: Any, sandbox: Sandbox) -> None:
    ask = asks_phone(make_app(wechat_sandbox_url=sandbox.url), sandbox)
    assert at_once(8, ask) == ["19900000001"] * 8
    assert len(sandbox.calls(STABLE)) == 1


def _in_a_process(settings: dict[str, Any], code: str, openid: str, go: Any, results: Any) -> None:
    app = create_app(**settings)
    go.wait()
    with app.app_context():
        results.put(gateway().phone_number(code, openid))


def test_02_eight_cold_processes_fetch_one_token(make_app: Any, sandbox: Sandbox) -> None:
    settings = make_app(wechat_sandbox_url=sandbox.url).extensions["settings"].model_dump()
    context = multiprocessing.get_context("fork")
    go, results = context.Barrier(8), context.Queue()
    openid = sandbox.person()["openid"]["mp"]
    processes = [
        context.Process(target=_in_a_process, args=(settings, sandbox.code("phone"), openid, go, results))
        for _ in range(8)
    ]
    for process in processes:
        process.start()
    assert [results.get(timeout=120) for _ in processes] == ["19900000001"] * 8
    for process in processes:
        process.join()
    assert len(sandbox.calls(STABLE)) == 1


def test_03_a_lasting_40001_ends_after_one_retry(office: APIFlask, sandbox: Sandbox) -> None:
    """wechatpy#629 recursed until the stack ended. The caller is told 503."""
    sandbox.breaks(PHONE, times=100, errcode=40001)
    with office.app_context(), pytest.raises(WechatUnavailable) as refused:
        gateway().phone_number("x", "y")
    assert refused.value.status == 503
    assert len(sandbox.calls(PHONE)) == 2
    assert len(sandbox.calls(STABLE)) == 3  # at first, then asked again, then forced


@pytest.mark.parametrize("at_once", [False, True])
def test_04_repeated_deliveries_are_one_effect(line: Line, worked: list[Push], at_once: bool) -> None:
    message = {"MsgType": "event", "Event": "CLICK", "EventKey": "help"}
    answers = line.push(message=message, times=4, at_once=at_once)
    assert [a["status"] for a in answers] == [200] * 4
    run_jobs(line)
    assert len(worked) == 1


def test_04_two_events_of_one_second_are_two(line: Line, worked: list[Push]) -> None:
    """Events carry no MsgId: they must not be told apart by it."""
    second = int(time.time())
    for key in ("a", "b"):
        line.push(message={"MsgType": "event", "Event": "CLICK", "EventKey": key, "CreateTime": second})
    run_jobs(line)
    assert [p.key for p in worked] == ["a", "b"]


def test_05_slow_work_does_not_hold_the_answer(line: Line) -> None:
    """WeChat hangs up after five seconds; the work begins after the answer, in a worker."""
    begun, go = threading.Event(), threading.Event()
    slow = hooks.on_event("view")(lambda push: (begun.set(), go.wait(60)))
    try:
        (answer,) = line.push(message={"MsgType": "event", "Event": "VIEW", "EventKey": "https://x"})
        assert (answer["kind"], begun.is_set()) == ("silent", False)
        worker = threading.Thread(target=run_jobs, args=(line,))
        worker.start()
        assert begun.wait(60)
        (meanwhile,) = line.push(message={"MsgType": "text", "Content": "预约", "MsgId": 5})
        assert (meanwhile["kind"], worker.is_alive()) == ("reply", True)
    finally:
        go.set()
        hooks._events["view"].remove(slow)
    worker.join()


def test_06_the_safe_mode_looks_at_its_own_signature(line: Line) -> None:
    """`signature` does not cover the cipher, `msg_signature` does (wechatpy#739)."""
    (good,) = line.push(message={"MsgType": "text", "Content": "预约", "MsgId": 6}, mode="safe")
    assert (good["kind"], good["signed"]) == ("reply", True)
    client = line.app.test_client()
    body = f"<xml><ToUserName>g</ToUserName><Encrypt>{base64.b64encode(b'x' * 64).decode()}</Encrypt></xml>"
    sealed = query(encrypt_type="aes", msg_signature=query()["signature"])
    assert client.post("/wechat/push/oa", query_string=sealed, data=body).status_code == 403


def test_06_an_empty_token_starts_nothing_and_lets_nobody_in(make_app: Any) -> None:
    for name in ("wechat_mp_token", "wechat_oa_token"):
        with pytest.raises(BadSettings):
            load(**{**GOOD, name: ""})
    client = make_app(wechat_oa_token="").test_client()
    assert client.get("/wechat/push/oa", query_string=query("")).status_code == 403


def test_06_the_push_address_does_not_redirect(line: Line) -> None:
    asked = {"account": "oa", "url": f"{line.base}/wechat/push/oa"}
    assert line.sandbox.ask("/control/prove", asked)["proved"]
    assert line.app.test_client().get("/wechat/push/oa/").status_code // 100 != 3


def test_07_words_are_sent_raw_because_escapes_always_pass(wechat: Gateway, sandbox: Sandbox) -> None:
    openid = wechat.code_to_session(sandbox.code("login")).openid
    assert wechat.check_text(openid, "来赌博").suggest == "risky"
    (call,) = sandbox.calls(WORDS)
    assert "来赌博" in call["body"]
    assert "\\u" not in call["body"]
    token = call["query"]["access_token"]
    escaped = {"version": 2, "openid": openid, "scene": 2, "content": "来赌博"}
    found = requests.post(f"{sandbox.url}{WORDS}?access_token={token}", json=escaped, timeout=30).json()
    assert found["result"]["suggest"] == "pass"  # what the mistake would have looked like


def test_08_one_consent_is_one_send(ready: Gateway, sandbox: Sandbox) -> None:
    me, values = sandbox.person()["openid"]["mp"], dict.fromkeys(KEYS, "预约")
    with pytest.raises(NotSubscribed):
        ready.subscribe_message(me, TEMPLATE, values)
    sandbox.ask("/__sandbox__/consents", {"persona": "张三", "template": TEMPLATE})
    ready.subscribe_message(me, TEMPLATE, values)
    with pytest.raises(NotSubscribed):
        ready.subscribe_message(me, TEMPLATE, values)
    assert [m["to"] for m in sandbox.ask("/__sandbox__/outbox")] == ["张三"]


@given(st.fixed_dictionaries(dict.fromkeys(KEYS, awkward)))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_09_every_field_of_every_type_is_legal(ready: Gateway, sandbox: Sandbox, values: dict[str, object]) -> None:
    sandbox.ask("/__sandbox__/consents", {"persona": "张三", "template": TEMPLATE})
    ready.subscribe_message(sandbox.person()["openid"]["mp"], TEMPLATE, values)


def test_10_our_ids_fit_a_scene_and_an_error_is_no_picture(wechat: Gateway, sandbox: Sandbox) -> None:
    for scene in (new_id(), new_token()):
        assert SCENE.fullmatch(scene)
        assert wechat.mini_program_code(scene).startswith(b"\x89PNG")
    for how in ({"errcode": 41030}, {"errcode": 40169}, {"status": 502}):
        sandbox.breaks(CODE, **how)
        with pytest.raises(WechatUnavailable):
            wechat.mini_program_code("s")
    with pytest.raises(ValueError, match="scene"):
        wechat.mini_program_code("x" * 33)


def test_11_a_link_opens_for_one_person_so_each_gets_one(wechat: Gateway, sandbox: Sandbox) -> None:
    """What many may scan is therefore a plain https address of ours (backend/signature, backend/session/handover)."""
    links = {wechat.url_link("pages/home/home") for _ in range(2)}
    assert len(links) == 2
    for link, person in zip(sorted(links), ("张三", "李四"), strict=True):
        assert sandbox.ask("/control/links/open", {"persona": person, "url": link})["path"] == "pages/home/home"
        other = {"张三": "李四", "李四": "张三"}[person]
        assert sandbox.ask("/control/links/open", {"persona": other, "url": link})["errcode"] == 85403


def test_12_the_phone_code_is_another_code_and_this_persons(wechat: Gateway, sandbox: Sandbox) -> None:
    me, code = sandbox.person("张三")["openid"]["mp"], sandbox.code("phone")
    assert wechat.phone_number(code, me) == "19900000001"
    for refused in (code, sandbox.code("login"), sandbox.code("phone", "李四"), ""):
        with pytest.raises(CodeRefused):
            wechat.phone_number(refused, me)
    assert {json.loads(c["body"])["openid"] for c in sandbox.calls(PHONE)} == {me}


def test_13_a_stale_session_key_is_log_in_again(
    wechat: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """wechatpy raises UnicodeDecodeError or whatever the noise leads to."""
    stale = wechat.code_to_session(sandbox.code("login"))
    fresh = wechat.code_to_session(sandbox.code("login"))
    for n in range(20):
        sealed = sandbox.ask("/control/encrypt", {"persona": "张三", "data": {"n": n}})
        with pytest.raises(LoginAgain) as refused:
            wechat.decrypt(stale.session_key, sealed["encryptedData"], sealed["iv"])
        assert refused.value.status == 409
        assert wechat.decrypt(fresh.session_key, sealed["encryptedData"], sealed["iv"])["n"] == n
    told = caplog.text + repr(stale) + "".join(traceback.format_exception(refused.value))
    assert stale.session_key not in told
    assert fresh.session_key not in told


def test_14_verification_files_are_exact(line: Line) -> None:
    found = f"{line.base}/MP_verify_abc123.txt"
    assert line.sandbox.ask("/control/verify_file", {"url": found, "body": "abc123"})["proved"]
    got = line.app.test_client().get("/MP_verify_abc123.txt")
    assert (got.status_code, got.data, got.mimetype) == (200, b"abc123", "text/plain")
    assert line.app.test_client().get("/MP_verify_other.txt").status_code == 404


def test_19_a_virtual_account_is_refused_with_an_explanation(office: APIFlask, sandbox: Sandbox) -> None:
    sandbox.ask("/__sandbox__/personas", {"key": "kz", "name": "快照", "phone": "19900000009", "snapshot": True})
    browser = office.test_client()
    back = agree(browser.get("/api/auth/wechat/oa/start").headers["Location"], "kz")
    reply = browser.get(back)
    assert reply.headers["Location"] == "/m/login?error=wechat_snapshot_user"
    assert "refresh=" not in str(reply.headers)


def test_20_an_empty_ticket_is_not_kept(wechat: Gateway, sandbox: Sandbox) -> None:
    sandbox.ask("/control/empty_tickets", {"times": 1})
    first = wechat.jssdk("https://x/")
    assert len(sandbox.calls(TICKET)) == 2
    assert wechat.jssdk("https://x/")["signature"] != first["signature"]
    assert len(sandbox.calls(TICKET)) == 2  # the second one is kept


def test_20_a_lasting_empty_ticket_is_an_error_until_it_ends(wechat: Gateway, sandbox: Sandbox) -> None:
    sandbox.ask("/control/empty_tickets", {"times": 2})
    with pytest.raises(WechatUnavailable):
        wechat.jssdk("https://x/")
    assert wechat.jssdk("https://x/")["signature"]


@pytest.mark.parametrize("how", [{"format": "json"}, {"format": "xml"}, {"format": "json", "mode": "safe"}])
def test_21_the_result_of_a_picture_is_read_right(
    line: Line, how: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """wechatpy takes every picture of the second version for unfit. Two of one second are two."""
    heard: list[MediaCheck] = []
    monkeypatch.setitem(hooks._events, "wxa_media_check", [])
    hooks.on_media_check(heard.append)
    expected = {("pass", 100, 0), ("risky", 20002, 0), ("review", 21000, 0), ("risky", 20002, -1008)}
    with line.app.app_context():
        openid = gateway().code_to_session(line.sandbox.code("login")).openid
        line.sandbox.ask("/control/options", {"product": ""})  # the results are given here
        traces = {gateway().check_image(openid, "https://x/1.jpg"): verdict for verdict in expected}
    url = f"{line.base}/wechat/push/mp"
    for trace, (suggest, label, errcode) in traces.items():
        asked = {"suggest": suggest, "label": label, "errcode": errcode, "url": url, "times": 2, **how}
        answers = line.sandbox.ask(f"/control/media_checks/{trace}", asked)["answers"]
        assert [a["kind"] for a in answers] == ["silent"] * 2
    run_jobs(line)
    told = {check.trace_id: (check.verdict.suggest, check.verdict.label, check.failed) for check in heard}
    assert len(heard) == 4
    assert told == {
        trace: ("review", 0, True) if errcode else (suggest, label, False)
        for trace, (suggest, label, errcode) in traces.items()
    }


def test_22_no_secret_in_an_exception_or_a_log(
    make_app: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of requests prints the address, and jscode2session has the secret in it; so does urllib3 at DEBUG."""
    caplog.set_level(logging.DEBUG)
    told = []
    paths = ["/sns/jscode2session", "/sns/oauth2/access_token", PHONE, CODE]
    for url, broken in ((sandbox.url, paths), (sandbox.url, [*paths, STABLE]), ("http://127.0.0.1:9", [])):
        app = make_app(wechat_sandbox_url=url)
        for how in ({"errcode": 40125}, {"status": 502}, {"errcode": 40001}, {"errcode": 45009}):
            for path in broken:
                sandbox.breaks(path, times=9, **how)
            with app.app_context():
                told += [_told(gateway().code_to_session, "c"), _told(gateway().oauth_exchange, "c")]
                told += [_told(gateway().phone_number, "c", "o"), _told(gateway().mini_program_code, "s")]
            sandbox.ask("/__sandbox__/faults", method="DELETE")
    told += [r.getMessage() for r in caplog.records if r.name != "werkzeug"]  # that one is the stand-in's
    assert any("jscode2session" in line for line in told)
    tokens = [c["query"]["access_token"] for c in sandbox.calls(PHONE)]
    assert tokens
    for secret in ("sandbox-secret", *tokens):
        assert all(secret not in line for line in told)


def _told(act: Any, *given: str) -> str:
    with pytest.raises(DomainError) as fault:
        act(*given)
    return "".join(traceback.format_exception(fault.value)) + repr(fault.value.details)


def test_23_a_users_words_do_not_break_out_of_a_reply() -> None:
    for words in ("]]>", "a]]>b]]>", "<x>&]]><y/>", "]]]]>>"):
        assert fromstring(f"<xml>{cdata(words)}</xml>").text == words
        push = Push("oa", "o" + words, "g", "text", "", "", words, 1, "1", {})
        reply = fromstring(text_reply(push, words))
        assert (reply.findtext("Content"), reply.findtext("ToUserName")) == (words, "o" + words)
