"""Entry from the i深圳 app: it opens /m/?from=ishenzhen&code=…; we exchange the code for who it is (S34, M1).

The exchange is server to server, signed: HMAC-SHA256 over app_id, code, nonce and timestamp. The code is good once.
"""

import hashlib
import hmac
import logging
import time
from typing import Any

import requests

from backend.identity.errors import IshenzhenRefused, IshenzhenUnavailable
from backend.identity.known import Known
from backend.platform.ids import new_token
from backend.platform.settings import settings

log = logging.getLogger(__name__)

TIMEOUT = 4.0
ENTRY = "ishenzhen"


def offered() -> bool:
    return settings().ishenzhen_gateway != "off"


def signature(secret: str, fields: dict[str, Any]) -> str:
    """Over "name=value" joined by "&", in the order of the names."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def exchange(code: str) -> Known:
    """Who came with `code`. Raises IshenzhenRefused for one that is used, old or unknown; IshenzhenUnavailable."""
    if not offered():
        raise IshenzhenUnavailable()
    data = _ask(code)
    return Known(
        provider="ishenzhen",
        subject=str(data["user_id"])[:128],
        name=data.get("name"),
        phone=data.get("phone"),
        id_number=data.get("id_number"),
        level=min(max(int(data.get("level") or 0), 0), 3),
    )


def _ask(code: str) -> dict[str, Any]:
    fields = {
        "app_id": settings().ishenzhen_app_id,
        "code": code,
        "nonce": new_token(),
        "timestamp": int(time.time()),
    }
    signed = {**fields, "sign": signature(settings().ishenzhen_secret, fields)}
    try:
        reply = requests.post(
            f"{settings().ishenzhen_url.rstrip('/')}/api/user/exchange",
            json=signed,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        body = reply.json() if reply.status_code == 200 else None
    except (requests.RequestException, ValueError) as fault:
        log.warning("ishenzhen: %s", type(fault).__name__)
        raise IshenzhenUnavailable() from None
    if not isinstance(body, dict):
        log.warning("ishenzhen: the platform answered %s", reply.status_code)
        raise IshenzhenUnavailable()
    if body.get("code") != 0 or not isinstance(body.get("data"), dict) or not body["data"].get("user_id"):
        log.warning("ishenzhen: refused, code %s", body.get("code"))
        raise IshenzhenRefused()
    return body["data"]
