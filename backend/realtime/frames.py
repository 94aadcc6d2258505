"""What goes over the wire of a socket: close codes, text frames, fragments put together (RFC 6455)."""

from typing import Any

from websockets.frames import BINARY, CONT, TEXT

BUSY, REPLACED, BAD_TICKET = 1013, 4001, 4003
POLICY, UNSUPPORTED, TOO_BIG, BROKEN, RESTART = 1008, 1003, 1009, 1011, 1012

WHOLE_TEXT = 0x81
MAX_FRAGMENTS = 256  # of one message


def text_frame(data: bytes) -> bytes:
    """`data` as one unmasked text frame (RFC 6455 5.2); the same bytes may go to many sockets."""
    size = len(data)
    if size < 126:
        return bytes((WHOLE_TEXT, size)) + data
    if size < 65536:
        return bytes((WHOLE_TEXT, 126)) + size.to_bytes(2, "big") + data
    return bytes((WHOLE_TEXT, 127)) + size.to_bytes(8, "big") + data


class Parts:
    """Puts the fragments of a text message together."""

    __slots__ = ("_parts", "fault")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.fault: tuple[int, str] | None = None

    def add(self, frame: Any) -> bytes | None:
        opcode = frame.opcode
        if opcode is BINARY:
            self.fault = (UNSUPPORTED, "text only")
        elif opcode is TEXT or opcode is CONT:
            self._parts.append(frame.data)
            if len(self._parts) > MAX_FRAGMENTS:
                self.fault = (TOO_BIG, "too many fragments")
            elif frame.fin:
                whole, self._parts = b"".join(self._parts), []
                return whole
        return None
