"""Built files from disk: read once, kept compressed, with a strong tag.

A file whose name carries its hash never changes; everything else is asked for again each time (304 when unchanged).
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from flask import Response, request

PRESSED = (
    "text/",
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "application/manifest+json",
)
SMALL = 860  # bytes; less is not worth compressing
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class Built:
    """One file as it is sent."""

    mime: str
    raw: bytes
    pressed: bytes | None
    tag: str


_kept: dict[Path, tuple[int, Built]] = {}
_lock = Lock()


def read(root: Path, name: str) -> Built | None:
    """The file `name` below `root`, or None. Never anything outside `root`."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return None
    changed = path.stat().st_mtime_ns
    with _lock:
        kept = _kept.get(path)
    if kept is None or kept[0] != changed:
        kept = (changed, load(path))
        with _lock:
            _kept[path] = kept
    return kept[1]


def send(file: Built, *, immutable: bool = False, status: int = 200) -> Response:
    """The file as a response to this request: compressed, tagged, cacheable."""
    response = Response(file.raw, status, mimetype=file.mime)
    if file.pressed is not None:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings["gzip"] > 0:
            response.set_data(file.pressed)
            response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if immutable else "no-cache"
    response.set_etag(file.tag, weak=file.pressed is not None)
    response.make_conditional(request)
    return response


def load(path: Path) -> Built:
    """Read and compress a file that is there."""
    raw = path.read_bytes()
    mime = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    pressed = gzip.compress(raw, 9, mtime=0) if mime.startswith(PRESSED) and len(raw) > SMALL else None
    return Built(mime, raw, pressed, hashlib.sha256(raw).hexdigest()[:20])
