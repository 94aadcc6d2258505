"""Refresh tokens as cookies, and why another site can't use them.

The cookie is HttpOnly, SameSite=Lax and sent to /api/auth only; a request that relies on it must carry our own Origin.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response

from backend.identity.errors import ForeignOrigin, LoginExpired
from backend.identity.tokens import Tokens
from backend.platform.settings import settings

NAMES = {"applicant": "refresh", "staff": "staff_refresh"}
BINDING = "oauth_binding"
SCAN = "scan_binding"
GOV = "gov_binding"
PATH = "/api/auth"
_ENTRIES = {"portal": "pc", "h5": "h5", "miniprogram": "mp", "console": "console", "sign": "phone"}


def client_entry() -> str:
    """Through which door the caller came, by its X-Client header."""
    return _ENTRIES.get(request.headers.get("X-Client", ""), "pc")


def device() -> str:
    return request.headers.get("User-Agent", "")[:256]


def has_no_cookies() -> bool:
    """The mini-program keeps no cookies: it gets the refresh token in the body (contract, section 6)."""
    return request.headers.get("X-Client") == "miniprogram"


def keep(response: Response, tokens: Tokens) -> Response:
    """Set the refresh cookie of a fresh login."""
    days = 1 if tokens.kind == "staff" else settings().refresh_token_days
    response.set_cookie(NAMES[tokens.kind], tokens.refresh_token, max_age=days * 86400, **_attributes())
    return response


def bind(response: Response, binding: str, name: str = BINDING, seconds: int = 600) -> None:
    """Tie to this browser what comes back to it: a trip to WeChat, a scanned QR code."""
    response.set_cookie(name, binding, max_age=seconds, **_attributes())


def drop(response: Response, kind: str) -> Response:
    response.delete_cookie(NAMES[kind], **_attributes())
    return response


def refresh_token(kind: str, in_body: str | None) -> str:
    """The refresh token of this request. Raises LoginExpired without one, ForeignOrigin for a cookie from elsewhere."""
    if in_body:
        return in_body
    token = request.cookies.get(NAMES[kind])
    if not token:
        raise LoginExpired()
    check_origin()
    return token


def check_origin() -> None:
    """Refuse a request that another site's page sent (CSRF): browsers name the page's origin on every POST."""
    origin = request.headers.get("Origin", "")
    own = {request.host_url.rstrip("/"), settings().public_url.rstrip("/"), *settings().allowed_origins}
    if origin in own or (origin and urlsplit(origin).netloc == request.host):
        return
    raise ForeignOrigin()


def _attributes() -> dict[str, Any]:
    secure = request.is_secure or settings().production
    return {"path": PATH, "httponly": True, "samesite": "Lax", "secure": secure}
