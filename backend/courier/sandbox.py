"""The courier's stand-in: a real HTTP service of its own with orders, waybills, collection and faults on demand.

PUT  /orders/<ref>           order or correct; {"waybill", "state"}. Bearer key.
GET  /orders/<ref>
POST /orders/<ref>/collect   the courier rings the bell: tells the product's callback, signed
PUT  /faults                 {"kind": "down"|"slow"|"garbage", "times": 2}: the next orders go wrong that way
"""

import hashlib
import json
import time
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Flask, Response, abort, jsonify, request

from backend.courier.gateway import signature


def create_sandbox(key: str) -> Flask:
    """The sandbox as a Flask application; `key` is what it shares with the product."""
    app = Flask("courier_sandbox")
    orders: dict[str, dict[str, Any]] = {}
    faults: list[str] = []

    @app.before_request
    def known() -> None:
        if request.path.startswith("/orders") and request.headers.get("Authorization") != f"Bearer {key}":
            abort(401)

    @app.put("/orders/<ref>")
    def order(ref: str) -> Response | tuple[Response, int]:
        if faults:
            return _fail(faults.pop(0))
        body = request.get_json()
        missing = [k for k in ("name", "phone", "address") if not body.get("sender", {}).get(k)]
        if missing or "深圳" not in body["sender"]["address"]:
            return jsonify(error="bad sender", missing=missing), 422
        kept = orders.setdefault(
            ref, {"ref": ref, "waybill": _waybill(ref), "state": "ordered", "revision": 0}
        )
        if body["revision"] >= kept["revision"]:
            kept.update({k: body[k] for k in ("revision", "sender", "window", "callback")})
        return jsonify(waybill=kept["waybill"], state=kept["state"])

    @app.get("/orders/<ref>")
    def show(ref: str) -> Response:
        return jsonify(orders.get(ref) or abort(404))

    @app.post("/orders/<ref>/collect")
    def collect(ref: str) -> Response:
        kept = orders.get(ref) or abort(404)
        kept["state"] = "collected"
        told = {
            "ref": ref,
            "waybill": kept["waybill"],
            "state": "collected",
            "at": datetime.now(UTC).isoformat(),
        }
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json", "X-Courier-Signature": signature(body, key)}
        answer = requests.post(kept["callback"], data=body, headers=headers, timeout=10)
        return jsonify(told=answer.status_code)

    @app.put("/faults")
    def set_faults() -> Response:
        wanted = request.get_json()
        faults[:] = [wanted["kind"]] * wanted["times"]
        return jsonify(faults=faults)

    @app.get("/")
    def index() -> Response:
        return jsonify(name="courier sandbox", orders=len(orders))

    return app


def _fail(kind: str) -> Response | tuple[Response, int]:
    if kind == "slow":
        time.sleep(9)
    if kind == "garbage":
        return Response("<html>502</html>", mimetype="text/html")
    return jsonify(error="unavailable"), 503


def _waybill(ref: str) -> str:
    """The same order has the same number, even after the sandbox was started anew."""
    return f"SF{int(hashlib.sha256(ref.encode()).hexdigest(), 16) % 10**13:013d}"
