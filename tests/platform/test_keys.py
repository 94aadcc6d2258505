"""A new SECRET_KEY: everybody is found under the old one's hashes, and all is renewed while people work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from backend.courier import service as courier
from backend.courier.models import PickupForm
from backend.identity import people, service, staff_accounts
from backend.identity.errors import IdNumberTaken, PhoneTaken
from backend.identity.models import StaffAccount, User
from backend.platform import keys
from backend.platform.crypto import blind, decrypt
from backend.platform.db import db, unit_of_work
from tests.actors import Stage
from tests.conftest import MakeApp, emptied
from tests.office import Office, actor

OLD, NEW = "k" * 40, "n" * 40
PHONE, ID_NUMBER = "19912340678", "110101199003070000"
With = Callable[..., APIFlask]


@pytest.fixture(params=["sqlite", "postgres"])
def keyed(request: pytest.FixtureRequest, make_app: MakeApp) -> With:
    """`keyed(OLD)`, `keyed(NEW, OLD)`: the same database under a key and earlier ones."""
    place: dict[str, Any] = {}
    if request.param == "postgres":
        place = {"database_url": request.getfixturevalue("postgres_url"), "database_pool_size": 24}
        emptied(make_app(**place))

    def start(key: str, *before: str) -> APIFlask:
        return make_app(secret_key=key, previous_secret_keys=list(before), **place)

    return start


def person(phone: str = PHONE, number: str | None = ID_NUMBER) -> str:
    with unit_of_work():
        user = people.with_phone(phone)
        if number:
            people.give_id_number(user, number)
        return user.id


def id_of(user: User | None) -> str | None:
    return user.id if user else None


def test_who_came_under_the_old_key_is_the_same_person_under_the_new(keyed: With) -> None:
    with keyed(OLD).app_context():
        known = person()
        old = db.session.get_one(User, known).phone_blind
    with keyed(NEW, OLD).app_context():
        assert service.create_user(phone=PHONE) == known
        assert id_of(people.of_id_number(ID_NUMBER)) == known
        other = service.create_user(phone="19912340679")
        with pytest.raises(IdNumberTaken):
            service.set_real_name(other, "李四", ID_NUMBER)
        with pytest.raises(PhoneTaken):
            service.bind_phone(other, PHONE, entry="pc", device="")
        assert db.session.get_one(User, known).phone_blind == old
        assert db.session.get_one(User, other).phone_blind == blind("19912340679")


def test_all_is_renewed_and_the_old_key_can_go(keyed: With) -> None:
    app = keyed(OLD)
    office = Office(Stage(app))
    applicant, agent = office.applicant(), office.agent()
    case = office.in_session(applicant, agent)
    with app.app_context():
        known = person()
        staff = staff_accounts.add("guanli", "Demo-2026!", "管理员", "9001", ["admin"])
        uri, staff_id = staff_accounts.new_totp(staff.id), staff.id
        courier.push(actor(agent), case)
        form = {"name": "张三", "phone": PHONE, "district": "福田区", "address": "福中路100号市民中心C区3楼"}
        window = courier.offered()[0].id
        courier.submit(actor(applicant), case, **form, window=window)
    with keyed(NEW, OLD).app_context():
        again = courier.submit(actor(applicant), case, **form, window=window)
        assert again.revision == 1  # the same words are no correction under the new key either
        assert keys.renew() == keys.Done(rows=4)  # two applicants, the second factor, the form
        assert keys.renew() == keys.Done(rows=0)
    with keyed(NEW).app_context():
        assert service.create_user(phone=PHONE) == known
        assert id_of(people.of_id_number(ID_NUMBER)) == known
        assert (service.reveal(known, "phone"), service.reveal(known, "id_number")) == (PHONE, ID_NUMBER)
        assert decrypt(db.session.get_one(StaffAccount, staff_id).totp_secret_enc or "") in uri
        words = courier.own_words(db.session.scalars(select(PickupForm)).one())
        assert words == {key: form[key] for key in ("name", "phone", "address")}


def test_people_sign_in_and_up_meanwhile(keyed: With, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"1991000{n:04d}" for n in range(60)]
    with keyed(OLD).app_context():
        known = {number: person(number, None) for number in numbers[:40]}
    app = keyed(NEW, OLD)
    monkeypatch.setattr(keys, "BATCH", 5)

    def comes(number: str) -> str:
        with app.app_context():
            return service.create_user(phone=number)

    def renewed(_: str) -> keys.Done:
        with app.app_context():
            return keys.renew()

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(renewed, "") for _ in range(2)]
        came = list(pool.map(comes, numbers + numbers))
    assert sum(d.result().rows for d in done) == 40  # each row once, though two commands ran
    assert all(d.result().faults == [] for d in done)
    assert came[:60] == came[60:]
    assert came[:40] == list(known.values())
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 60
    with keyed(NEW).app_context():
        assert [id_of(people.of_phone(number)) for number in numbers] == came[:60]


def test_the_command_says_what_it_could_not_renew(keyed: With) -> None:
    with keyed("a lost key, of which nobody knows anything").app_context():
        lost = person("19912340001", None)
    with keyed(OLD).app_context():
        first = person(PHONE, None)
    with keyed(NEW).app_context():  # a process that was started without the earlier key
        twin = person(PHONE, None)
        assert twin != first
    told = keyed(NEW, OLD).test_cli_runner().invoke(args=["keys", "renew"])
    assert (told.exit_code, told.output.splitlines()) == (
        1,
        [
            f"user_account {lost}: sealed with a key that is not among PREVIOUS_SECRET_KEYS",
            f"user_account {first}: another row has its number",
            "0 rows renewed, 2 could not be",
        ],
    )
