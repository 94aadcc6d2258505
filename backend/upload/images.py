"""Pictures: full decode before storing, upright renditions without metadata, one way to flatten every mode."""

import threading
import warnings
from io import BytesIO
from typing import Any, BinaryIO

from PIL import Image, ImageOps

from backend.upload.errors import AnimatedImage, BrokenFile, HeicUnreadable, ImageTooSmall, TooManyPixels
from backend.upload.limits import HEIC, MAX_PIXELS, MIN_SIDE

_FORMAT = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}  # a phone's MPO comes through JPEG
_decoding = threading.BoundedSemaphore(
    2
)  # 40 megapixels are 120 MB: never more than two at once in a process

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # we have our own, stricter limit

THUMB = 320
PREVIEW = 2000


def inspect(stream: BinaryIO, mime: str) -> tuple[int, int]:
    """Decode the whole picture; returns its upright width and height in pixels. Raises what is wrong with it."""
    with _decoding, _opened(stream, mime) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise TooManyPixels(width=width, height=height, limit=MAX_PIXELS)
        if min(width, height) < MIN_SIDE:
            raise ImageTooSmall(width=width, height=height, least=MIN_SIDE)
        if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
            raise AnimatedImage()
        _decode(
            image, mime
        )  # before the EXIF block is looked for: Pillow reads the whole file for that and forgets
        sideways = mime != HEIC and _orientation(image) >= 5
    return (height, width) if sideways else (width, height)


def load(stream: BinaryIO, mime: str, long_side: int) -> Image.Image:
    """An upright RGB picture on white whose long side is at least `long_side` pixels, or the full size if smaller.

    JPEG is decoded at half, quarter or eighth size where that is enough: a third of the time and memory.
    """
    with _decoding, _opened(stream, mime) as image:
        shrink = max(image.size) // long_side
        if shrink > 1:
            image.draft(None, (image.width // shrink, image.height // shrink))
        image.load()
        upright = flatten(_upright(image))
    shrink = max(upright.size) // long_side
    return upright.reduce(shrink) if shrink > 1 else upright


def rendition(stream: BinaryIO, mime: str, long_side: int) -> bytes:
    """A small upright JPEG without metadata (thumbnail, preview)."""
    image = load(stream, mime, long_side)
    image.thumbnail((long_side, long_side), Image.Resampling.BICUBIC)
    return jpeg(image, quality=80)


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """A JPEG with the pixels and nothing else: Pillow would carry a comment, a profile and a resolution along."""
    image.info.clear()
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=False)
    return out.getvalue()


def flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB: 16 bits are scaled and not clipped, transparency lies on white."""
    if image.mode.startswith(("I", "F")):
        return image.convert("I").point(lambda v: v * (1 / 256)).convert("L").convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _opened(stream: BinaryIO, mime: str) -> Any:
    stream.seek(0)
    try:
        if mime == HEIC:
            from pillow_heif import HeifImageFile  # heavy, and rare: loaded when the first one comes

            return HeifImageFile(stream)
        return Image.open(stream, formats=(_FORMAT[mime],))
    except Image.DecompressionBombError as fault:
        raise TooManyPixels(limit=MAX_PIXELS) from fault
    except Exception as fault:
        raise (HeicUnreadable if mime == HEIC else BrokenFile)() from fault


def _decode(image: Image.Image, mime: str) -> None:
    """Image.verify() misses a cut file; only a decode finds it (case S24). JPEG at 1/8 size reads every byte too."""
    try:
        if mime == "image/jpeg":
            image.draft(None, (image.width // 8 or 1, image.height // 8 or 1))
        image.load()
    except Exception as fault:  # decoders raise OSError, SyntaxError, ValueError, struct.error, MemoryError …
        raise (HeicUnreadable if mime == HEIC else BrokenFile)() from fault


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the same broken EXIF block that did not stop the upload
        return image


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1) or 1)
    except Exception:  # a broken EXIF block is no reason to refuse a good picture
        return 1
