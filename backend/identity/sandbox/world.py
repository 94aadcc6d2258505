"""The little world behind the stand-in: people the government knows, codes, keys, faults on demand. In memory."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import RSAKey

CODE_SECONDS = 60


@dataclass
class Persona:
    """Somebody with an account. Citizen numbers have invalid check digits on purpose."""

    key: str
    name: str
    phone: str
    id_number: str
    level: int = 3


PERSONAS = (
    Persona("zhangsan", "张三", "19900000001", "110101199003070000"),
    Persona("lisi", "李四", "19900000002", "110101198805120000"),
    Persona("wangxiaoming", "王小明", "19900000003", "110101199911230000", level=2),
    Persona("ouyangruoxi", "欧阳若曦", "19900000004", "110101199607150000"),
)


@dataclass
class World:
    """All state; changed under `lock`."""

    issuer: str
    personas: dict[str, Persona] = field(default_factory=lambda: {p.key: p for p in PERSONAS})
    codes: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    tokens: dict[str, Persona] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ahead: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    key: RSAKey = field(default_factory=lambda: new_key())

    def now(self) -> float:
        return time.time() + self.ahead

    def new_code(self, **value: Any) -> str:
        code = secrets.token_urlsafe(24)
        with self.lock:
            self.codes[code] = (self.now() + CODE_SECONDS, value)
        return code

    def take_code(self, code: str) -> dict[str, Any] | None:
        """Once, within a minute."""
        with self.lock:
            until, value = self.codes.pop(code, (0.0, None))
        return value if until > self.now() else None

    def fault(self, *kinds: str) -> str | None:
        """The next ordered fault, when it is one of `kinds`; it happens once."""
        with self.lock:
            return self.faults.pop(0) if self.faults and self.faults[0] in kinds else None

    def turn_keys(self) -> None:
        self.key = new_key()


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"})
