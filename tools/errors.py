"""Writes docs/errors.md: every error code of the API, from the classes. `python -m tools.errors`"""

from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import backend
from backend.platform.errors import DomainError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
HEAD = """# Error codes

Every error answer has one shape: `{"error": {"code", "message", "details", "request_id"}}`. `code` is for programs and
never changes its meaning; `message` is Chinese and says what to do; `details` holds what a client needs to go on (the
field, the state, the seconds to wait). This page is written by `python -m tools.errors`.
"""


def kinds() -> list[type[DomainError]]:
    """Every error class of the product, by status and code."""
    for module in walk_packages(backend.__path__, "backend."):
        if not module.name.startswith(
            ("backend.media.", "backend.wechat.sandbox.", "backend.courier.sandbox.", "backend.identity.sandbox.")
        ):
            import_module(module.name)
    found: list[type[DomainError]] = []
    waiting = [DomainError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    ours = {k for k in found if k.__module__.startswith("backend.")}
    return sorted(ours, key=lambda k: (k.status, k.code, k.__module__))


def page() -> str:
    """The text of docs/errors.md."""
    lines = [HEAD, "| status | code | message | from |", "| --- | --- | --- | --- |"]
    for kind in kinds():
        origin = kind.__module__.removeprefix("backend.").split(".")[0]
        lines.append(f"| {kind.status} | `{kind.code}` | {kind.message} | {origin} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
