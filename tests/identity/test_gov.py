"""统一身份认证平台 over OpenID Connect, against a provider with real endpoints (S3, M2)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
import requests
from apiflask import APIFlask

from backend.config import BadSettings, load
from backend.identity.sandbox.app import create_sandbox
from backend.identity.sandbox.provider import TOKEN_FAULTS
from tests.identity.conftest import Browser, Platforms, settings_of

NEXT = "/m/bookings"


@pytest.fixture
def app(make_app: Any, platforms: Platforms) -> APIFlask:
    return make_app(**settings_of(platforms))


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def agree(url: str, **choice: str) -> str:
    """Choose on the platform's page; where it sends the browser, without our host."""
    query = "".join(f"&{k}={v}" for k, v in (choice or {"persona": "zhangsan"}).items())
    try:
        build_opener(Stay()).open(url + query, timeout=30)
    except Exception as redirect:
        back = urlsplit(redirect.headers["Location"])  # type: ignore[attr-defined]
        return f"{back.path}?{back.query}"
    raise AssertionError("no redirect")


def start(browser: Browser, next_path: str = NEXT, **more: str) -> str:
    reply = browser.client.get("/api/auth/gov/start", query_string={"next": next_path, **more})
    assert reply.status_code == 302
    return reply.headers["Location"]


def arrive(browser: Browser, next_path: str = NEXT, persona: str = "zhangsan") -> str:
    return browser.client.get(agree(start(browser, next_path), persona=persona)).headers["Location"]


@pytest.mark.parametrize(("next_path", "entry"), [(NEXT, "h5"), ("/bookings", "pc")])
def test_sign_in_with_name_numbers_and_level_from_the_platform(
    browser: Browser, next_path: str, entry: str
) -> None:
    assert arrive(browser, next_path) == next_path
    done = browser.post("/auth/refresh").json
    assert (done["user"]["name"], done["user"]["real_name_level"]) == ("张三", 3)
    me = browser.get("/me", done["access_token"]).json
    assert (me["masked_phone"], me["masked_id_number"]) == ("199****0001", "1101**********0000")
    assert me["entry"] == entry


