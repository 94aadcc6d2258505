"""Office documents as chat files: the container is read, nothing is unpacked to disk, macros are refused."""

import zipfile
import zlib
from typing import BinaryIO

from backend.upload.errors import BrokenFile, MacroDocument, TypeRefused
from backend.upload.limits import DOCX, PPTX, XLSX

ZIP = "application/zip"
_MAIN_PART = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_REFUSED_PARTS = ("vbaproject.bin", "vbadata.xml", "activex", "oleobject", "embeddings/")
MAX_PARTS = 2000
MAX_UNPACKED = 100 * 1024 * 1024
_TYPES = "[Content_Types].xml"


def identify(stream: BinaryIO) -> str:
    """DOCX, XLSX, PPTX, or ZIP for any other archive. Raises BrokenFile."""
    with _archive(stream) as archive:
        parts = {entry.filename for entry in archive.infolist()}
        if _TYPES not in parts:
            return ZIP
        return next((mime for part, mime in _MAIN_PART.items() if part in parts), ZIP)


def inspect(stream: BinaryIO, mime: str) -> None:
    """Refuse macros, bombs, members that leave the archive and members that do not read back whole."""
    with _archive(stream) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_PARTS or sum(e.file_size for e in entries) > MAX_UNPACKED:
            raise TypeRefused(mime=mime)
        for entry in entries:
            name = entry.filename.lower()
            if any(part in name for part in _REFUSED_PARTS):
                raise MacroDocument()
            if name.startswith("/") or ".." in name.split("/") or "\\" in name or entry.flag_bits & 1:
                raise BrokenFile()
        if b"macroEnabled" in _read(archive, _TYPES):
            raise MacroDocument()


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.open(name).read(1024 * 1024)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as fault:
        raise BrokenFile() from fault


def _archive(stream: BinaryIO) -> zipfile.ZipFile:
    stream.seek(0)
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise BrokenFile() from fault
