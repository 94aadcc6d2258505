"""What counts as a handwritten signature: strokes first, the picture must say the same (cases S26, S27; pain P35).

Pure functions. The strokes are the evidence; the picture sent along is compared with them, and we draw our own.
"""

import base64
import binascii
import math
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from backend.signature.errors import (
    ImageBroken,
    ImageMismatch,
    ImageTooLarge,
    SignatureBlank,
    SignatureTooShort,
    StrokesBroken,
)

MAX_STROKES, MAX_POINTS = 300, 20_000
MIN_POINTS = 8
MIN_SIDE, MAX_SIDE = 100, 4000  # css pixels of the pad
MARGIN = 40  # a finger may slide over the pad's edge
MIN_INK = (
    0.12  # length of all strokes, as a share of the pad's diagonal: two short strokes of a name are more
)
MIN_EXTENT = 0.05  # of the drawn box, same measure: a dot is less, however long one stays on it

MAX_IMAGE_BYTES = 1024 * 1024
MIN_IMAGE_SIDE = 50
MAX_IMAGE_PIXELS = 16_000_000  # a large tablet at three device pixels
PREFIX = "data:image/png;base64,"
INK = 200  # darker than this, of 255, is ink
GRID = 64  # cells across for the comparison
MIN_OVERLAP = 0.6

DRAWN_WIDTH = 800  # pixels of our own picture


@dataclass(frozen=True)
class Handwriting:
    """Strokes as [x, y, t, p] in tenths of a css pixel, milliseconds from the first point, thousandths of pressure."""

    strokes: list[list[list[int]]]
    width: int
    height: int

    @property
    def points(self) -> int:
        return sum(len(s) for s in self.strokes)


def parse(strokes: list[list[Any]], width: float, height: float) -> Handwriting:
    """Whole numbers out of what the phone sent; raises StrokesBroken, SignatureBlank, SignatureTooShort.

    A point needs x and y; t (milliseconds) and p (pressure 0..1) are kept where given.
    """
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise StrokesBroken(width=width, height=height)
    count = sum(len(s) for s in strokes)
    if count == 0:
        raise SignatureBlank()
    if len(strokes) > MAX_STROKES or count > MAX_POINTS:
        raise StrokesBroken(points=count, most=MAX_POINTS)
    kept = [s for s in strokes if s]
    start = kept[0][0].t or 0
    whole = [[_point(p, start, width, height) for p in stroke] for stroke in kept]
    written = Handwriting(whole, round(width), round(height))
    _long_enough(written)
    return written


def _point(point: Any, start: float, width: float, height: float) -> list[int]:
    x, y = point.x, point.y
    if not (-MARGIN <= x <= width + MARGIN and -MARGIN <= y <= height + MARGIN):
        raise StrokesBroken(x=x, y=y)
    passed = (point.t or start) - start
    if not -1000 <= passed <= 3_600_000:
        raise StrokesBroken(t=point.t)
    return [
        round(x * 10),
        round(y * 10),
        round(passed),
        round((point.p if point.p is not None else 0.5) * 1000),
    ]


def _long_enough(written: Handwriting) -> None:
    diagonal = math.hypot(written.width, written.height) * 10
    ink = sum(math.dist(a[:2], b[:2]) for stroke in written.strokes for a, b in pairwise(stroke))
    xs = [p[0] for stroke in written.strokes for p in stroke]
    ys = [p[1] for stroke in written.strokes for p in stroke]
    extent = math.hypot(max(xs) - min(xs), max(ys) - min(ys))
    if written.points < MIN_POINTS or ink < MIN_INK * diagonal or extent < MIN_EXTENT * diagonal:
        raise SignatureTooShort(points=written.points)


def picture(data_url: str) -> Image.Image:
    """The phone's picture on white; raises ImageBroken, ImageTooLarge, SignatureBlank."""
    if not data_url.startswith(PREFIX):
        raise ImageBroken()
    if len(data_url) > MAX_IMAGE_BYTES * 4 // 3 + len(PREFIX) + 4:
        raise ImageTooLarge(limit=MAX_IMAGE_BYTES)
    try:
        raw = base64.b64decode(data_url[len(PREFIX) :], validate=True)
        image = Image.open(BytesIO(raw), formats=("PNG",))
        if min(image.size) < MIN_IMAGE_SIDE or image.width * image.height > MAX_IMAGE_PIXELS:
            raise ImageBroken(width=image.width, height=image.height)
        rgba = image.convert("RGBA")
    except ImageBroken:
        raise
    except (binascii.Error, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        raise ImageBroken() from fault
    white = Image.new("RGB", rgba.size, "white")
    white.paste(rgba, mask=rgba.getchannel("A"))
    if not _ink(white).getbbox():
        raise SignatureBlank()
    return white


def same(written: Handwriting, image: Image.Image) -> None:
    """Raises ImageMismatch unless picture and strokes show the same writing: the same shape, ink in the same places."""
    if (
        abs(image.width / image.height - written.width / written.height)
        > 0.05 * written.width / written.height
    ):
        raise ImageMismatch()
    size = (GRID, max(8, round(GRID * written.height / written.width)))
    theirs, ours = _cells(image, size), _cells(draw(written), size)
    if min(_covered(theirs, ours), _covered(ours, theirs)) < MIN_OVERLAP:
        raise ImageMismatch()


def draw(written: Handwriting) -> Image.Image:
    """Our own picture of the strokes, black on white: it looks the same whatever the phone's screen was (P35)."""
    scale = 2 * DRAWN_WIDTH / written.width / 10
    size = (2 * DRAWN_WIDTH, max(2, round(written.height * 10 * scale)))
    image = Image.new("L", size, 255)
    pen = ImageDraw.Draw(image)
    for stroke in written.strokes:
        widths = [max(3.0, DRAWN_WIDTH / 100 * (0.5 + p[3] / 1000)) for p in stroke]
        places = [(p[0] * scale, p[1] * scale) for p in stroke]
        for (a, b), width in zip(pairwise(places), widths, strict=False):
            pen.line([a, b], fill=0, width=round(width))
        for (x, y), width in zip(places, widths, strict=True):
            pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=0)
    return image.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS).convert("RGB")


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _ink(image: Image.Image) -> Image.Image:
    return image.convert("L").point(lambda v: 255 if v < INK else 0)


def _cells(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A coarse grid: which cells hold ink."""
    return _ink(image).resize(size, Image.Resampling.BOX).point(lambda v: 255 if v > 6 else 0)


def _covered(cells: Image.Image, by: Image.Image) -> float:
    """The share of inked `cells` that lie on, or beside, an inked cell of `by`."""
    near = by.filter(ImageFilter.MaxFilter(3))
    total = cells.histogram()[255]
    return ImageChops.multiply(cells, near).histogram()[255] / total if total else 0.0
