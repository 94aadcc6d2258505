"""Identifiers: time-ordered for rows, random for secrets."""

import secrets
import threading
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32, as in the ULID specification


class _Tail:
    """The random bits of the last id and their millisecond."""

    lock = threading.Lock()
    at = 0
    bits = 0


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, 80 random bits. Sorts by time, can't be guessed.

    Ids that a process makes in one millisecond sort too: each is a random step above the one before (the monotonic
    ULIDs of the specification, whose step of one could be guessed).
    """
    present, drawn = time.time_ns() // 1_000_000, secrets.randbits(79)  # outside of the lock: it is a system call
    with _Tail.lock:
        _Tail.bits = _Tail.bits + 1 + (drawn >> 15) if _Tail.at == present else drawn
        _Tail.at = present
        value = (present << 80) + _Tail.bits
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def made_at(id_: str) -> datetime:
    """When `new_id` made this id; raises ValueError for something else."""
    value = 0
    for letter in id_:
        value = value << 5 | _ALPHABET.index(letter)
    return datetime.fromtimestamp((value >> 80) / 1000, UTC)


def new_token() -> str:
    """A url-safe secret of 22 characters (128 bits): short enough for a QR code (stack.md V17)."""
    return secrets.token_urlsafe(16)
