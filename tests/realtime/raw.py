"""A client below the protocol: it sends what no browser would, or nothing at all."""

import os
import socket
import struct
from contextlib import suppress

from tests.realtime.conftest import Server


class RawClient:
    """Upgraded, then bytes as given."""

    def __init__(self, server: Server, room: str, endpoint: str | None = None, receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(30)
        self.sock.connect(("127.0.0.1", server.port))
        ask = (
            f"GET /ws?ticket={server.ticket(room, endpoint)} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Origin: {server.base}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.sock.sendall(ask.encode())
        self._read_until(b"\r\n\r\n")

    def _read_until(self, end: bytes) -> None:
        got = b""
        while not got.endswith(end):
            byte = self.sock.recv(1)
            assert byte, got
            got += byte
        assert got.startswith(b"HTTP/1.1 101"), got

    def send(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self.sock.sendall(data)

    def close_code(self) -> int | None:
        """Reads to the end; the code of the server's closing frame, None when it sent none."""
        data = b""
        with suppress(ConnectionError):
            while chunk := self.sock.recv(65536):
                data += chunk
        code = None
        while len(data) >= 2:
            opcode, size, start = data[0] & 15, data[1] & 127, 2
            if size == 126:
                size, start = struct.unpack("!H", data[2:4])[0], 4
            elif size == 127:
                size, start = struct.unpack("!Q", data[2:10])[0], 10
            if opcode == 8 and size >= 2:
                code = struct.unpack("!H", data[start : start + 2])[0]
            data = data[start + size :]
        return code

    def close(self) -> None:
        self.sock.close()


def frame(payload: bytes, opcode: int = 1, fin: bool = True, masked: bool = True, length: int | None = None) -> bytes:
    """A client's frame; `length` lies about the payload's size."""
    size = len(payload) if length is None else length
    head = bytes([opcode | (0x80 if fin else 0)])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def zero_masked(payload: bytes, opcode: int = 1, fin: bool = True) -> bytes:
    """As `frame`, quick to make for large payloads."""
    head = bytes([opcode | (0x80 if fin else 0), 0x80 | 127]) + struct.pack("!Q", len(payload))
    return head + b"\0\0\0\0" + payload
