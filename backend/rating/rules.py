"""What counts, until when. Pure functions."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from backend.rating.words import LEVELS, LOWEST_GOOD, TAGS

OPEN_DAYS = 7
FOLLOW_UP_WORKDAYS = 15  # GB/T 39734: a bad rating is answered within 15 working days
MAX_TAGS = 6


def closes_at(ended_at: datetime) -> datetime:
    return ended_at + timedelta(days=OPEN_DAYS)


def bad(level: int) -> bool:
    """差评: 不满意 and 非常不满意 (guide row S33; GB/T 39734)."""
    return level < LOWEST_GOOD


def tags_fit(level: int, tags: list[str]) -> bool:
    return len(tags) <= MAX_TAGS and len(set(tags)) == len(tags) and set(tags) <= set(TAGS[level])


def good_percent(counts: Mapping[int, int]) -> float | None:
    """服务好评 (guide row S5): the share of 基本满意 and better, cut to one decimal; None: no ratings."""
    total = sum(counts.get(level, 0) for level in LEVELS)
    good = sum(count for level, count in counts.items() if not bad(level))
    return good * 1000 // total / 10 if total else None
