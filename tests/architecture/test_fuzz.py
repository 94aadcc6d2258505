"""Bodies and queries made up from the API document, by somebody who gets through: no 5xx, no hang (reliability.md 4c).

FUZZ_EXAMPLES raises the number of attempts for each operation.
"""

import json
import os
import re
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.architecture.access_matrix import MATRIX, Row
from tests.architecture.world import World

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES") or 4)
TESTED = [op for op in MATRIX if op.split(" ")[1].startswith("/api/")]
OUTSIDE = {
    "POST /api/auth/wechat/code",
    "GET /api/auth/wechat/oa/start",
    "GET /api/wechat/jssdk",
    "POST /api/auth/ishenzhen",
}  # ask WeChat or i深圳, which are away here: 503
ODD = [
    "",
    " ",
    "0" * 26,
    "\u202e张",
    "㵘𬭎",
    "a" * 300,
    "<b>",
    "=1+1",
    "%00",
    "..",
    "-1",
    "99999999999999999999",
]


@pytest.fixture(scope="module")
def documented(world: World) -> dict[str, Any]:
    schema = schemathesis.openapi.from_dict(world.app.test_client().get("/openapi.json").json)
    return {f"{o.ok().method.upper()} {o.ok().path}": o.ok() for o in schema.get_all_operations()}


@pytest.mark.parametrize("operation", TESTED)
def test_made_up_requests(world: World, documented: dict[str, Any], operation: str) -> None:
    row = MATRIX[operation]
    person = next((p for p in ("owner", "agent", "supervisor", "admin") if p in row.may), "")
    found = documented.get(re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", operation))
    assert found is not None, "not in the API document"
    world.put_back()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=found.as_strategy(), odd=st.sampled_from(ODD), data=st.binary(max_size=600))
    def attempt(case: Any, odd: str, data: bytes) -> None:
        queries = [case.query or None, {"q": odd, "date": odd, "after": odd, "cursor": odd, "state": odd}]
        for query in queries:
            sent = {} if operation.startswith("GET") else shape(case, row, data)
            reply = world.open(operation, row, person, query=query, sent=sent)
            assert reply.status_code < 500 or operation in OUTSIDE, (reply.status_code, query)

    attempt()


def shape(case: Any, row: Row, data: bytes) -> dict[str, Any]:
    """The made-up body as the client sends it."""
    if row.files:
        return {"data": {name: (BytesIO(data), "材料.jpg") for name in row.files}}
    body = case.body if isinstance(case.body, dict | list | str | int | float | bool | None) else {}
    return {"data": json.dumps(body), "content_type": "application/json"}
