"""The courier's system behind one port. Their order number is our form's id: ordering again changes, never doubles."""

import hashlib
import hmac
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import requests

from backend.courier.errors import CourierUnreachable
from backend.platform.settings import settings

log = logging.getLogger(__name__)
TIMEOUT = (3, 8)  # seconds to connect, to answer


@dataclass(frozen=True)
class Order:
    """What a courier must know. `ref` is the form's id; `revision` rises with each correction."""

    ref: str
    revision: int
    name: str
    phone: str
    address: str
    window_start: datetime
    window_end: datetime


class Courier(Protocol):
    def order(self, order: Order) -> str:
        """The waybill number. The same `ref` again corrects the order and gives the same number.

        Raises CourierUnreachable.
        """


class HttpCourier:
    """The courier's HTTP interface; the sandbox speaks it too."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url.rstrip("/"), key

    def order(self, order: Order) -> str:
        body = {
            "revision": order.revision,
            "sender": {"name": order.name, "phone": order.phone, "address": order.address},
            "window": {"start": order.window_start.isoformat(), "end": order.window_end.isoformat()},
            "callback": f"{settings().public_url.rstrip('/')}/api/courier/push",
        }
        began = time.perf_counter()
        try:
            answer = requests.put(
                f"{self.url}/orders/{order.ref}",
                json=body,
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=TIMEOUT,
            )
            answer.raise_for_status()
            waybill = answer.json()["waybill"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as fault:
            log.warning("courier order %s failed: %s", order.ref, type(fault).__name__)
            raise CourierUnreachable() from fault
        log.info("courier order %s in %d ms", order.ref, (time.perf_counter() - began) * 1000)
        return str(waybill)


def gateway() -> Courier:
    return HttpCourier(settings().courier_url, settings().courier_key)


def signature(body: bytes, key: str) -> str:
    """How the courier signs what it pushes to us: HMAC-SHA256 of the body, hex, in X-Courier-Signature."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def signed(body: bytes, given: str) -> bool:
    return hmac.compare_digest(signature(body, settings().courier_key), given)
