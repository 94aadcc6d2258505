"""The same person at the same moment, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from apiflask import APIFlask
from sqlalchemy import func, select

from backend.identity import privacy, service, staff_accounts, tokens
from backend.identity.models import Identity, RefreshToken, StaffAccount, User
from backend.platform.audit import AuditEntry
from backend.platform.db import db
from backend.platform.errors import DomainError

MANY = 16


def together(app: APIFlask, do: Callable[[int], Any]) -> list[Any]:
    """The results of many calls at once; a refusal counts as its code."""

    def one(n: int) -> Any:
        with app.app_context():
            try:
                return do(n)
            except DomainError as no:
                return no.code

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def count(app: APIFlask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_first_visit_through_wechat_makes_one_person(any_app: APIFlask) -> None:
    done = together(
        any_app, lambda n: service.sign_in_by_wechat("mp", "openid-1", "union-1", "mp", "").subject_id
    )
    assert len(set(done)) == 1
    assert count(any_app, Identity) == 2
    assert len(done[0]) == 26


def test_a_new_number_makes_one_person(any_app: APIFlask) -> None:
    done = together(any_app, lambda n: service.create_user("张三", "19900001111"))
    assert len(set(done)) == 1
    assert count(any_app, User) == 1


def test_an_id_number_ends_with_one_account(any_app: APIFlask) -> None:
    with any_app.app_context():
        people = [service.create_user("张三", f"1990000{n:04d}") for n in range(MANY)]
    done = together(
        any_app, lambda n: service.set_real_name(people[n], id_number="110101199003070000") or "mine"
    )
    assert sorted(done) == ["id_number_taken"] * (MANY - 1) + ["mine"]


def test_a_phone_number_ends_with_one_account(any_app: APIFlask) -> None:
    with any_app.app_context():
        people = [service.create_user() for _ in range(MANY)]
    together(
        any_app, lambda n: service.bind_phone(people[n], "19900001111", entry="mp", device="").subject_id
    )
    with any_app.app_context():
        holders = db.session.scalars(select(User.id).where(User.phone_blind.is_not(None))).all()
        merged = db.session.scalars(select(User.merged_into_id).where(User.merged_into_id.is_not(None))).all()
    assert len(holders) == 1
    assert set(merged) <= set(holders)


def test_a_refresh_token_is_used_up_once(any_app: APIFlask) -> None:
    with any_app.app_context():
        first = service.login_user(service.create_user("张三"))
    done = together(any_app, lambda n: tokens.rotate(first.refresh_token, "applicant").refresh_token)
    assert len(set(done)) == MANY  # within the grace time each tab gets its own
    with any_app.app_context():
        used = db.session.scalars(select(RefreshToken).where(RefreshToken.used_at.is_not(None))).all()
    assert len(used) == 1


def test_a_staff_number_is_given_once(any_app: APIFlask) -> None:
    done = together(
        any_app, lambda n: staff_accounts.add(f"kefu{n}", "Right-2026!", "王老师", "0001", ["agent"]).number
    )
    assert sorted(done) == ["0001"] + ["staff_name_taken"] * (MANY - 1)
    assert count(any_app, StaffAccount) == 1


def test_guessing_in_parallel_meets_the_lock(any_app: APIFlask) -> None:
    with any_app.app_context():
        staff_accounts.add("wang", "Right-2026!", "王老师", "0001", ["agent"])
    done = together(any_app, lambda n: staff_accounts.sign_in("wang", f"Wrong-{n}!", None, ""))
    assert set(done) <= {"wrong_password", "account_locked"}
    with any_app.app_context():
        found = staff_accounts.find("wang")
        assert found
        assert found.locked_until is not None


def test_two_accounts_become_one_once(any_app: APIFlask) -> None:
    with any_app.app_context():
        owner = service.create_user("张三", "19900001111")
        guest = service.sign_in_by_wechat("mp", "openid-1", None, "mp", "").subject_id
    done = together(
        any_app,
        lambda n: (
            service.bind_phone(guest, "19900001111", entry="mp", device="", real_name="张三").subject_id
        ),
    )
    assert set(done) <= {owner, "too_many", "phone_taken"}
    assert owner in done
    with any_app.app_context():
        merges = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "person.merged")).all()
        assert [m.details["into"] for m in merges] == [owner]
        assert db.session.get_one(User, guest).merged_into_id == owner


def test_nobody_slips_in_while_the_consent_is_taken_back(any_app: APIFlask) -> None:
    """Whatever the order: after a withdrawal no login is left, and none opens without a new consent."""
    with any_app.app_context():
        person = service.sign_in_by_wechat("mp", "openid-1", None, "mp", "", "1").subject_id

    def act(n: int) -> str:
        if n == MANY // 2:
            privacy.withdraw(person)
            return "withdrawn"
        return service.sign_in_by_wechat("mp", "openid-1", None, "mp", "").kind

    done = together(any_app, act)
    assert set(done) <= {"withdrawn", "applicant", "privacy_withdrawn"}
    with any_app.app_context():
        assert tokens.live("applicant", person) == []


def test_a_login_that_ends_takes_the_child_that_just_opens(any_app: APIFlask) -> None:
    with any_app.app_context():
        parent = service.login_user(service.create_user("张三"), "mp")

    def act(n: int) -> str:
        if n == MANY // 2:
            tokens.revoke(parent.login_id)
            return "ended"
        return tokens.open_child(parent.login_id, "").kind

    done = together(any_app, act)
    assert set(done) <= {"ended", "applicant", "login_expired"}
    with any_app.app_context():
        assert tokens.live("applicant", parent.subject_id) == []
