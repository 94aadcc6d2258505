"""The record: chained by SHA-256 and SM3, tamper found to the event, replayed without a gap."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.hashes import SM3, Hash
from sqlalchemy import text

from backend.platform.db import db, unit_of_work
from backend.session import chat, service, timeline
from backend.session.models import TimelineEvent
from tests.office import Office, actor


@pytest.fixture
def told(office: Office) -> tuple[Office, str]:
    """A session with a few events in it."""
    return office, tell(office)


def tell(office: Office) -> str:
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent)
    for n in range(5):
        office.do(lambda n=n: chat.say(actor(who), session_id, f"m{n}", text=f"第{n}句 “引号” 😀").seq)
    office.do(lambda: service.note(actor(agent), session_id, "备注").seq)
    return session_id


def test_the_chain_is_what_the_document_says(any_office: Office) -> None:
    """Recomputed here by hand from the stored row, with no function of ours but the row itself."""
    session_id = tell(any_office)
    with any_office.context():
        first, second = db.session.query(TimelineEvent).filter_by(session_id=session_id).order_by(TimelineEvent.seq)[:2]
        covered = {k: getattr(second, k) for k in ("session_id", "seq", "kind", "actor_kind", "actor_id", "actor_name",
                                                   "audience", "payload", "client_id")}  # fmt: skip
        covered["at"] = second.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{second.at.microsecond // 1000:03d}Z"
        body = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        assert second.prev_hash == first.hash
        assert second.hash == hashlib.sha256(first.hash.encode() + b"\n" + body).hexdigest()
        sm3 = Hash(SM3())
        sm3.update(first.hash_sm3.encode() + b"\n" + body)
        assert second.hash_sm3 == sm3.finalize().hex()
        assert first.prev_hash == "0" * 64


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        ("UPDATE timeline_event SET actor_name = '李*' WHERE session_id = :s AND seq = 4", "event 4"),
        ("UPDATE timeline_event SET at = (SELECT at FROM timeline_event WHERE session_id = :s AND seq = 1), kind = 'x' "
         "WHERE session_id = :s AND seq = 5", "event 5"),
        ("UPDATE timeline_event SET audience = 'all' WHERE session_id = :s AND kind = 'note.added'", "note.added"),
        ("UPDATE timeline_event SET hash_sm3 = hash WHERE session_id = :s AND seq = 2", "event 2"),
        ("DELETE FROM timeline_event WHERE session_id = :s AND seq = 3", "event 3 is missing"),
        ("DELETE FROM timeline_event WHERE session_id = :s AND seq = "
         "(SELECT max(seq) FROM timeline_event WHERE session_id = :s)", "are stored"),
        ("UPDATE service_session SET last_seq = last_seq + 1 WHERE id = :s", "are stored"),
    ],
)  # fmt: skip
def test_whatever_is_changed_is_found(told: tuple[Office, str], tamper: str, fault: str) -> None:
    """M43: flip anything and verify names the place."""
    office, session_id = told
    with office.context():
        assert timeline.verify(session_id).ok
        with unit_of_work():
            assert db.session.execute(text(tamper), {"s": session_id}).rowcount == 1
        db.session.expire_all()
        verdict = timeline.verify(session_id)
        assert not verdict.ok
        assert fault in (verdict.fault or "")


def test_the_command_says_so(told: tuple[Office, str]) -> None:
    office, session_id = told
    runner = office.app.test_cli_runner()
    good = runner.invoke(args=["timeline", "verify"])
    assert (good.exit_code, good.output) == (0, "1 sessions verified, 0 with a fault\n")
    with office.context(), unit_of_work():
        db.session.execute(text("UPDATE timeline_event SET kind = 'chat.file' WHERE seq = 6"))
    bad = runner.invoke(args=["timeline", "verify", session_id])
    assert bad.exit_code == 1
    assert f"{session_id}: event 6" in bad.output


def test_two_equal_changes_of_the_tail_differ(told: tuple[Office, str]) -> None:
    """A forger who recomputes one event must recompute all after it: the head changes."""
    office, session_id = told
    with office.context():
        head = timeline.verify(session_id).head
        rows = db.session.query(TimelineEvent).filter_by(session_id=session_id)
        assert head == rows.order_by(TimelineEvent.seq.desc()).first().hash


def test_payloads_are_plain(told: tuple[Office, str]) -> None:
    """A float may come back from a database as another number, and the chain would break: refused at the source."""
    office, session_id = told
    with office.context(), pytest.raises(TypeError), unit_of_work():
        timeline.record(service.db.session.get(service.S, session_id), "x", None, {"n": 0.1})
    with office.context(), pytest.raises(RuntimeError):
        timeline.record(service.db.session.get(service.S, session_id), "x", None)


def test_replay_in_pages_has_no_gap(told: tuple[Office, str]) -> None:
    office, session_id = told
    with office.context():
        whole = timeline.events(session_id, staff=True)
        pages: list[dict] = []
        while page := timeline.events(session_id, len(pages), staff=True, limit=4):
            pages += page
        assert pages == whole
