"""What WeChat says of words and pictures (docs: 内容安全).

wechatpy knows the first version only and takes every picture of the second for unfit, so the answers are read here.
"""

from dataclasses import dataclass
from typing import Any

from backend.wechat.gateway import Verdict
from backend.wechat.messages import Push

WORST_FIRST = ("risky", "review", "pass")


@dataclass(frozen=True)
class MediaCheck:
    """The result for the picture asked about under `trace_id`. `failed`: WeChat could not look at it."""

    trace_id: str
    verdict: Verdict
    failed: bool


def verdict(result: Any, trace_id: str) -> Verdict:
    """WeChat's `result`; one that says nothing we know is for a human to look at."""
    found = result if isinstance(result, dict) else {}
    suggest = str(found.get("suggest"))
    label = str(found.get("label") or 0)
    known = suggest if suggest in WORST_FIRST else "review"
    return Verdict(known, int(label) if label.isdigit() else 0, trace_id)  # type: ignore[arg-type]


def worst(verdicts: list[Verdict]) -> Verdict:
    return min(verdicts, key=lambda v: WORST_FIRST.index(v.suggest), default=Verdict("pass", 100))


def media_check(push: Push) -> MediaCheck:
    """The event wxa_media_check; a picture that could not be checked is for a human to look at."""
    data, trace = push.data, str(push.data.get("trace_id", ""))
    failed = str(data.get("errcode") or data.get("status_code") or 0) != "0"
    if "isrisky" in data:  # the first version
        risky = str(data["isrisky"]) == "1"
        found = Verdict("risky" if risky else "pass", 0 if risky else 100, trace)
    else:
        found = verdict(data.get("result"), trace)
    return MediaCheck(trace, Verdict("review", 0, trace) if failed else found, failed)
