"""Names, ID numbers, accounts that turn out to be one person."""

from datetime import date

import pytest
from apiflask import APIFlask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from backend.identity import merge, rules, service
from backend.identity.models import Identity, User
from backend.platform.db import db
from backend.platform.errors import DomainError
from tests.actors import Refused, Stage

ID_NUMBER = "110101199003070000"  # an invalid check digit on purpose
TODAY = date(2026, 11, 25)


def test_real_name_and_id_number_raise_the_level_and_stay_masked(app: APIFlask, stage: Stage) -> None:
    person = stage.applicant("欧阳若曦")
    mine = person.ask("PUT", "/me", {"id_number": ID_NUMBER})
    assert (mine["real_name_level"], mine["masked_id_number"], mine["masked_name"]) == (
        2,
        "1101**********0000",
        "欧***",
    )
    with app.app_context():
        user = db.session.get_one(User, person.id)
        assert ID_NUMBER not in f"{user.id_number_enc}{user.id_number_blind}"
        assert service.reveal(person.id, "id_number") == ID_NUMBER


def test_an_id_number_belongs_to_one_account(stage: Stage) -> None:
    stage.applicant("张三").ask("PUT", "/me", {"id_number": ID_NUMBER})
    with pytest.raises(Refused) as no:
        stage.applicant("李四").ask("PUT", "/me", {"id_number": ID_NUMBER.lower()})
    assert no.value.code == "id_number_taken"


def test_the_check_digit_counts_when_the_setting_is_on(make_app: object) -> None:
    person = Stage(make_app(check_id_number=True)).applicant()  # type: ignore[operator]
    status, body = person.try_("PUT", "/me", {"id_number": ID_NUMBER})
    assert (status, body["error"]["details"]) == (422, {"field": "id_number"})


@pytest.mark.parametrize(
    "text", ["", "11010119900307000", "110101199013070000", "110101209903070000", "abc", "11010119900307000Y"]
)
def test_impossible_id_numbers(text: str) -> None:
    assert rules.normal_id_number(text, checksum=False, on=TODAY) is None


@given(st.from_regex(r"[1-9][0-9]{16}", fullmatch=True))
def test_one_check_digit_of_eleven_fits(first17: str) -> None:
    number = first17[:6] + "19900307" + first17[14:]
    good = [c for c in "0123456789X" if rules.normal_id_number(number + c, checksum=True, on=TODAY)]
    assert good == [rules.check_digit(number)]


@pytest.mark.parametrize("name", ["张三", "欧阳若曦", "㵘𬭎", "买买提·艾力", "Anna Li"])
def test_names_people_have(name: str) -> None:
    assert rules.is_name(name)


@pytest.mark.parametrize("name", ["", "  ", "张3", "<b>张</b>", "张\u202e三", "张\n三", "a" * 65])
def test_names_nobody_has(name: str) -> None:
    assert not rules.is_name(name)


@given(st.text(max_size=40))
def test_a_local_path_never_leaves_the_site(text: str) -> None:
    path = rules.local_path(text, "/m/")
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\\" not in path


def test_wechat_and_phone_become_one_person(app: APIFlask, stage: Stage) -> None:
    """Booked with the phone number on a PC, then came through WeChat (pain P45)."""
    person = stage.applicant("张三")
    moved: list[tuple[str, str]] = []
    with app.app_context():
        service.on_merge(hook := lambda old, new: moved.append((old, new)))
        phone = service.reveal(person.id, "phone")
        assert phone
        from_wechat = service.sign_in_by_wechat("mp", "openid-1", "union-1", "mp", "")
        kept = service.bind_phone(from_wechat.subject_id, phone, entry="mp", device="", real_name="张三")
        merge._hooks.remove(hook)
        assert kept.subject_id == person.id
        assert moved == [(from_wechat.subject_id, person.id)]
        assert service.sign_in_by_wechat("oa", "openid-2", "union-1", "oa", "").subject_id == person.id
        assert service.openids(person.id) == {"mp": "openid-1", "oa": "openid-2"}


def test_another_name_is_not_merged(app: APIFlask, stage: Stage) -> None:
    person = stage.applicant("张三")
    with app.app_context():
        phone = service.reveal(person.id, "phone")
        assert phone
        other = service.sign_in_by_wechat("mp", "openid-1", None, "mp", "").subject_id
        service.set_real_name(other, "李四")
        with pytest.raises(DomainError) as fault:
            service.bind_phone(other, phone, entry="mp", device="")
        assert fault.value.code == "name_conflict"
        assert db.session.scalars(select(Identity.user_id)).all() == [other]


def test_names_and_profile_for_other_features(app: APIFlask, stage: Stage) -> None:
    person = stage.applicant("李四")
    with app.app_context():
        assert service.names([person.id, "nobody"]) == {person.id: "李四", "nobody": "申请人"}
        assert service.profile(person.id)["masked_name"] == "李*"
        with pytest.raises(DomainError):
            service.profile("nobody")
