"""A PC is signed in by a phone that scans its QR code: once, within two minutes, the browser that asked (S3)."""

import base64
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from backend.identity import agents
from backend.platform.audit import AuditEntry
from backend.platform.db import db
from backend.platform.redis import redis
from tests.actors import Applicant, Stage
from tests.identity.conftest import Browser

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50"


class Pc:
    """A browser that shows a QR code."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.asked = browser.post("/auth/scan", User_Agent=EDGE).json
        self.token = self.asked["url"].rsplit("/", 1)[1]

    @property
    def state(self) -> str:
        return self.browser.get(f"/auth/scan/{self.asked['id']}").json["state"]

    def claims(self, browser: Browser | None = None, **how: str) -> tuple[int, dict]:
        reply = (browser or self.browser).post(f"/auth/scan/{self.asked['id']}/claim", **how)
        return reply.status_code, reply.json


def path(pc: Pc, verb: str = "") -> str:
    return f"/auth/scan/by-token/{pc.token}" + (f"/{verb}" if verb else "")


@pytest.fixture
def pc(browser: Browser) -> Pc:
    return Pc(browser)


@pytest.fixture
def phone(stage: Stage) -> Applicant:
    return stage.applicant("张三", entry="oa")


def test_scan_look_confirm_and_the_pc_is_signed_in(app: APIFlask, pc: Pc, phone: Applicant) -> None:
    assert (pc.state, pc.asked["expires_in"]) == ("new", 120)
    asked = phone.get(path(pc))
    assert (asked["browser"], asked["system"], asked["ip"]) == ("Edge", "Windows", "127.0.0.1")
    assert (asked["purpose"], asked["same_network"]) == ("登录电脑版视频办", True)
    assert pc.state == "scanned"
    assert pc.claims()[0] == 410
    phone.post(path(pc, "confirm"))
    assert pc.state == "confirmed"
    status, done = pc.claims()
    assert (status, done["user"]["id"]) == (200, phone.id)
    assert pc.browser.get("/me", done["access_token"]).json["entry"] == "pc"
    assert pc.browser.post("/auth/refresh").status_code == 200
    with app.app_context():
        acts = set(db.session.scalars(select(AuditEntry.action)))
    assert {"scan.confirmed", "login.scanned"} <= acts


def test_the_qr_code_is_a_picture_of_a_plain_address_of_ours(pc: Pc) -> None:
    from PIL import Image

    assert pc.asked["url"] == f"http://127.0.0.1:8000/m/scan/{pc.token}"
    assert pc.asked["id"] not in pc.asked["url"]
    picture = Image.open(BytesIO(base64.b64decode(pc.asked["qr"].partition("base64,")[2])))
    assert picture.size[0] == picture.size[1] > 200


def test_the_login_is_given_once(pc: Pc, phone: Applicant) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "confirm"))
    assert pc.claims()[0] == 200
    assert pc.claims()[0] == 410
    assert pc.state == "expired"
    assert phone.try_("POST", path(pc, "confirm"), {})[0] == 410


def test_many_claims_at_once_open_one_login(app: APIFlask, pc: Pc, phone: Applicant) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "confirm"))
    kept = pc.browser.client.get_cookie("scan_binding", path="/api/auth")
    assert kept is not None

    def claim(_: int) -> int:
        same = Browser(app)
        same.client.set_cookie("scan_binding", kept.value, path="/api/auth")
        return pc.claims(same)[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [200] + [410] * 7


def test_another_browser_gets_nothing_though_it_saw_the_code(
    pc: Pc, another: Browser, phone: Applicant
) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "confirm"))
    assert another.get(f"/auth/scan/{pc.asked['id']}").status_code == 403
    assert pc.claims(another)[1]["error"]["code"] == "scan_foreign"
    another.post("/auth/scan")  # with a code of its own
    assert pc.claims(another)[1]["error"]["code"] == "scan_foreign"
    assert pc.claims()[0] == 200


def test_a_foreign_page_can_not_collect(pc: Pc, phone: Applicant) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "confirm"))
    for origin in ("http://evil.example", "null"):
        assert pc.claims(origin=origin)[1]["error"]["code"] == "foreign_origin"


def test_refused_is_told_and_final(pc: Pc, phone: Applicant) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "refuse"))
    assert pc.state == "refused"
    assert pc.claims()[0] == 410
    assert phone.try_("POST", path(pc, "confirm"), {})[0] == 410


def test_nothing_is_confirmed_that_was_not_looked_at(pc: Pc, phone: Applicant) -> None:
    assert phone.try_("POST", path(pc, "confirm"), {})[0] == 410
    assert pc.state == "new"


def test_the_first_who_scans_is_the_only_one_who_answers(pc: Pc, phone: Applicant, stage: Stage) -> None:
    other = stage.applicant("李四")
    phone.get(path(pc))
    phone.get(path(pc))  # the page again
    for method, verb in (("GET", ""), ("POST", "confirm"), ("POST", "refuse")):
        status, body = other.try_(method, path(pc, verb))
        assert (status, body["error"]["code"]) == (409, "scan_taken")
    assert pc.state == "scanned"


def test_two_minutes(app: APIFlask, pc: Pc, phone: Applicant) -> None:
    with app.app_context():
        lives = [redis.ttl(key) for key in redis.keys("scan:*")]
        assert len(lives) == 2
        assert all(110 < left <= 120 for left in lives)
        redis.delete(*redis.keys("scan:*"))  # as when they are over
    assert pc.state == "expired"
    assert pc.claims()[0] == 410
    assert phone.try_("GET", path(pc))[1]["error"]["code"] == "scan_over"


def test_a_fresh_code_is_another_one(pc: Pc, phone: Applicant) -> None:
    older = pc.asked["id"]
    fresh = Pc(pc.browser)
    assert pc.browser.get(f"/auth/scan/{older}").status_code == 403  # its cookie went with it
    phone.get(path(fresh))
    phone.post(path(fresh, "confirm"))
    assert fresh.claims()[0] == 200


def test_a_phone_that_signed_out_meanwhile_signs_nobody_in(pc: Pc, phone: Applicant) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "confirm"))
    phone.post("/auth/logout")
    assert pc.claims()[0] == 410


def test_the_pcs_login_stays_when_the_phone_signs_out_later(pc: Pc, phone: Applicant) -> None:
    phone.get(path(pc))
    phone.post(path(pc, "confirm"))
    token = pc.claims()[1]["access_token"]
    phone.post("/auth/logout")
    assert pc.browser.get("/me", token).status_code == 200


def test_the_secrets_are_apart_and_the_cookie_is_out_of_reach_of_scripts(app: APIFlask, pc: Pc) -> None:
    kept = pc.browser.client.get_cookie("scan_binding", path="/api/auth")
    assert kept is not None
    assert (kept.http_only, kept.same_site) == (True, "Lax")
    assert kept.value not in str(pc.asked)
    with app.app_context():
        assert kept.value.encode() not in b"".join(redis.hgetall(f"scan:{pc.asked['id']}").values())


def test_codes_are_not_made_without_end(make_app: object) -> None:
    browser = Browser(make_app(sign_ins_per_ip=3))  # type: ignore[operator]
    assert [browser.post("/auth/scan").status_code for _ in range(4)] == [201, 201, 201, 429]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (EDGE, ("Edge", "Windows")),
        (WECHAT, ("微信", "iPhone")),
        ("", ("未知", "未知")),
        ("curl/8", ("未知", "未知")),
    ],
)
def test_browser_and_system_in_words(agent: str, words: tuple[str, str]) -> None:
    assert (agents.browser(agent), agents.system(agent)) == words
