"""Staff sign-in: password, second factor, lockout, dismissal (等保 8.1.4.1)."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from apiflask import APIFlask

from backend.identity import staff_accounts
from backend.platform.errors import DomainError
from tests.identity.conftest import Browser

PASSWORD = "Right-2026!"


@pytest.fixture
def account(app: APIFlask) -> str:
    with app.app_context():
        return staff_accounts.add("wang", PASSWORD, "王老师", "0001", ["agent"]).id


def sign_in(
    browser: Browser, password: str = PASSWORD, totp: str | None = None, username: str = "wang"
) -> tuple[int, str]:
    body = {"username": username, "password": password} | ({"totp": totp} if totp else {})
    reply = browser.post("/auth/staff", body)
    return reply.status_code, reply.json["error"]["code"] if reply.status_code >= 400 else reply.json[
        "access_token"
    ]


def test_right_password(browser: Browser, account: str) -> None:
    status, token = sign_in(browser)
    assert status == 200
    me = {k: v for k, v in browser.get("/me", token).json.items() if v is not None}
    assert me == {
        "id": account,
        "kind": "staff",
        "name": "王老师",
        "number": "0001",
        "roles": ["agent"],
        "entry": "console",
    }
    kept = browser.client.get_cookie("staff_refresh", path="/api/auth")
    assert kept is not None
    assert kept.http_only


def test_unknown_and_wrong_answer_the_same(browser: Browser, account: str) -> None:
    assert sign_in(browser, "Wrong-2026!") == sign_in(browser, username="nobody") == (401, "wrong_password")


def test_five_failures_lock_the_account_for_a_quarter_of_an_hour(browser: Browser, account: str) -> None:
    assert {sign_in(browser, "Wrong-2026!")[1] for _ in range(5)} == {"wrong_password"}
    assert sign_in(browser) == (429, "account_locked")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=15, seconds=1)):
        assert sign_in(browser)[0] == 200


def test_the_second_factor_is_asked_for_checked_and_good_once(
    app: APIFlask, browser: Browser, account: str
) -> None:
    with app.app_context():
        totp = pyotp.parse_uri(staff_accounts.new_totp(account))
    assert isinstance(totp, pyotp.TOTP)
    with time_machine.travel(datetime(2026, 11, 25, 6, 0, 1, tzinfo=UTC), tick=False):
        assert sign_in(browser) == (401, "totp_required")
        good = totp.at(datetime.now(UTC))
        assert sign_in(browser, totp=f"{(int(good) + 1) % 10**6:06d}") == (401, "wrong_totp")
        assert sign_in(browser, totp=good)[0] == 200
        assert sign_in(browser, totp=good) == (401, "wrong_totp")
        assert sign_in(browser, "Wrong-2026!", totp=good) == (401, "wrong_password")


def test_production_lets_nobody_in_without_a_second_factor(make_app: object) -> None:
    app = make_app(staff_totp_required=True)  # type: ignore[operator]
    with app.app_context():
        staff_accounts.add("wang", PASSWORD, "王老师", "0001", ["agent"])
    assert sign_in(Browser(app)) == (403, "totp_not_set_up")


def test_a_dismissed_account_is_out_at_once(app: APIFlask, browser: Browser, account: str) -> None:
    _, token = sign_in(browser)
    with app.app_context():
        staff_accounts.add("root", PASSWORD, "管理员", "0002", ["admin"])
        staff_accounts.change(account, active=False)
    assert browser.get("/me", token).status_code == 401
    assert browser.post("/auth/staff/refresh").status_code == 401
    assert sign_in(browser) == (401, "wrong_password")


def test_a_new_password_ends_the_logins(app: APIFlask, browser: Browser, account: str) -> None:
    _, token = sign_in(browser)
    with app.app_context():
        staff_accounts.add("root", PASSWORD, "管理员", "0002", ["admin"])
        staff_accounts.change(account, password="Newer-2026!")
    assert browser.get("/me", token).status_code == 401
    assert sign_in(browser, "Newer-2026!")[0] == 200


def test_the_last_admin_stays(context: APIFlask) -> None:
    root = staff_accounts.add("root", PASSWORD, "管理员", "0002", ["admin"]).id
    for change in ({"active": False}, {"roles": ["agent"]}):
        with pytest.raises(DomainError) as fault:
            staff_accounts.change(root, **change)  # type: ignore[arg-type]
        assert fault.value.code == "last_admin"


@pytest.mark.parametrize("password", ["short1A", "alllowercase", "1234567890"])
def test_weak_passwords_are_refused(context: APIFlask, password: str) -> None:
    with pytest.raises(DomainError):
        staff_accounts.add("wang", password, "王老师", "0001", ["agent"])


def test_names_and_numbers_are_unique(context: APIFlask, account: str) -> None:
    with pytest.raises(DomainError) as fault:
        staff_accounts.add("other", PASSWORD, "李老师", "0001", ["agent"])
    assert fault.value.code == "staff_name_taken"


def test_staff_commands(app: APIFlask, browser: Browser) -> None:
    run = app.test_cli_runner().invoke
    made = run(args=["staff", "add", "chen", "--name", "陈老师", "--number", "0009", "--password", PASSWORD])
    assert made.exit_code == 0
    assert "otpauth://totp/" in made.output
    assert "totp" in run(args=["staff", "list"]).output
    assert (
        run(args=["staff", "add", "chen", "--name", "陈", "--number", "1", "--password", PASSWORD]).exit_code
        == 1
    )
    assert sign_in(browser, username="chen") == (401, "totp_required")
