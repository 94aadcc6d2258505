"""What features ask of notices: tell somebody something once, take it back, show the list.

`notify` only writes a row in the caller's transaction: the message leaves later (delivery.py) and can't fail the act.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backend.identity import service as identity
from backend.notice import kinds
from backend.notice.errors import BadCursor
from backend.notice.machine import State
from backend.notice.models import Notice, NoticeConsent
from backend.platform.clock import now
from backend.platform.db import db, in_unit_of_work, unit_of_work
from backend.platform.ids import new_id
from backend.platform.settings import settings
from backend.wechat.templates import templates

PAGE = 30
MOST_CONSENTS = 50  # of one template; a client that says "accept" for ever gets no further


def notify(
    user_id: str,
    kind: str,
    data: Mapping[str, Any],
    *,
    key: str,
    due_at: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Tell `user_id` about it at `due_at` (now), once for a `key` (inside a unit of work; again is no error).

    `data` are the words of the kind (kinds.WORDS), moments as `…_at`, and `id` of what the notice opens. After `until`
    the message would be pointless: it is not sent any more, and not put off to a moment after that.
    """
    if not in_unit_of_work():
        raise RuntimeError("notify() outside a unit of work")
    if kind not in kinds.KINDS:
        raise LookupError(f"no notice {kind}")
    due = due_at or now()
    plain = {name: v.isoformat() if isinstance(v, datetime) else v for name, v in data.items()}
    row = {
        "id": new_id(), "user_id": user_id, "kind": kind, "key": key, "data": plain, "state": State.WAITING.value,
        "created_at": now(), "due_at": due, "until_at": until, "next_try_at": due, "tries": 0, "unsure": False,
    }  # fmt: skip
    db.session.execute(_insert(Notice).values(row).on_conflict_do_nothing(index_elements=["key"]))


def withdraw(*keys: str) -> None:
    """What these were about is no more: what has not been sent never is (inside a unit of work)."""
    waiting = (Notice.key.in_(keys), Notice.state == State.WAITING)
    statement = update(Notice).where(*waiting).values(state=State.WITHDRAWN.value)
    db.session.execute(statement.execution_options(synchronize_session=False))


# --- the list -------------------------------------------------------------------------------------------


def mine(user_id: str, cursor: str | None = None) -> dict[str, Any]:
    """Everything told so far, newest first, whatever became of the messages; `next` is the cursor of older ones."""
    query = select(Notice).where(*_told(user_id))
    if cursor:
        at, id = _read_cursor(cursor)
        query = query.where((Notice.due_at < at) | ((Notice.due_at == at) & (Notice.id < id)))
    rows = list(db.session.scalars(query.order_by(Notice.due_at.desc(), Notice.id.desc()).limit(PAGE + 1)))
    more = f"{rows[PAGE - 1].due_at.isoformat()}~{rows[PAGE - 1].id}" if len(rows) > PAGE else None
    unread = select(func.count()).select_from(Notice).where(*_told(user_id), Notice.read_at.is_(None))
    return {"items": [_view(r) for r in rows[:PAGE]], "next": more, "unread": db.session.scalar(unread) or 0}


def read_all(user_id: str) -> None:
    with unit_of_work():
        statement = update(Notice).where(*_told(user_id), Notice.read_at.is_(None)).values(read_at=now())
        db.session.execute(statement.execution_options(synchronize_session=False))


def _told(user_id: str) -> tuple[Any, ...]:
    return (Notice.user_id == user_id, Notice.due_at <= now(), Notice.state != State.WITHDRAWN)


def _view(row: Notice) -> dict[str, Any]:
    kind = kinds.KINDS[row.kind]
    return {
        "id": row.id, "kind": row.kind, "title": kind.title, "text": kinds.text(row.kind, row.data), "at": row.due_at,
        "read": row.read_at is not None, "target": {"page": kind.page, "id": row.data.get("id")},
    }  # fmt: skip


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    moment, _, id = cursor.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo and id.isalnum():
            return at, id
    except ValueError:
        pass
    raise BadCursor()


# --- consents of the mini-program ---------------------------------------------------------------------------


def templates_for(moment: str) -> list[dict[str, str]]:
    """What to ask consent for at a moment: at most three, as many as one dialog of older clients takes."""
    offered = templates(settings(), "mp")
    return [
        {"kind": name, "template_id": offered[name].id, "title": kind.title}
        for name, kind in kinds.KINDS.items()
        if kind.moment == moment and name in offered
    ][:3]


def consent(user_id: str, results: Mapping[str, str]) -> None:
    """What wx.requestSubscribeMessage said: each `accept` allows one more message of that template."""
    known = {t.id for t in templates(settings(), "mp").values()}
    with unit_of_work():
        for template_id in sorted(t for t, said in results.items() if said.startswith("accept") and t in known):
            give(user_id, template_id)


def give(user_id: str, template_id: str, count: int = 1) -> None:
    """Add to what is allowed (inside a unit of work)."""
    row = {"user_id": user_id, "template_id": template_id, "remaining": count, "updated_at": now()}
    total = func.coalesce(NoticeConsent.remaining, 0) + count
    statement = _insert(NoticeConsent).values(row).on_conflict_do_update(
        index_elements=["user_id", "template_id"],
        set_={"remaining": total, "updated_at": now()},
        where=NoticeConsent.remaining < MOST_CONSENTS,
    )  # fmt: skip
    db.session.execute(statement)


def take(user_id: str, template_id: str) -> bool:
    """Use up one consent, if there is one (inside a unit of work)."""
    left = (NoticeConsent.user_id == user_id, NoticeConsent.template_id == template_id, NoticeConsent.remaining > 0)
    statement = update(NoticeConsent).where(*left).values(remaining=NoticeConsent.remaining - 1, updated_at=now())
    done: Any = db.session.execute(statement.execution_options(synchronize_session=False))
    return done.rowcount == 1


def none_left(user_id: str, template_id: str) -> None:
    """WeChat says that nothing is allowed any more: our count was too high."""
    mine = (NoticeConsent.user_id == user_id, NoticeConsent.template_id == template_id)
    statement = update(NoticeConsent).where(*mine).values(remaining=0, updated_at=now())
    db.session.execute(statement.execution_options(synchronize_session=False))


# --- upkeep ---------------------------------------------------------------------------------------------------


def forget_old() -> int:
    with unit_of_work():
        old = delete(Notice).where(Notice.due_at < now() - timedelta(days=settings().notice_days))
        done: Any = db.session.execute(old.execution_options(synchronize_session=False))
    return done.rowcount


@identity.on_merge
def merge_users(gone: str, kept: str) -> None:
    """Two accounts turn out to be one person: the notices go along, and what was allowed adds up (P45)."""
    db.session.execute(update(Notice).where(Notice.user_id == gone).values(user_id=kept))
    theirs: Iterable[NoticeConsent] = list(
        db.session.scalars(select(NoticeConsent).where(NoticeConsent.user_id == gone))
    )
    for row in theirs:
        if row.remaining:
            give(kept, row.template_id, row.remaining)
    db.session.execute(delete(NoticeConsent).where(NoticeConsent.user_id == gone))


def _insert(model: Any) -> Any:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(model)
