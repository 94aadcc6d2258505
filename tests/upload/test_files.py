"""Files at rest and on their way out: who reads them, in which form, and what is left after a broken upload."""

import time
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from PIL import Image

from backend.platform.clock import now
from backend.platform.db import db
from backend.platform.storage import storage
from backend.upload import files
from backend.upload.models import Attachment
from tests.actors import Person
from tests.upload.conftest import Case, Desk, photo


def fetch(person: Person, path: str, **headers: str) -> Any:
    return person.client.get(f"/api{path}", headers={"Authorization": f"Bearer {person.token}", **headers})


def chat_file(desk: Desk, data: bytes, name: str) -> dict[str, Any]:
    return desk.applicant.post(
        f"/sessions/{desk.session_id}/attachments", data={"file": (BytesIO(data), name)}
    )


def test_only_the_two_and_the_supervisor_read_a_file(desk: Desk) -> None:
    """Everyone else gets exactly what a missing file gives; without a login, after logout: no byte (reliability 4d)."""
    file_id = chat_file(desk, photo(), "照片.jpg")["id"]
    boss = desk.office.stage.agent("班长", roles=("agent", "supervisor"))
    for person in (desk.applicant, desk.agent, boss):
        assert fetch(person, f"/attachments/{file_id}").status_code == 200
    stranger, colleague = desk.office.applicant("李四"), desk.office.agent("赵老师")
    for person in (stranger, colleague):
        for query in ("", "?thumb=1", "?preview=1"):
            got, missing = (fetch(person, f"/attachments/{i}{query}") for i in (file_id, "0" * 26))
            assert got.status_code == missing.status_code == 404
            assert len(got.data) == len(missing.data)
    assert desk.app.test_client().get(f"/api/attachments/{file_id}").status_code == 401
    desk.applicant.post("/auth/logout")
    assert fetch(desk.applicant, f"/attachments/{file_id}").status_code == 401


def test_a_verified_original_is_not_given_out_any_more(desk: Desk) -> None:
    """P42: a crawl over every address of a verified material, as applicant, agent and supervisor, before and after
    the copy is there, finds no plain byte."""
    plain = photo(800, 600, mark=7)
    material = desk.uploaded(plain, "学历证书.jpg")
    file_id = material["versions"][0]["attachment_id"]
    assert fetch(desk.agent, f"/attachments/{file_id}").data == plain
    etag = fetch(desk.agent, f"/attachments/{file_id}").headers["ETag"]
    desk.agent.verifies(material["id"])
    boss = desk.office.stage.agent("班长", roles=("agent", "supervisor"))
    for people_see in ("pending", "made"):
        for person in (desk.applicant, desk.agent, boss):
            direct = fetch(person, f"/attachments/{file_id}")
            assert (direct.status_code, direct.get_json()["error"]["code"]) == (410, "original_sealed")
            assert fetch(person, f"/attachments/{file_id}", **{"If-None-Match": etag}).status_code == 410
            for query in ("thumb=1", "preview=1"):
                shown = fetch(person, f"/attachments/{file_id}?{query}")
                assert shown.status_code == (409 if people_see == "pending" else 200)
                if people_see == "made":
                    assert marked(shown.data, plain)
            copy = fetch(person, f"/materials/{material['id']}/copy")
            assert copy.status_code == (409 if people_see == "pending" else 200)
        desk.run_jobs()
    copy = fetch(desk.applicant, f"/materials/{material['id']}/copy")
    assert marked(copy.data, plain)
    assert (
        "%E5%AD%A6%E5%8E%86%E8%AF%81%E4%B9%A6%EF%BC%88%E5%B7%B2%E6%A0%B8%E9%AA%8C%EF%BC%89.jpg"
        in copy.headers["Content-Disposition"]
    )
    desk.agent.post(f"/materials/{material['id']}/reopen", {"reason": "重新核验"})
    assert fetch(desk.applicant, f"/attachments/{file_id}").status_code == 410
    status, body = desk.applicant.try_("POST", f"/sessions/{desk.session_id}/messages", {
        "client_id": "sneak-1", "attachment_id": file_id,
    })  # fmt: skip
    assert status >= 400, body


def marked(copy: bytes, plain: bytes) -> bool:
    """Whether `copy` has red letters where `plain` has light ground."""
    a = Image.open(BytesIO(copy)).convert("RGB")
    b = Image.open(BytesIO(plain)).convert("RGB").resize(a.size)
    red = sum(
        1
        for x in range(0, a.width, 2)
        for y in range(0, a.height, 2)
        if min(b.getpixel((x, y))) > 200 and a.getpixel((x, y))[0] - a.getpixel((x, y))[1] > 25
    )
    return red > 0.003 * a.width * a.height / 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_thumbnail_is_upright_and_knows_nothing_of_the_place(desk: Desk, orientation: int) -> None:
    """P38: all eight EXIF orientations. The stored bytes are those that came."""
    upright = Image.open(BytesIO(photo()))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose that undoes each orientation
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[1] = "N"
    out = BytesIO()
    stored.save(out, "JPEG", exif=exif, quality=92)
    kept = chat_file(desk, out.getvalue(), "手机.jpg")
    assert (kept["width"], kept["height"]) == (640, 400)
    assert fetch(desk.agent, f"/attachments/{kept['id']}").data == out.getvalue()
    thumb = fetch(desk.agent, f"/attachments/{kept['id']}?thumb=1")
    assert thumb.headers["Content-Disposition"].startswith("inline")
    small = Image.open(BytesIO(thumb.data))
    assert (small.size, dict(small.getexif())) == ((320, 200), {})
    r, g, _ = small.convert("RGB").getpixel((20, 20))
    assert (r > 180, g < 90) == (True, True)
    r, g, _ = small.convert("RGB").getpixel((300, 190))
    assert g > 180


