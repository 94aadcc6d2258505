"""Is the process alive; can it serve."""

from flask import Response, jsonify
from sqlalchemy import text

from backend.platform.api import Blueprint, access
from backend.platform.db import db
from backend.platform.redis import redis

bp = Blueprint("health", __name__, enable_openapi=False)


@bp.get("/healthz")
@access("public")
def alive() -> Response:
    return jsonify(ok=True)


@bp.get("/readyz")
@access("public")
def ready() -> tuple[Response, int]:
    """503 names what is missing; a load balancer then sends nobody here."""
    faults = {}
    for name, check in (("database", lambda: db.session.execute(text("SELECT 1"))), ("redis", redis.ping)):
        try:
            check()
        except Exception as fault:
            faults[name] = type(fault).__name__
    return jsonify(ok=not faults, faults=faults), 503 if faults else 200
