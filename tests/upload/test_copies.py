"""The watermarked copy: what it says, that there is exactly one, and that a killed worker changes nothing (S21)."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from pathlib import Path
from threading import Barrier

import pypdfium2
import pytest
from apiflask import APIFlask
from PIL import Image, ImageChops
from sqlalchemy import func, select

from backend.platform.db import db
from backend.upload import jobs as upload_jobs
from backend.upload import watermark
from backend.upload.models import Attachment, MaterialVersion
from tests.conftest import until
from tests.upload.conftest import Desk, photo

MARK = watermark.Mark("初中、小学、幼儿园教师资格认定", date(2026, 11, 25), "2026112500000123")


def test_the_mark_says_what_for() -> None:
    """Rule 8: item, use, date, session number."""
    assert MARK.lines == ["仅供初中、小学、幼儿园教师资格认定", "事项办理使用 2026-11-25", "2026112500000123"]
    long = watermark.Mark("深圳市福田区" * 7, date(2026, 1, 2), "1")
    assert max(len(line) for line in long.lines) <= 18 + 4


@pytest.mark.parametrize("ground", ["white", "black", "#808080", "#c81010"])
def test_the_mark_is_there_on_any_ground_and_everywhere(ground: str) -> None:
    """Each quarter of the picture differs from the plain one, on light, dark and even red ground."""
    plain = Image.new("RGB", (1200, 800), ground)
    stamped = plain.copy()
    watermark.stamp(stamped, MARK)
    difference = ImageChops.difference(plain, stamped).convert("L")
    for box in ((0, 0, 600, 400), (600, 0, 1200, 400), (0, 400, 600, 800), (600, 400, 1200, 800)):
        quarter = difference.crop(box)
        assert sum(quarter.histogram()[12:]) > 0.01 * 600 * 400


def test_the_letters_are_the_right_ones() -> None:
    """One tile, turned back upright, is the text as the font writes it, rare characters too."""
    from PIL import ImageDraw, ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    red, _ = watermark._tile(("仅供测试㵘𬭎", "2026-11-25"), 40)
    upright = red.rotate(-watermark._ANGLE, expand=True, resample=Image.Resampling.BICUBIC)
    upright = upright.crop(upright.point(lambda v: 255 if v > 40 else 0).getbbox())
    font = ImageFont.truetype(str(sans_path()), 40)
    want = Image.new("L", (600, 200), 0)
    ImageDraw.Draw(want).text((300, 20), "仅供测试㵘𬭎", font=font, fill=88, anchor="ma")
    ImageDraw.Draw(want).text((300, 76), "2026-11-25", font=font, fill=88, anchor="ma")
    want = want.crop(want.getbbox()).resize(upright.size)
    wrong = ImageChops.difference(want, upright).histogram()
    assert sum(wrong[60:]) < 0.06 * upright.width * upright.height
    assert ImageFont.truetype(str(sans_path()), 40).getmask("㵘").getbbox() is not None


def test_a_pdf_copy_is_a_picture_of_every_page(desk: Desk) -> None:
    """Pages, their size and order stay; text can't be lifted, nothing active is in it."""
    from fpdf import FPDF

    source = FPDF()
    for number in range(3):
        source.add_page(orientation="L" if number == 1 else "P")
        source.set_font("helvetica", size=20)
        source.cell(0, 10, f"Page {number}")
    data = bytes(source.output())
    material = desk.verified(data, "成绩单.pdf")
    status, copy = desk.agent.try_("GET", f"/materials/{material['id']}/copy")
    assert status == 200
    document, before = pypdfium2.PdfDocument(copy), pypdfium2.PdfDocument(data)
    assert [p.get_size() for p in document] == [p.get_size() for p in before]
    for page in document:
        assert page.get_textpage().get_text_range() == ""
        picture = page.render(scale=1).to_pil().convert("RGB")
        red = sum(1 for p in picture.get_flattened_data() if p[0] - p[1] > 25)
        assert red > 500


