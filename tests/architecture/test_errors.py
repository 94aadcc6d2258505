"""Every error code is documented, means one thing, and is told in Chinese."""

import re
from collections import Counter

from backend.platform.errors import DomainError
from tools import errors


def test_the_page_of_errors_is_current() -> None:
    assert errors.PAGE.read_text(encoding="utf-8") == errors.page(), "run: python -m tools.errors"


def test_a_code_means_one_thing() -> None:
    """Siblings may name the same refusal in their own words; it has one status, and one class in each feature."""
    named = [k for k in errors.kinds() if "code" in vars(k)]
    statuses = {k.code: {other.status for other in named if other.code == k.code} for k in named}
    assert {code: s for code, s in statuses.items() if len(s) > 1} == {}
    in_feature = Counter((k.code, k.__module__) for k in named)
    assert [key for key, times in in_feature.items() if times > 1] == []
    assert [k.__name__ for k in errors.kinds() if not re.fullmatch(r"[a-z][a-z0-9_]*", k.code)] == []


def test_messages_are_for_people() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [k.__name__ for k in errors.kinds() if not chinese.search(k.message)] == []


def test_statuses_are_the_documented_ones() -> None:
    known = {400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503, 507}
    assert {k.status for k in errors.kinds()} <= known
    assert DomainError.status in known
