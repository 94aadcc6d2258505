"""Figures for the home page, the agent and the supervisor, all computed from the data (domain.md, Rule 13)."""

import json
from contextlib import suppress
from datetime import UTC, datetime, time
from typing import Any

from redis.exceptions import RedisError

from backend.catalog import service as catalog
from backend.identity import staff_accounts
from backend.platform.clock import SHANGHAI, today
from backend.platform.redis import redis
from backend.rating import service as rating
from backend.session import duty, reports

KEPT_SECONDS = 30
KEY = "portal:figures"


def portal() -> dict[str, Any]:
    """进驻客服, 涉及服务, 服务时长 (minutes of calls), 服务好评 (per cent; None before the first rating) (S5, M7).

    Computed at most every half minute: the page is open to everybody.
    """
    try:
        kept = redis.get(KEY)
    except RedisError:
        kept = None
    if isinstance(kept, bytes):
        return json.loads(kept)
    fresh = compute_portal()
    with suppress(RedisError):
        redis.set(KEY, json.dumps(fresh), ex=KEPT_SECONDS)
    return fresh


def compute_portal() -> dict[str, Any]:
    """The four figures as of now."""
    agents = [s for s in staff_accounts.everyone() if s.active and "agent" in s.roles]
    return {
        "agents": len(agents),
        "items": catalog.count_items(),
        "minutes": reports.call_seconds() // 60,
        "good_rate": rating.good_rate(),
    }


def of_agent(staff_id: str) -> dict[str, Any]:
    """Today, for the head of the console: own cases and minutes, and how the line stands."""
    mine = reports.served(midnight(), staff_id)
    card = duty.of(staff_id)
    line = reports.waiting(card.skill_group_ids if card else ())
    there = [d for d in duty.everyone() if d.state in [s.value for s in duty.ONLINE]]
    return {
        "served_today": mine.cases,
        "minutes_today": mine.seconds // 60,
        "waiting": len(line),
        "longest_wait_seconds": max((reports.row_times(s)["waited_seconds"] for s in line), default=0),
        "agents_online": len(there),
    }


def of_day() -> dict[str, Any]:
    """Today, for the supervisor: state of the line, waits, cases."""
    all_served, waits = reports.served(midnight()), reports.waits(midnight())
    return {
        **reports.counts(),
        "served_today": all_served.cases,
        "minutes_today": all_served.seconds // 60,
        "average_minutes": round(all_served.seconds / all_served.cases / 60, 1) if all_served.cases else None,
        "median_wait_seconds": waits[len(waits) // 2] if waits else None,
        "longest_wait_today_seconds": waits[-1] if waits else None,
    }


def midnight() -> datetime:
    """The beginning of this day in Shenzhen."""
    return datetime.combine(today(), time.min, SHANGHAI).astimezone(UTC)
