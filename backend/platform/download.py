"""Giving out a stored file: never as something a browser runs (reliability 4d; RFC 6266; ASVS 5.4)."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, current_app, request

_WINDOWS_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


def disposition(name: str, kind: str = "attachment") -> str:
    """The Content-Disposition of RFC 6266: a plain fallback, and the real name in UTF-8, safe on Windows too."""
    safe = _WINDOWS_FORBIDDEN.sub("_", name).rstrip(". ") or "file"
    if _WINDOWS_DEVICE.match(safe.split(".")[0]):
        safe = f"_{safe}"
    _, dot, extension = safe.rpartition(".")
    plain = dot and extension.isascii() and extension.isalnum() and len(extension) <= 8
    fallback = f"file.{extension}" if plain else "file"
    return f"{kind}; filename=\"{fallback}\"; filename*=UTF-8''{quote(safe, safe='')}"


def send(data: bytes | BinaryIO, mime: str, name: str, *, etag: str, inline: bool = False) -> Response:
    """A response with the file. `inline` only for what we made ourselves. It is revalidated at each use (304)."""
    response: Response = current_app.response_class(
        data if isinstance(data, bytes) else _chunks(data),
        mimetype=mime,
        direct_passthrough=not isinstance(data, bytes),
    )
    response.headers.update(
        {
            "Content-Disposition": disposition(name, "inline" if inline else "attachment"),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-cache",
        }
    )
    if not isinstance(data, bytes):
        response.call_on_close(data.close)
    response.set_etag(etag)
    response.make_conditional(request)
    return response


def _chunks(file: BinaryIO, size: int = 64 * 1024) -> Iterator[bytes]:
    while block := file.read(size):
        yield block
