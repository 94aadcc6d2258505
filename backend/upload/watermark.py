"""The watermarked copy of a verified material (guide row S28, rule 8): item, use, date, session number, on every part.

Pictures come out as JPEG, documents as a PDF of pictures: the mark can't be lifted off and nothing active survives.
"""

import threading
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO

import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from backend.upload import images
from backend.upload.limits import PDF

LONG_SIDE = 2000  # pixels at least kept of a larger picture: an A4 page at 170 dpi
PAGE_SIDE = 1754  # pixels of the longer side of a rendered page: A4 at 150 dpi
_RED, _WHITE = (200, 16, 16), (255, 255, 255)
_RED_ALPHA, _WHITE_ALPHA = (
    88,
    56,
)  # of 255: readable over text, on black and on white, and the text stays readable
_ANGLE = 30
_WRAP = 18  # characters a line

_pdfium = threading.Lock()  # PDFium is not thread-safe


@dataclass(frozen=True)
class Mark:
    """What the copy says about itself."""

    item: str
    day: date
    number: str

    @property
    def lines(self) -> list[str]:
        use = f"仅供{self.item}"
        wrapped = [use[i : i + _WRAP] for i in range(0, len(use), _WRAP)]
        return [*wrapped, f"事项办理使用 {self.day:%Y-%m-%d}", self.number]


def copy_of(original: BinaryIO, mime: str, mark: Mark) -> tuple[bytes, str]:
    """The copy's bytes and MIME type. Same input, same output."""
    if mime == PDF:
        return _pdf(original.read(), mark), PDF
    image = images.load(original, mime, LONG_SIDE)
    stamp(image, mark)
    return images.jpeg(image), "image/jpeg"


def stamp(image: Image.Image, mark: Mark) -> None:
    """Lay the mark over the whole picture, in place: one tile drawn, then pasted row by row (stack.md, image jobs)."""
    red, white = _tile(tuple(mark.lines), _font_size(image.size, mark.lines))
    step_x, step_y = red.width, red.height
    for row, y in enumerate(range(-step_y // 3, image.height, step_y)):
        for x in range(-(row % 2) * step_x // 2, image.width, step_x):
            image.paste(_WHITE, (x, y), white)
            image.paste(_RED, (x, y), red)


def _font_size(size: tuple[int, int], lines: list[str]) -> int:
    """So that at least two whole marks fit on a picture's longer side, and no text is under 9 pixels."""
    longest = max(len(line) for line in lines)
    return max(9, min(max(size) // 36, int(max(size) / 2.2 / longest * 1.1)))


@lru_cache(maxsize=32)
def _tile(lines: tuple[str, ...], font_size: int) -> tuple[Image.Image, Image.Image]:
    """Two masks: the letters, and a soft edge around them that keeps them readable on dark ground."""
    font = ImageFont.truetype(str(sans_path()), font_size)
    pad, line_height = font_size, int(font_size * 1.4)
    width = int(max(font.getlength(line) for line in lines)) + 2 * pad
    height = line_height * len(lines) + 2 * pad
    masks = []
    for alpha, edge in ((_RED_ALPHA, 0), (_WHITE_ALPHA, max(1, font_size // 12))):
        mask = Image.new("L", (width, height), 0)
        draw = ImageDraw.Draw(mask)
        for number, line in enumerate(lines):
            at = (width / 2, pad + number * line_height)
            draw.text(at, line, font=font, fill=alpha, anchor="ma", stroke_width=edge)
        masks.append(mask.rotate(_ANGLE, expand=True, resample=Image.Resampling.BICUBIC))
    return masks[0], masks[1]


def _render(page: pypdfium2.PdfPage, long_side: int) -> Image.Image:
    picture = page.render(scale=long_side / max(page.get_size())).to_pil()
    return images.flatten(picture)


def _pdf(data: bytes, mark: Mark) -> bytes:
    out = BytesIO()
    with _pdfium, pypdfium2.PdfDocument(data) as source, pypdfium2.PdfDocument.new() as target:
        for page in source:
            picture = _render(page, PAGE_SIDE)
            stamp(picture, mark)
            _add_page(target, page.get_size(), images.jpeg(picture))
        target.save(out)
    return out.getvalue()


def _add_page(target: pypdfium2.PdfDocument, size: tuple[float, float], picture: bytes) -> None:
    width, height = size
    page = target.new_page(width, height)
    image = pypdfium2.PdfImage.new(target)
    image.load_jpeg(BytesIO(picture), inline=True)
    image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
    page.insert_obj(image)
    page.gen_content()
