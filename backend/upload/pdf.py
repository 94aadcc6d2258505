"""PDF: read in a process of its own with little memory and time: a hostile file can't take the server along."""

import json
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from backend.upload import errors

_PROBE = Path(__file__).with_name("pdf_probe.py")
TIMEOUT = 10  # seconds; an ordinary document takes a fifth of one

_SAYS = {
    "encrypted": errors.PdfEncrypted,
    "active": errors.PdfActive,
    "pages": errors.PdfTooManyPages,
    "page_size": errors.PdfPageTooBig,
    "broken": errors.BrokenFile,
}


def inspect(stream: BinaryIO) -> int:
    """The number of pages. Raises what is wrong with the document."""
    stream.seek(0)
    try:
        answer = json.loads(_probe(stream.read(), "judge"))
    except ValueError as fault:
        raise errors.BrokenFile() from fault
    if verdict := answer.get("refused"):
        raise _SAYS[verdict]()
    return int(answer["pages"])


def picture(stream: BinaryIO, long_side: int) -> bytes:
    """The first page as a JPEG (thumbnail, preview). Raises BrokenFile."""
    stream.seek(0)
    return _probe(stream.read(), "picture", str(long_side))


def _probe(data: bytes, *task: str) -> bytes:
    command = [sys.executable, "-I", str(_PROBE), *task]
    try:
        return subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT, check=True).stdout
    except subprocess.SubprocessError as fault:
        raise errors.BrokenFile() from fault
