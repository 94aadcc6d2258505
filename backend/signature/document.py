"""The signed commitment as a PDF to keep: the very text, the handwriting, and what proves the two belong together."""

import logging
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from fpdf import FPDF
from fpdf.enums import WrapMode
from PIL import Image
from pylopdf_fonts_zh_cn import sans_path

from backend.platform.clock import shanghai
from backend.session.models import ServiceSession
from backend.signature.models import Commitment, Signature

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it speaks at each subset

METHODS = {"qr": "微信扫码，手机手写签名", "in_place": "手机手写签名"}
MARGIN, WIDTH = 22, 166  # mm
GREY, BLACK = (96, 96, 96), (0, 0, 0)


def pdf(session: ServiceSession, row: Commitment, signature: Signature, drawn: BinaryIO) -> bytes:
    """The document; the same signature gives the same words, dates and pictures."""
    page = _Page(session.number)
    page.title(row.title)
    for paragraph in row.body.splitlines():
        page.paragraph(paragraph)
    page.signature(drawn.read(), signature.at)
    page.facts(
        [
            ("事项", session.item_name),
            ("会话编号", session.number),
            ("申请人", session.applicant_name),
            ("文本版本", f"第 {row.template_version} 版"),
            ("阅读完毕", _time(row.read_at)),
            ("签名时间", _time(signature.at)),
            ("签名方式", METHODS[signature.method]),
            ("文本摘要", row.body_hash),
            ("笔迹摘要", signature.drawn_sha256),
            ("证据摘要", signature.evidence_sha256),
        ]
    )
    return page.bytes(signature.at)


class _Page:
    def __init__(self, number: str) -> None:
        self.out = FPDF(format="A4")
        self.out.set_margins(MARGIN, 20, MARGIN)
        self.out.set_auto_page_break(True, margin=20)
        self.out.add_font("song", "", str(sans_path()))
        self.out.add_page()
        self._set(9, GREY)
        self._line(f"信用+视频办　{number}", 6, align="R")

    def title(self, text: str) -> None:
        self.out.ln(6)
        self._set(18, BLACK)
        self._line(text, 12, align="C")
        self.out.ln(6)

    def paragraph(self, text: str) -> None:
        self._set(11.5, BLACK)
        indent = "" if text.startswith(("　", " ")) or not text.strip() else "　　"
        self._line(indent + text, 8)

    def signature(self, drawn: bytes, at: datetime) -> None:
        """The handwriting at the right, never cut by the end of a page."""
        if self.out.get_y() > 297 - 20 - 48:
            self.out.add_page()
        self.out.ln(8)
        self._set(11.5, BLACK)
        top = self.out.get_y()
        self.out.set_xy(MARGIN + 76, top + 8)
        self.out.cell(26, 8, "承诺人：")
        self.out.image(_ink_only(drawn), x=MARGIN + 100, y=top, w=62, h=28, keep_aspect_ratio=True)
        self.out.set_xy(MARGIN, top + 30)
        self._line(f"{shanghai(at):%Y 年 %m 月 %d 日}", 8, align="R")
        self.out.ln(4)

    def facts(self, rows: list[tuple[str, str]]) -> None:
        self._set(8.5, GREY)
        for name, value in rows:
            self.out.set_x(MARGIN)
            self.out.cell(24, 5.4, name)
            self.out.multi_cell(WIDTH - 24, 5.4, value, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)

    def bytes(self, at: datetime) -> bytes:
        self.out.set_creation_date(at)
        return bytes(self.out.output())

    def _set(self, size: float, colour: tuple[int, int, int]) -> None:
        self.out.set_font("song", size=size)
        self.out.set_text_color(*colour)

    def _line(self, text: str, height: float, align: str = "L") -> None:
        self.out.multi_cell(
            WIDTH, height, text, align=align, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR
        )


def _ink_only(drawn: bytes) -> Image.Image:
    """The handwriting without the empty pad around it."""
    image = Image.open(BytesIO(drawn)).convert("L")
    left, top, right, bottom = image.point(lambda v: 255 if v < 200 else 0).getbbox() or (0, 0, *image.size)
    return image.crop((left - 8, top - 8, right + 8, bottom + 8)) if left >= 8 and top >= 8 else image


def _time(moment: datetime | None) -> str:
    return f"{shanghai(moment):%Y-%m-%d %H:%M:%S}（北京时间）" if moment else "—"
