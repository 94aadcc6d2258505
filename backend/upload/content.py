"""What a file really is: by its first bytes, then by decoding it whole (guide rows S19, S26; cases S23, S24)."""

import hashlib
import os
from dataclasses import dataclass
from typing import BinaryIO

from backend.upload import images, names, office, pdf, virus
from backend.upload.errors import EmptyFile, FileTooLarge, NameMismatch, TypeRefused
from backend.upload.limits import EXTENSION, EXTENSIONS, HEIC, IMAGES, MAX_BYTES, OFFICE, PDF, TAKEN, Purpose


@dataclass(frozen=True)
class Checked:
    """A file that may be stored. `width` and `height` are pixels as shown (upright); None for documents."""

    name: str
    mime: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    pages: int | None = None


def check(stream: BinaryIO, raw_name: str | None, purpose: Purpose) -> Checked:
    """Decide on a client's file; the position is back at the start after. Raises what is wrong with it (errors.py)."""
    size = _size(stream)
    mime = sniff(stream.read(1024))
    if mime == office.ZIP:
        mime = office.identify(stream)
    if mime is None or mime not in TAKEN[purpose]:
        raise TypeRefused(mime=mime)
    name = _fitting_name(raw_name, mime)
    width = height = pages = None
    if mime in IMAGES:
        width, height = images.inspect(stream, mime)
    elif mime == PDF:
        pages = pdf.inspect(stream)
    elif mime in OFFICE:
        office.inspect(stream, mime)
    virus.scan(stream)
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    return Checked(name, mime, size, digest, width, height, pages)


def sniff(head: bytes) -> str | None:
    """The MIME type by content; None for everything we do not take."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc"):
        return HEIC
    if head.startswith(b"PK\x03\x04"):
        return office.ZIP
    if head.startswith(b"%PDF-"):
        return PDF
    return None


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise EmptyFile()
    if size > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES, size=size)
    return size


def _fitting_name(raw_name: str | None, mime: str) -> str:
    """The name to show. An extension that lies about the content is refused; a missing one is added."""
    name = names.clean(raw_name)
    stem, extension = names.split(name)
    if not extension:
        return f"{stem}.{EXTENSION[mime]}"
    if extension.lower() not in EXTENSIONS[mime]:
        raise NameMismatch(extension=extension, mime=mime)
    return name
