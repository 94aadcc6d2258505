"""What the product counts on, asked of WeChat itself: the stand-in by default, the live hosts by settings.

    WECHAT_CONTRACT=live WECHAT_MP_APPID=… WECHAT_MP_SECRET=… WECHAT_OA_APPID=… WECHAT_OA_SECRET=… \\
        python -m pytest tests/wechat/test_contract.py

Every call is safe on a live account: it reads, is refused, or makes a code that expires after a minute. Nobody gets a
message and nothing that people see changes. Run from a machine whose address is in the accounts' IP allow-list.
"""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from apiflask import APIFlask

from backend.config import Settings
from backend.platform.errors import DomainError
from backend.wechat.client import PICTURES
from backend.wechat.errors import CodeRefused
from backend.wechat.real import RealGateway
from tests.wechat.conftest import Sandbox

LIVE = os.environ.get("WECHAT_CONTRACT") == "live"
NOBODY = "oNobody0000000000000000000000"
NO_CODE = "0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p"
RID = re.compile(r"rid: ?[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")


@pytest.fixture
def app(make_app: Any, request: pytest.FixtureRequest) -> APIFlask:
    """The gateway `real` in both cases; only addresses and credentials differ."""
    if LIVE:
        return make_app(wechat_gateway="real")
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    sandbox.ask("/control/pages", {"pages": ["pages/home/home"]})
    return make_app(wechat_gateway="real", wechat_api_url=sandbox.url, wechat_open_url=sandbox.url)


@pytest.fixture
def real(app: APIFlask) -> Iterator[RealGateway]:
    with app.app_context():
        yield app.extensions["wechat"]


class Host:
    """The API's host without the product in between."""

    def __init__(self, s: Settings, real: RealGateway) -> None:
        self.s, self.real = s, real

    def ask(self, method: str, path: str, **how: Any) -> Any:
        reply = requests.request(method, self.s.wechat_api_url + path, timeout=30, **how)
        assert reply.status_code == 200  # errors, too
        return reply.json()

    def token(self, account: str) -> Any:
        asked = {name: getattr(self.s, f"wechat_{account}_{name}") for name in ("appid", "secret")}
        return self.ask("POST", "/cgi-bin/stable_token", json={"grant_type": "client_credential", **asked})


@pytest.fixture
def host(app: APIFlask, real: RealGateway) -> Host:
    return Host(app.extensions["settings"], real)


def code_of(act: Any, *given: Any, **named: Any) -> int:
    with pytest.raises(DomainError) as refused:
        act(*given, **named)
    return int(str(refused.value.details["errcode"]))


@pytest.mark.parametrize("account", ["mp", "oa"])
def test_a_stable_token_stays_the_same(host: Host, account: str) -> None:
    first, second = host.token(account), host.token(account)
    assert first["access_token"] == second["access_token"]
    assert 0 < second["expires_in"] <= first["expires_in"] <= 7200
    assert len(first["access_token"]) <= 512
    assert "errcode" not in first


def test_tokens_are_asked_for_by_post_with_json(host: Host) -> None:
    assert host.ask("GET", "/cgi-bin/stable_token")["errcode"] == 43002
    assert host.ask("POST", "/cgi-bin/stable_token", data="no json")["errcode"] == 47001


def test_errors_carry_a_number_a_text_and_a_request_id(host: Host) -> None:
    missing = host.ask("POST", "/wxa/business/getuserphonenumber", json={"code": NO_CODE})
    wrong = host.ask("POST", "/wxa/business/getuserphonenumber", params={"access_token": "x" * 100}, json={"code": "x"})
    assert missing["errcode"] == 41001
    assert wrong["errcode"] in (40001, 40014)
    for answer in (missing, wrong):
        assert RID.search(answer["errmsg"])


def test_unknown_codes_are_refused_each_by_its_own_call(real: RealGateway) -> None:
    for act, given in (
        (real.code_to_session, (NO_CODE,)),
        (real.oauth_exchange, (NO_CODE,)),
        (real.phone_number, (NO_CODE, NOBODY)),
    ):
        with pytest.raises(CodeRefused) as refused:
            act(*given)  # type: ignore[operator]
        assert refused.value.details["errcode"] == 40029


def test_a_token_of_the_other_account_is_not_enough(host: Host) -> None:
    token = host.token("oa")["access_token"]
    answer = host.ask("POST", "/wxa/getwxacodeunlimit", params={"access_token": token}, json={"scene": "s"})
    assert answer["errcode"] == 48001


def test_a_mini_program_code_is_a_picture_and_its_errors_are_not(real: RealGateway, host: Host) -> None:
    assert real.mini_program_code("contract").startswith(PICTURES)
    assert code_of(real.mini_program_code, "contract", "pages/that/is-not-there") == 41030
    token = host.token("mp")["access_token"]
    asked = {"scene": "x" * 33}
    assert host.ask("POST", "/wxa/getwxacodeunlimit", params={"access_token": token}, json=asked)["errcode"] == 40169


def test_the_page_ticket_is_there_and_stays(real: RealGateway) -> None:
    first, second = (real.call("oa", "/cgi-bin/ticket/getticket", {"type": "jsapi"}, method="GET") for _ in range(2))
    assert first["ticket"] == second["ticket"]
    assert 0 < second["expires_in"] <= 7200
    assert set(real.jssdk("https://example.cn/")) == {"app_id", "timestamp", "nonce", "signature"}


def test_content_checks_want_a_user_of_ours(real: RealGateway) -> None:
    assert code_of(real.check_text, NOBODY, "您好") in (40003, 61010)
    assert code_of(real.check_image, NOBODY, "https://example.cn/1.jpg") in (40003, 61010)


def test_notices_want_a_user_and_a_template(real: RealGateway) -> None:
    assert code_of(real.subscribe_message, NOBODY, "no-template", {"thing1": "x"}) in (40003, 40037)
    assert code_of(real.template_message, NOBODY, "no-template", {"thing1": "x"}, "https://x/", "m") in (40003, 40037)


def test_the_lists_that_the_check_reads(real: RealGateway, host: Host) -> None:
    own = real.call("mp", "/wxaapi/newtmpl/gettemplate", {}, method="GET")["data"]
    assert all({"priTmplId", "content"} <= set(row) for row in own)
    private = real.call("oa", "/cgi-bin/template/get_all_private_template", {}, method="GET")["template_list"]
    assert all({"template_id", "content"} <= set(row) for row in private)
    menu = host.ask("GET", "/cgi-bin/menu/get", params={"access_token": host.token("oa")["access_token"]})
    assert menu.get("errcode") == 46003 or menu["menu"]["button"]


def test_a_scene_code_holds_an_address_of_wechat(real: RealGateway) -> None:
    code = real.scene_qr("contract", 60)
    assert re.fullmatch(r"http://weixin\.qq\.com/q/\S+", code.url)
    assert code.ticket


def test_the_authorisation_page_wants_its_parameters_in_order(real: RealGateway) -> None:
    address = urlsplit(real.oauth_url("https://example.cn/back", "abc"))
    assert address.fragment == "wechat_redirect"
    names = [name for name, _ in parse_qsl(address.query)]
    assert names == ["appid", "redirect_uri", "response_type", "scope", "state"]
