"""The little world behind the stand-in: accounts, people, codes and tokens. In memory, one process."""

import base64
import hashlib
import itertools
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CODE_SECONDS = 300
TOKEN_SECONDS = 7200
OLD_TOKEN_SECONDS = 300  # after /cgi-bin/token issued a new one the old one lives on a little
RECENT_SECONDS = 2 * 3600
FORCE_EVERY = 30
FORCE_A_DAY = 20


class Fault(Exception):
    """WeChat's error answer."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        self.errcode, self.errmsg = errcode, errmsg


@dataclass(frozen=True)
class Account:
    kind: str  # mp | oa
    appid: str
    secret: str
    push_token: str
    aes_key: str


@dataclass
class Persona:
    """Somebody with a phone."""

    key: str
    name: str
    phone: str
    risky: bool = False
    snapshot: bool = False

    @property
    def unionid(self) -> str:
        return "o6" + _digest("union", self.key)[:26]

    def openid(self, appid: str) -> str:
        return "o" + _digest(appid, self.key)[:27]


@dataclass
class Code:
    kind: str  # login | phone | oauth
    appid: str
    persona: Persona
    until: float
    scope: str = ""
    used: bool = False


@dataclass
class Token:
    value: str
    appid: str
    until: float
    origin: str  # token | stable


@dataclass
class Injected:
    """An error or a delay that the next calls of a path meet."""

    path: str
    times: int
    errcode: int = 0
    status: int = 200
    delay: float = 0
    errmsg: str = "injected"


@dataclass
class Link:
    """A URL link or scheme: for one person."""

    path: str
    query: str
    until: float
    opened_by: str = ""


def _digest(*parts: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256("|".join(parts).encode()).digest()).decode().rstrip("=")


PERSONAS = (
    ("zhangsan", "张三", "19900000001"),
    ("lisi", "李四", "19900000002"),
    ("wangxiaoming", "王小明", "19900000003"),
    ("ouyangruoxi", "欧阳若曦", "19900000004"),
)


@dataclass
class World:
    """All state. Every method that changes it is called under `lock` (the app holds it for a whole request)."""

    accounts: dict[str, Account]
    hosts: set[str]  # that an authorisation may send the browser back to
    personas: dict[str, Persona] = field(default_factory=lambda: {k: Persona(k, n, p) for k, n, p in PERSONAS})
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    newest: dict[tuple[str, str], str] = field(default_factory=dict)  # (appid, origin) → token
    forced: dict[str, list[float]] = field(default_factory=dict)
    session_keys: dict[str, str] = field(default_factory=dict)  # openid → session_key
    menu: dict[str, Any] | None = None
    templates: dict[str, list[str]] = field(default_factory=dict)  # id → keys
    consents: dict[tuple[str, str], int] = field(default_factory=dict)  # (persona, template) → sends left
    followers: set[str] = field(default_factory=set)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    tickets: dict[str, tuple[str, float]] = field(default_factory=dict)  # appid → jsapi ticket, until
    empty_tickets: int = 0  # so many answers hold an empty one
    pages: set[str] | None = None  # published pages of the mini-program; None: any
    scenes: dict[str, tuple[str, float | None]] = field(default_factory=dict)  # ticket → scene, until
    links: dict[str, Link] = field(default_factory=dict)
    grants: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # OAuth token → appid, persona, scope
    seen: dict[str, float] = field(default_factory=dict)  # openid → last use of the mini-program
    spoke: dict[str, tuple[float, int]] = field(default_factory=dict)  # openid → when, answers since
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)  # trace_id → a picture to look at
    chats: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # persona → what was said
    happened: dict[str, list[float]] = field(default_factory=dict)  # what is limited → when
    double_hit: bool = False  # the authorisation's way back is loaded twice, as WeChat's browser often does
    refused: list[dict[str, Any]] = field(default_factory=list)  # subscribe messages without a consent
    product: str = ""  # where pushes go that nobody gave an address for; empty: nowhere
    injected: list[Injected] = field(default_factory=list)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=2000))
    ahead: float = 0.0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(int(time.time() * 1000) << 20))
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> float:
        return time.time() + self.ahead

    def number(self) -> int:
        """Of a message: 64 bit, never twice."""
        return next(self.numbers)

    def limit(self, what: str, times: int, seconds: float, errcode: int) -> None:
        """Raises Fault `errcode` when `what` happened `times` times already in the last `seconds`."""
        kept = [t for t in self.happened.get(what, []) if self.now() - t < seconds]
        self.happened[what] = [*kept, self.now()]
        if len(kept) >= times:
            raise Fault(errcode, "reach max api daily quota limit" if errcode == 45009 else "api minute-quota limit")

    def account(self, appid: str | None, secret: str | None = None) -> Account:
        found = self.accounts.get(appid or "")
        if found is None:
            raise Fault(40013, "invalid appid")
        if secret is not None and secret != found.secret:
            raise Fault(40125, "invalid appsecret")
        return found

    def of_kind(self, kind: str) -> Account:
        return next(a for a in self.accounts.values() if a.kind == kind)

    def persona(self, name: str) -> Persona:
        for person in self.personas.values():
            if name in (person.key, person.name):
                return person
        raise Fault(40003, "invalid openid")

    def by_openid(self, appid: str, openid: str) -> Persona:
        for person in self.personas.values():
            if person.openid(appid) == openid:
                return person
        raise Fault(40003, "invalid openid")

    # --- codes ----------------------------------------------------------------------------------

    def issue_code(self, kind: str, account: Account, persona: Persona, scope: str = "") -> str:
        value = "0" + secrets.token_urlsafe(23)[:31].replace("-", "a").replace("_", "b")
        self.codes[value] = Code(kind, account.appid, persona, self.now() + CODE_SECONDS, scope)
        return value

    def take_code(self, value: str | None, kind: str, appid: str) -> Code:
        """Single use, five minutes, of one account and one kind. Raises Fault 40029, 40163."""
        found = self.codes.get(value or "")
        if found is None or found.kind != kind or found.appid != appid or found.until < self.now():
            raise Fault(40029, "invalid code")
        if found.used:
            raise Fault(40163 if kind != "phone" else 40029, "code been used" if kind != "phone" else "invalid code")
        found.used = True
        return found

    # --- links ------------------------------------------------------------------------------------

    def open_link(self, url: str, person: Persona) -> dict[str, str]:
        """Where a URL link or scheme leads. Raises Fault when it is old or another person's."""
        link = self.links.get(re.split("[/=]", url)[-1])
        if link is None or link.until < self.now():
            raise Fault(85402, "link expired")
        if link.opened_by not in ("", person.key):
            raise Fault(85403, "link opened by another user")
        link.opened_by = person.key
        return {"path": link.path, "query": link.query}

    # --- tokens -----------------------------------------------------------------------------------

    def new_token(self, appid: str, origin: str) -> Token:
        value = secrets.token_urlsafe(100)
        self.tokens[value] = token = Token(value, appid, self.now() + TOKEN_SECONDS, origin)
        self.newest[(appid, origin)] = value
        return token

    def old_token(self, appid: str, origin: str, seconds: float) -> None:
        """End the newest token in `seconds`."""
        if found := self.tokens.get(self.newest.get((appid, origin), "")):
            found.until = min(found.until, self.now() + seconds)
            if seconds <= 0:
                del self.tokens[found.value]

    def check_token(self, value: str | None, kind: str) -> Account:
        """The account of a good token. Raises Fault 41001, 40014, 40001, 42001, 48001."""
        if not value:
            raise Fault(41001, "access_token missing")
        if len(value) < 20:
            raise Fault(40014, "invalid access_token")
        token = self.tokens.get(value)
        if token is None:
            raise Fault(40001, "invalid credential, access_token is invalid or not latest")
        if token.until < self.now():
            raise Fault(42001, "access_token expired")
        account = self.accounts[token.appid]
        if account.kind != kind:
            raise Fault(48001, "api unauthorized")
        return account
