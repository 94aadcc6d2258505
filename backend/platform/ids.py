"""Identifiers: time-ordered for rows, random for secrets."""

import secrets
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32, as in the ULID specification


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, 80 random bits. Sorts by time, can't be guessed."""
    value = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
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
