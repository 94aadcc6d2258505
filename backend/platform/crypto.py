"""Field encryption, blind look-up hashes and masks for personal data (domain invariant: stored encrypted)."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.platform.settings import settings


def _key(secret: str, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=hashlib.sha256(secret.encode()).digest(), digest_size=32).digest()


def encrypt(text: str) -> str:
    """AES-256-GCM, nonce in front, base64."""
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_key(settings().secret_key, "field")).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + sealed).decode()


def decrypt(sealed: str) -> str:
    """The text; keys of an earlier SECRET_KEY are tried too. Raises ValueError when none fits."""
    for secret in _secrets():
        if (text := _open(sealed, secret)) is not None:
            return text
    raise ValueError("sealed with an unknown key")


def of_this_key(sealed: str) -> bool:
    """Sealed with the key in use, not with an earlier one."""
    return _open(sealed, settings().secret_key) is not None


def _open(sealed: str, secret: str) -> str | None:
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(_key(secret, "field")).decrypt(raw[:12], raw[12:], None).decode()
    except InvalidTag:
        return None


def _secrets() -> list[str]:
    return [settings().secret_key, *settings().previous_secret_keys]


def blind(value: str) -> str:
    """A keyed hash to look up an encrypted value by, as it is written: 64 hex characters."""
    return blinds(value)[0]


def blinds(value: str) -> list[str]:
    """What to look for: `blind`, then the same with each earlier key, which a row has until `flask keys renew`."""
    return [hmac.new(_key(s, "blind"), value.encode(), hashlib.sha256).hexdigest() for s in _secrets()]


def digest(token: str) -> str:
    """How a secret token is stored: SHA-256, hex. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳若曦 → 欧***."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_id(number: str) -> str:
    return f"{number[:4]}{'*' * 10}{number[-4:]}" if len(number) >= 10 else "****"