def test_heic_from_an_iphone(desk: Desk) -> None:
    """P38: kept as it came, shown and copied as JPEG."""
    import pillow_heif

    out = BytesIO()
    pillow_heif.from_pillow(Image.open(BytesIO(photo()))).save(out, quality=90)
    material = desk.verified(out.getvalue(), "IMG_0001.HEIC")
    version = material["versions"][0]
    assert (version["mime"], version["width"], version["height"]) == ("image/heic", 640, 400)
    copy = fetch(desk.applicant, f"/materials/{material['id']}/copy")
    assert copy.headers["Content-Type"] == "image/jpeg"
    assert Image.open(BytesIO(copy.data)).size == (640, 400)


def test_a_document_is_shown_by_its_first_page(desk: Desk, corpus: dict[str, Case]) -> None:
    kept = chat_file(desk, corpus["C004"].data, "承诺书.pdf")
    shown = fetch(desk.agent, f"/attachments/{kept['id']}?preview=1")
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert max(Image.open(BytesIO(shown.data)).size) == 2000
    docx = chat_file(desk, corpus["C059"].data, "说明.docx")
    assert fetch(desk.agent, f"/attachments/{docx['id']}?thumb=1").status_code == 404


def test_seen_before_is_not_sent_again(desk: Desk) -> None:
    file_id = chat_file(desk, photo(), "照片.jpg")["id"]
    first = fetch(desk.agent, f"/attachments/{file_id}")
    again = fetch(desk.agent, f"/attachments/{file_id}", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_every_reading_is_on_record(desk: Desk) -> None:
    from sqlalchemy import func, select

    from backend.platform.audit import AuditEntry

    file_id = chat_file(desk, photo(), "照片.jpg")["id"]
    fetch(desk.agent, f"/attachments/{file_id}")
    fetch(desk.applicant, f"/attachments/{file_id}")
    with desk.app.app_context():
        query = select(func.count()).where(
            AuditEntry.action == "file.read", AuditEntry.subject == f"attachment:{file_id}"
        )
        assert db.session.scalar(query) == 2


def test_a_chat_file_is_sent_by_its_own_sender_only(desk: Desk) -> None:
    file_id = chat_file(desk, photo(), "现场照片.jpg")["id"]
    message = {"client_id": "message-1", "attachment_id": file_id}
    desk.applicant.post(f"/sessions/{desk.session_id}/messages", message)
    event = next(e for e in desk.events() if e["kind"] == "chat.image")
    assert event["payload"]["name"] == "现场照片.jpg"
    status, _ = desk.agent.try_(
        "POST", f"/sessions/{desk.session_id}/messages", {"client_id": "message-2", "attachment_id": file_id}
    )
    assert status in (404, 422)
    other = desk.uploaded(photo(mark=3))["versions"][0]["attachment_id"]
    status, _ = desk.applicant.try_(
        "POST", f"/sessions/{desk.session_id}/messages", {"client_id": "message-3", "attachment_id": other}
    )
    assert status in (404, 422)


def test_what_broke_off_is_swept_up_after_an_hour(desk: Desk) -> None:
    """A file without a row goes; one with a row stays; one that may still get its row stays too."""
    kept = chat_file(desk, photo(), "照片.jpg")["id"]
    with desk.app.app_context():
        from backend.platform.ids import new_id

        storage.put(f"{files.FOLDER}{new_id()}.jpg", b"half an upload")
        assert files.sweep() == 0
        with time_machine.travel(now() + timedelta(minutes=61)):
            assert files.sweep() == 1
        row = db.session.get_one(Attachment, kept)
        assert storage.exists(row.storage_key)
    assert len(desk.files()) == 1


def test_a_failed_transaction_leaves_no_row(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: 5xx, and neither a row nor the state 已上传."""
    material = desk.material()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backend.platform.storage.LocalStorage.put", full)
    status, _ = desk.applicant.try_(
        "POST", f"/materials/{material}/versions", data={"file": (BytesIO(photo()), "a.jpg")}
    )
    assert status >= 500
    now_ = desk.of(material)
    assert (now_["state"], now_["versions"]) == ("requested", [])
    monkeypatch.undo()
    desk.applicant.uploads(material, photo())


def test_a_large_photo_is_quick(desk: Desk) -> None:
    """12 megapixels from a phone: uploaded, previewed and watermarked in bounded time and size."""
    image = Image.effect_noise((1000, 750), 40).resize((4000, 3000)).convert("RGB")
    out = BytesIO()
    image.save(out, "JPEG", quality=85)
    began = time.perf_counter()
    Image.open(out).convert("RGB").save(BytesIO(), "JPEG")
    plain, began = time.perf_counter() - began, time.perf_counter()
    material = desk.verified(out.getvalue(), "大图.jpg")
    assert time.perf_counter() - began < 12 * plain  # read and written once by the same library
    copy = fetch(desk.applicant, f"/materials/{material['id']}/copy")
    assert Image.open(BytesIO(copy.data)).size == (2000, 1500)
