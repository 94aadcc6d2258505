"""The virus scanner's port: clamd's own protocol. Off unless CLAMD_ADDRESS is set; once on, it fails closed (P40)."""

import logging
import socket
import struct
from typing import BinaryIO

from backend.platform.settings import settings
from backend.upload.errors import ScannerAway, VirusFound

log = logging.getLogger(__name__)
TIMEOUT = 20  # seconds
BLOCK = 256 * 1024


def scan(stream: BinaryIO) -> None:
    """Raises VirusFound; ScannerAway when there is a scanner and it does not answer: nothing is stored unseen."""
    address = settings().clamd_address
    if not address:
        return
    stream.seek(0)
    try:
        verdict = _ask(address, stream)
    except (OSError, ValueError) as fault:
        log.error("virus scanner does not answer: %s", fault)
        raise ScannerAway() from fault
    finally:
        stream.seek(0)
    if verdict.endswith(" FOUND"):
        raise VirusFound()
    if not verdict.endswith(" OK"):
        log.error("virus scanner says %s", verdict)
        raise ScannerAway()


def _ask(address: str, stream: BinaryIO) -> str:
    """INSTREAM of clamd(8): blocks with their length in front, an empty one ends."""
    with _connect(address) as line:
        line.sendall(b"zINSTREAM\0")
        while block := stream.read(BLOCK):
            line.sendall(struct.pack("!L", len(block)) + block)
        line.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and (part := line.recv(4096)):
            answer += part
        return answer.rstrip(b"\0").decode()


def _connect(address: str) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(TIMEOUT)
        line.connect(address)
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT)
