"""The QR code's ticket: five minutes, one phone, one signature (cases S28; pains P36, P37; reliability 4d)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from backend.platform.db import db
from backend.signature.models import Signature, SignTicket
from backend.signature.service import evidence_hash
from tests.signature.conftest import Phone, Signing, handwriting, later, name_strokes, picture


def scanned(signing: Signing) -> Phone:
    phone = Phone(signing, signing.applicant.gets_code(signing.read()))
    assert phone.opens()[0] == 200
    return phone


def test_the_token_is_kept_as_a_hash_only(signing: Signing) -> None:
    token = signing.applicant.gets_code(signing.read())
    with signing.app.app_context():
        row = db.session.scalars(select(SignTicket)).one()
        assert token not in {str(getattr(row, c.key)) for c in SignTicket.__table__.columns}


def test_a_forwarded_code_is_refused_and_says_why(signing: Signing) -> None:
    first = scanned(signing)
    other = Phone(signing, first.token)
    for status, body in (other.opens(), other.signs()):
        assert (status, body["error"]["code"]) == (403, "sign_other_device")
        assert "刷新二维码" in body["error"]["message"]
    other.client.set_cookie("sign_device", "guessed-device-token", path="/api/sign")
    assert other.signs()[0] == 403
    assert first.opens()[1]["state"] == "scanned"
    assert first.signs()[0] == 201


def test_the_phones_mark_is_out_of_reach_of_scripts(signing: Signing) -> None:
    phone = Phone(signing, signing.applicant.gets_code(signing.read()))
    cookie = phone.client.get(f"/api/sign/{phone.token}").headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/api/sign"))


def test_a_page_that_was_never_opened_signs_nothing(signing: Signing) -> None:
    phone = Phone(signing, signing.applicant.gets_code(signing.read()))
    assert phone.signs()[0] == 403


def test_five_minutes_and_not_a_second_more(signing: Signing) -> None:
    phone = scanned(signing)
    with later(minutes=5, seconds=1):
        for status, body in (phone.opens(), phone.signs()):
            assert (status, body["error"]["code"]) == (410, "sign_code_expired")
        assert signing.view()["commitment"]["ticket"]["state"] == "expired"
        renewed = Phone(signing, signing.applicant.gets_code(signing.view()["commitment"]["id"]))
        assert renewed.opens()[0] == 200
        assert renewed.signs()[0] == 201


def test_a_new_code_puts_out_the_old_one(signing: Signing) -> None:
    """P37: whoever scans the old one is told to scan the new one."""
    first = scanned(signing)
    commitment = signing.view()["commitment"]["id"]
    second = Phone(signing, signing.applicant.gets_code(commitment))
    for status, body in (first.opens(), first.signs()):
        assert (status, body["error"]["code"]) == (410, "sign_code_replaced")
    assert second.opens()[0] == 200
    assert second.signs()[0] == 201


def test_once(signing: Signing) -> None:
    phone = scanned(signing)
    assert phone.signs()[0] == 201
    status, body = phone.opens()
    assert (status, body["error"]["code"]) == (409, "already_signed")
    strokes = name_strokes()[:3]
    status, body = phone.signs(strokes=strokes, image=picture(strokes))
    assert (status, body["error"]["code"]) == (409, "already_signed")


def test_an_answer_that_was_lost_is_given_again(signing: Signing) -> None:
    """The phone did not hear the 201 and sends the same handwriting again: the same signature, no second event."""
    phone = scanned(signing)
    assert phone.signs()[1]["id"] == phone.signs()[1]["id"]
    assert signing.kinds().count("sign.signed") == 1


def test_an_unknown_code_is_404(signing: Signing) -> None:
    assert Phone(signing, "x" * 22).opens()[0] == 404
    assert Phone(signing, "x" * 500).opens()[0] == 404


def test_two_phones_at_once_make_one_signature(any_signing: Signing) -> None:
    """S28, on both databases, ten rounds: a code and a signature in place race; one gets in, the other hears 已签名."""
    signing = any_signing
    for turn in range(10):
        phone = scanned(signing)
        commitment = signing.view()["commitment"]["id"]
        line = Barrier(2)

        def by_code(phone: Phone = phone, line: Barrier = line) -> int:
            line.wait()
            return phone.signs()[0]

        def in_place(commitment: str = commitment, line: Barrier = line) -> int:
            line.wait()
            return signing.applicant.try_("POST", f"/commitments/{commitment}/sign", handwriting(375, 500))[0]

        with ThreadPoolExecutor(2) as pool:
            answers = sorted([pool.submit(by_code), pool.submit(in_place)], key=id)
            assert sorted(a.result() for a in answers) == [201, 409]
        with signing.app.app_context():
            assert (
                len(db.session.scalars(select(Signature).where(Signature.commitment_id == commitment)).all())
                == 1
            )
        if turn < 9:
            signing.agent.post(f"/commitments/{commitment}/reject", {"reason": "再签一次"})
    assert signing.kinds().count("sign.signed") == 10


def test_thirty_submissions_of_one_code(any_signing: Signing) -> None:
    """Thirty different handwritings through one code at once: one 201, and what is stored never changes after."""
    signing, phone = any_signing, scanned(any_signing)
    cookie = phone.client.get_cookie("sign_device", path="/api/sign")
    assert cookie is not None
    line = Barrier(30)

    def submit(n: int) -> int:
        mine = Phone(signing, phone.token)
        mine.client.set_cookie("sign_device", cookie.value, path="/api/sign")
        strokes = name_strokes()
        strokes[0][0]["x"] += n
        line.wait()
        return mine.signs(strokes=strokes, image=picture(strokes))[0]

    with ThreadPoolExecutor(30) as pool:
        answers = sorted(pool.map(submit, range(30)))
    assert answers == [201] + [409] * 29
    with signing.app.app_context():
        row = db.session.scalars(select(Signature)).one()
        assert row.evidence_sha256 == evidence_hash(row)


def test_two_phones_open_at_once(any_signing: Signing) -> None:
    """The first phone to open the code owns it; exactly one of twenty."""
    signing = any_signing
    token = signing.applicant.gets_code(signing.read())
    line = Barrier(20)

    def open_(_: int) -> int:
        phone = Phone(signing, token)
        line.wait()
        return phone.opens()[0]

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(open_, range(20))) == [200] + [403] * 19
    assert signing.kinds().count("sign.scanned") == 1


def test_a_text_that_changed_is_not_signed(signing: Signing) -> None:
    """S28: a new version of the template came into force, or the page shows another text: 409, nothing stored."""
    phone = scanned(signing)
    status, body = phone.signs(body_hash="0" * 64)
    assert (status, body["error"]["code"]) == (409, "commitment_stale")
    signing.new_template("新的承诺内容。", 2)
    status, body = phone.signs()
    assert (status, body["error"]["code"]) == (409, "commitment_stale")
    with signing.app.app_context():
        assert db.session.scalars(select(Signature)).all() == []
    signing.agent.post(f"/commitments/{signing.view()['commitment']['id']}/withdraw")
    status, body = phone.signs()
    assert (status, body["error"]["code"]) == (409, "commitment_withdrawn")
    fresh = scanned(signing)
    assert fresh.opens()[1]["body"] == "新的承诺内容。"
    assert fresh.signs()[0] == 201
