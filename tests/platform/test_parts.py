"""Machine, storage, tickets, limits, crypto, logging."""

from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.platform import limits, tickets
from backend.platform.crypto import blind, decrypt, encrypt, mask_id, mask_name, mask_phone
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow, TooMany
from backend.platform.ids import new_id
from backend.platform.logging import scrub
from backend.platform.machine import Machine, move
from backend.platform.storage import LocalStorage


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"


class Tables(DeclarativeBase):
    """Of these tests alone: what the product's tables are is not for a test to add to."""


class LampRow(Tables):
    __tablename__ = "lamp"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[str]


machine = Machine(
    "lamp",
    move("switch_on", [Lamp.OFF], Lamp.ON, "person"),
    move("switch_off", [Lamp.ON], Lamp.OFF, "person", "timer"),
)


def test_a_move_is_made_once_and_refused_by_name(context: APIFlask) -> None:
    Tables.metadata.create_all(db.engine)
    with unit_of_work():
        lamp = LampRow(state="off")
        db.session.add(lamp)
        machine.apply(lamp, "switch_on", "person")
        assert lamp.state == "on"
        with pytest.raises(NotAllowedNow) as refused:
            machine.apply(lamp, "switch_on", "person")
        assert refused.value.details == {"machine": "lamp", "move": "switch_on", "state": "on"}
    assert machine.allowed("on", "timer") == ["switch_off"]
    assert machine.allowed("off", "timer") == []
    assert "off --> on: switch_on" in machine.mermaid()


def test_who_may_not_move_does_not(context: APIFlask) -> None:
    Tables.metadata.create_all(db.engine)
    with unit_of_work():
        lamp = LampRow(state="off")
        db.session.add(lamp)
        with pytest.raises(NotAllowedNow):
            machine.apply(lamp, "switch_on", "timer")


def test_storage_keeps_and_forgets(tmp_path: Path) -> None:
    store = LocalStorage(tmp_path)
    store.put("a/b.bin", b"123")
    with store.open("a/b.bin") as file:
        assert file.read() == b"123"
    assert store.keys("a/") == ["a/b.bin"]
    store.delete("a/b.bin")
    assert not store.exists("a/b.bin")
    for key in ("../x", "/etc/passwd", "a/../../x"):
        with pytest.raises(ValueError):
            store.put(key, b"")


def test_a_ticket_is_taken_once(context: APIFlask) -> None:
    token = tickets.issue("socket", {"a": 1}, ttl=30)
    assert tickets.peek("socket", token) == {"a": 1}
    assert [tickets.take("socket", token), tickets.take("socket", token)] == [{"a": 1}, None]


def test_a_limit_counts(context: APIFlask) -> None:
    for _ in range(3):
        limits.limit("k", 3, per=60)
    with pytest.raises(TooMany) as refused:
        limits.limit("k", 3, per=60)
    assert 0 < refused.value.details["retry_after"] <= 60


def test_personal_data_is_sealed_and_masked(context: APIFlask) -> None:
    sealed = encrypt("440304199001010000")
    assert "4403" not in sealed
    assert decrypt(sealed) == "440304199001010000"
    assert blind("a") == blind("a") != blind("b")
    assert (mask_name("张三"), mask_phone("19900001234"), mask_id("440304199001010000")) == (
        "张*",
        "199****1234",
        "4403**********0000",
    )


def test_a_rotated_key_still_reads(make_app) -> None:
    old = make_app(secret_key="k" * 40)
    with old.app_context():
        sealed = encrypt("19900001234")
    with make_app(secret_key="n" * 40, previous_secret_keys=["k" * 40]).app_context():
        assert decrypt(sealed) == "19900001234"
    with make_app(secret_key="n" * 40).app_context(), pytest.raises(ValueError):
        decrypt(sealed)


def test_logs_hold_no_personal_data() -> None:
    line = "user 19900001234 id 440304199001010000 GET /cgi-bin/token?appid=wx1&secret=abc&x=1"
    assert scrub(line) == "user [phone] id [id] GET /cgi-bin/token?appid=wx1&secret=[hidden]&x=1"


def test_ids_sort_in_the_order_they_were_made() -> None:
    """Also within one millisecond, and with no step that could be guessed."""
    ids = [new_id() for _ in range(2000)]
    assert ids == sorted(set(ids))
    at_once = [later for before, later in pairwise(ids) if before[:10] == later[:10]]
    assert len({id_[-8:] for id_ in at_once}) == len(at_once) > 500