def test_the_request_carries_pkce_state_and_nonce_and_no_secret(app: APIFlask, browser: Browser) -> None:
    query = {k: v[0] for k, v in parse_qs(urlsplit(start(browser)).query).items()}
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert len(query["code_challenge"]) == 43
    assert len(query["state"]) == 32
    assert len(query["nonce"]) == 22
    assert app.extensions["settings"].oidc_client_secret not in str(query)
    again = {k: v[0] for k, v in parse_qs(urlsplit(start(browser)).query).items()}
    assert all(again[k] != query[k] for k in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("fault", [f for f in TOKEN_FAULTS if f != "down"] + ["other_userinfo"])
def test_a_token_that_is_not_good_in_every_respect_signs_nobody_in(
    browser: Browser, platforms: Platforms, fault: str
) -> None:
    back = agree(start(browser))
    platforms.breaks(fault)
    reply = browser.client.get(back)
    assert reply.headers["Location"] == "/m/login?error=gov_refused"
    assert "Set-Cookie" not in reply.headers
    assert browser.post("/auth/refresh").status_code == 401
    assert arrive(browser) == NEXT  # and the next trip does


def test_a_platform_that_fails_is_said_clearly(browser: Browser, platforms: Platforms) -> None:
    back = agree(start(browser, "/bookings"))
    platforms.breaks("down")
    assert browser.client.get(back).headers["Location"] == "/login?error=gov_unavailable"


def test_a_platform_that_is_away_leads_back_to_the_sign_in_page(make_app: Any) -> None:
    browser = Browser(make_app(oidc_issuer="http://127.0.0.1:9/oidc"))
    assert start(browser) == "/m/login?error=gov_unavailable"
    assert start(browser, "/bookings") == "/login?error=gov_unavailable"


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(make_app: Any, platforms: Platforms) -> None:
    browser = Browser(make_app(oidc_issuer=f"{platforms.url.replace('127.0.0.1', 'localhost')}/oidc"))
    assert start(browser) == "/m/login?error=gov_unavailable"


def test_the_platforms_new_key_is_fetched(browser: Browser, another: Browser, platforms: Platforms) -> None:
    assert arrive(browser) == NEXT
    assert arrive(another) == NEXT
    assert platforms.calls("jwks") == 1  # kept
    platforms.ask("/control/keys", {})
    assert arrive(browser) == NEXT
    assert platforms.calls("jwks") == 2


def test_no_is_no(browser: Browser) -> None:
    reply = browser.client.get(agree(start(browser, "/bookings"), refused="1"))
    assert reply.headers["Location"] == "/login?error=gov_refused"


def test_a_return_of_another_browser_is_refused(browser: Browser, another: Browser) -> None:
    back = agree(start(browser))
    start(another)
    assert another.client.get(back).headers["Location"] == "/login?error=gov_refused"


@pytest.mark.parametrize(
    "change",
    [{"state": "0" * 32}, {"state": ""}, {"code": ""}, {"code": "x"}, {"iss": "http://evil.example"}],
)
def test_a_changed_return_is_refused(browser: Browser, change: dict[str, str]) -> None:
    back = urlsplit(agree(start(browser)))
    query = {k: v[0] for k, v in parse_qs(back.query).items()} | change
    reply = browser.client.get(back.path, query_string=query)
    assert "error=gov_refused" in reply.headers["Location"]
    assert "Set-Cookie" not in reply.headers


def test_the_return_address_hit_twice_signs_in_with_one_exchange(
    app: APIFlask, browser: Browser, platforms: Platforms
) -> None:
    back = agree(start(browser))
    kept = browser.client.get_cookie("gov_binding", path="/api/auth")
    assert kept is not None

    def load_it(_: int) -> str:
        again = app.test_client()
        again.set_cookie("gov_binding", kept.value, path="/api/auth")
        return again.get(back).headers["Location"]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(load_it, range(4))) == [NEXT] * 4
    assert platforms.calls("token") == 1


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example/x", "/%5cevil.example", "/api/auth/logout"]
)
def test_the_way_back_stays_on_our_site(browser: Browser, path: str) -> None:
    assert arrive(browser, path) == "/m/"


def test_the_provider_demands_pkce_and_a_registered_address(browser: Browser, platforms: Platforms) -> None:
    url = start(browser)
    assert "error=invalid_request" in agree(url.replace("code_challenge=", "x="))
    foreign = url.replace("localhost", "evil.example")
    assert foreign != url
    assert requests.get(foreign, timeout=30).status_code == 400


def test_a_checked_name_can_not_be_changed_here(browser: Browser) -> None:
    arrive(browser)
    token = browser.post("/auth/refresh").json["access_token"]
    reply = browser.client.put(
        "/api/me", json={"real_name": "李四"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (reply.status_code, reply.json["error"]["code"]) == (409, "name_fixed")


def test_production_refuses_the_stand_in() -> None:
    with pytest.raises(BadSettings) as no:
        load(mode="production")
    assert all(name in str(no.value) for name in ("OIDC_GATEWAY", "ISHENZHEN_GATEWAY"))
    with pytest.raises(BadSettings) as no:
        load(mode="production", oidc_gateway="real", ishenzhen_gateway="real")
    said = ("OIDC_ISSUER", "OIDC_CLIENT_SECRET", "ISHENZHEN_URL", "ISHENZHEN_SECRET")
    assert all(name in str(no.value) for name in said)
    with pytest.raises(RuntimeError):
        create_sandbox(load(mode="test").model_copy(update={"mode": "production"}))


def test_a_door_that_is_off_is_not_offered(make_app: Any) -> None:
    browser = Browser(make_app(oidc_gateway="off", ishenzhen_gateway="off"))
    doors = browser.get("/auth/doors").json
    assert (doors["gov"], doors["ishenzhen"]) == (False, False)
    assert start(browser) == "/m/login?error=gov_unavailable"
    assert browser.post("/auth/ishenzhen", {"code": "x"}).status_code == 503
