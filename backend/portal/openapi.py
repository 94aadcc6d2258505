"""What the API document says beyond the routes: who may call, how errors look, how a write is made safe to repeat."""

import re
from typing import Any

from apiflask import APIFlask

GUIDE = """
A page signs in under `/api/auth/…` and sends the access token as `Authorization: Bearer …`; it lives 15 minutes and is
renewed with `/api/auth/refresh`. Times are UTC. Lists are `{"items": […], "next": cursor or null}`.

Every write of a signed-in caller should carry an `Idempotency-Key`: sent again with the same body it has one effect and
gets the first answer. Every error is `{"error": {"code", "message", "details", "request_id"}}`; the codes are in
docs/errors.md. Live events come over `/ws` (docs/architecture.md).
"""
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "request_id"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {},
                "request_id": {"type": ["string", "null"]},
            },
        }
    },
}
MEANINGS = {
    "400": "malformed",
    "401": "not signed in, or not any more",
    "403": "not for this caller",
    "404": "not there, or not yours",
    "409": "the state does not allow it, or somebody was faster",
    "410": "too late",
    "413": "too large",
    "415": "wrong kind of file or body",
    "422": "a field is wrong",
    "429": "too often",
    "503": "something outside is away",
}
OPEN = {"public", "ticket:sign", "ticket:handover", "wechat-push"}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128},
    "description": "the same key and body: one effect, one answer",
}


def init_app(app: APIFlask) -> None:
    @app.spec_processor
    def complete(spec: Any) -> Any:
        spec["info"]["description"] = GUIDE.strip()
        spec["servers"] = [{"url": "/"}]
        parts = spec.setdefault("components", {})
        parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        schemas = parts.setdefault("schemas", {})
        for unused in ("ValidationError", "HTTPError"):
            schemas.pop(unused, None)
        schemas["Error"] = ERROR
        for rule in app.url_map.iter_rules():
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            roles: frozenset[str] = getattr(app.view_functions[rule.endpoint], "access", frozenset())
            for method in rule.methods or ():
                operation = spec["paths"].get(path, {}).get(method.lower())
                if operation:
                    _complete(operation, method, roles)
        return spec


def _complete(operation: dict[str, Any], method: str, roles: frozenset[str]) -> None:
    operation["x-access"] = sorted(roles)
    guarded = roles.isdisjoint(OPEN)
    operation["security"] = [{"bearer": []}] if guarded else []
    if guarded and method != "GET":
        operation.setdefault("parameters", []).append(KEY)
    responses = operation.setdefault("responses", {})
    for status, meaning in MEANINGS.items():
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        responses[status] = {
            "description": responses.get(status, {}).get("description", meaning),
            "content": content,
        }