def copies(app: APIFlask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).where(Attachment.copy_of.is_not(None))) or 0


def version_id(desk: Desk, material_id: str) -> str:
    with desk.app.app_context():
        return db.session.scalars(
            select(MaterialVersion.id).where(MaterialVersion.material_id == material_id)
        ).one()


def test_exactly_one_copy_whatever_the_number_of_runs(any_desk: Desk) -> None:
    """The job started eight times at once and twice more: one row, one file beside the original, one event."""
    desk = any_desk
    material = desk.uploaded(photo())["id"]
    desk.agent.verifies(material)
    version, line = version_id(desk, material), Barrier(8)

    def run(_: int) -> None:
        with desk.app.app_context():
            line.wait()
            upload_jobs.make_copy(version)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    desk.run_jobs()
    desk.run_jobs()
    assert copies(desk.app) == 1
    assert [e["kind"] for e in desk.events()].count("material.copied") == 1
    assert len(desk.files()) == 2


def test_a_check_voided_meanwhile_gets_no_copy(desk: Desk) -> None:
    material = desk.uploaded(photo())["id"]
    desk.agent.verifies(material)
    desk.agent.post(f"/materials/{material}/reopen", {"reason": "看错了"})
    desk.run_jobs()
    assert copies(desk.app) == 0


# --- S21 --------------------------------------------------------------------------------------------------------

WORKER = """
import os, sys, time
from backend.app import create_app
from backend.platform import jobs
from backend.platform.redis import connect
from backend.upload import watermark

mode = sys.argv[1]
stamp = watermark.stamp
def slow(image, mark):
    open(sys.argv[2], "w").write(str(os.getpid()))
    time.sleep(600)
if mode == "stuck":
    watermark.stamp = slow
app = create_app()
with app.app_context():
    from rq import Worker
    jobs.serve(app)
    Worker(list(jobs.QUEUES), connection=connect(app.extensions["settings"].redis_url, socket_timeout=None)).work()
"""


def start_worker(desk: Desk, mode: str, sign: Path) -> subprocess.Popen[bytes]:
    settings = desk.app.extensions["settings"]
    env = {
        **os.environ,
        "MODE": "test",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "STORAGE_URL": settings.storage_url,
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen([sys.executable, "-c", WORKER, mode, str(sign)], env=env, start_new_session=True)


def test_s21_a_killed_worker_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    """A real worker is killed with its child in the middle of the picture; another one makes the copy, once.

    The sweeper that sends lost jobs again is the product's own (periodic, 10 s); here its turn is called.
    """
    from backend.platform import jobs

    sign = tmp_path / "in-the-middle"
    plain = photo(mark=21)
    material = desk.uploaded(plain)
    original = next(p for p in desk.files())
    first = start_worker(desk, "stuck", sign)
    second = None
    try:
        desk.agent.verifies(material["id"])
        until(lambda: sign.exists() and sign.read_text(), seconds=60)
        os.killpg(first.pid, signal.SIGKILL)
        child = int(sign.read_text())
        if Path(f"/proc/{child}").exists():
            os.kill(child, signal.SIGKILL)
        first.wait()
        assert desk.of(material["id"])["versions"][0]["copy_attachment_id"] is None
        second = start_worker(desk, "well", sign)

        def copied() -> object:
            with desk.app.app_context():
                jobs.resend()
            return desk.of(material["id"])["versions"][0]["copy_attachment_id"]

        assert until(copied, seconds=60, every=1)
    finally:
        for worker in (first, second):
            if worker and worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
    assert copies(desk.app) == 1
    assert original.read_bytes() == plain
    assert desk.of(material["id"])["state"] == "verified"
    assert Image.open(BytesIO(desk.applicant.try_("GET", f"/materials/{material['id']}/copy")[1])).size == (
        640,
        400,
    )
