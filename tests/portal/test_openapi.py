"""The API document says what the API does."""

from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask


@pytest.fixture
def spec(app: APIFlask) -> dict[str, Any]:
    return app.test_client().get("/openapi.json").json


def operations(spec: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", op) for path, ops in spec["paths"].items() for method, op in ops.items()
    ]


def test_it_is_a_valid_document_of_3_1(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    schema = schemathesis.openapi.from_dict(spec)
    schema.validate()
    assert len(list(schema.get_all_operations())) == len(operations(spec)) > 80


def test_every_operation_says_who_may_call_it_and_how_errors_look(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        assert operation["x-access"], name
        assert operation["tags"], name
        error = operation["responses"]["409"]["content"]["application/json"]["schema"]
        assert error == {"$ref": "#/components/schemas/Error"}, name
    text = str(spec)
    assert "ValidationError" not in text
    assert "HTTPError" not in text


def test_writes_may_be_repeated(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        keys = [p for p in operation.get("parameters", []) if p["name"] == "Idempotency-Key"]
        assert len(keys) == (0 if name.startswith("GET") or not operation["security"] else 1), name


def test_errors_have_the_documented_shape(app: APIFlask, spec: dict[str, Any]) -> None:
    client = app.test_client()
    replies = [
        client.get("/api/me"),
        client.get("/api/none"),
        client.post("/api/auth/sms", json={"phone": 1, "extra": True}),
        client.post("/api/auth/sms", data="{", content_type="application/json"),
        client.post("/api/auth/sms", data="x", content_type="text/plain"),
        client.delete("/api/me"),
    ]
    required = spec["components"]["schemas"]["Error"]["properties"]["error"]["required"]
    for reply in replies:
        assert set(reply.json) == {"error"}, reply.json
        assert set(reply.json["error"]) == set(required)
        assert reply.headers["X-Request-ID"] == reply.json["error"]["request_id"]
    assert [r.status_code for r in replies] == [401, 404, 422, 400, 400, 405]
