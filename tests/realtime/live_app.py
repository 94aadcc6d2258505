"""The real platform and realtime with a channel of its own: sockets are tested without a feature above them.

Run by gunicorn (tests/realtime/conftest.py). Channel "stage": {id: room, endpoint}; events live in a table.
"""

import os
import resource
import threading
from typing import Any

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped

import backend.app
from backend.platform.api import Blueprint, access
from backend.platform.db import Model, after_commit, db, unit_of_work
from backend.realtime.bus import bus, close_sockets, endpoints, publish
from backend.realtime.channels import Channel, channel

SAYS = frozenset({"signal", "typing", "pointer"})
_made: list[Any] = []
bp = Blueprint("live", __name__, url_prefix="/live")


class StageEvent(Model):
    __tablename__ = "stage_event"
    room: Mapped[str]
    seq: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]


class StageCall(Model):
    """What on_open and on_close were told."""

    __tablename__ = "stage_call"
    room: Mapped[str]
    said: Mapped[str]


def wire(event: StageEvent) -> dict[str, Any]:
    body = {"seq": event.seq, "kind": event.kind, "payload": event.payload}
    return {"t": "event", "room": event.room, "event": body}


def note(room: str, said: str) -> None:
    with unit_of_work():
        db.session.add(StageCall(room=room, said=said))


@channel("stage", public=True)
def open_stage(actor: Any, asked: dict[str, Any]) -> Channel:
    room, endpoint = asked["id"], asked.get("endpoint")

    def snapshot(after: int) -> list[dict[str, Any]]:
        rows = db.session.scalars(
            select(StageEvent).where(StageEvent.room == room, StageEvent.seq > after).order_by(StageEvent.seq)
        )
        found = [wire(e) for e in rows]
        db.session.remove()
        return found

    return Channel(
        rooms=[room],
        endpoint=endpoint,
        snapshot=snapshot,
        on_open=lambda: note(room, f"open {endpoint}"),
        on_close=lambda: note(room, f"close {endpoint}"),
        says=SAYS,
    )


@bp.post("/event")
@access("public")
def event() -> Any:
    """Append a numbered event and announce it, as the timeline does."""
    asked = request.get_json()
    with unit_of_work():
        last = db.session.scalar(select(func.max(StageEvent.seq)).where(StageEvent.room == asked["room"]))
        kind, payload = asked.get("kind", "chat.text"), asked.get("payload", {})
        row = StageEvent(room=asked["room"], seq=(last or 0) + 1, kind=kind, payload=payload)
        db.session.add(row)
        message = wire(row)
        if not asked.get("silent"):
            after_commit(lambda: publish(row.room, message))
    return {"seq": message["event"]["seq"]}


@bp.post("/publish")
@access("public")
def say() -> Any:
    publish(request.get_json()["room"], request.get_json()["message"])
    return {}


@bp.post("/flood")
@access("public")
def flood() -> Any:
    """`producers` threads publish `count` messages of `size` bytes each at once."""
    asked = request.get_json()
    app = _made[0]

    def produce(number: int) -> None:
        with app.app_context():
            for i in range(asked["count"]):
                publish(asked["room"], {"t": "view", "from": number, "n": i, "fill": "x" * asked["size"]})

    threads = [threading.Thread(target=produce, args=(n,)) for n in range(asked["producers"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {}


@bp.get("/stats")
@access("public")
def stats() -> Any:
    rss = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()  # noqa: SIM115
    return {
        "pid": os.getpid(),
        "threads": threading.active_count(),
        "open": bus().hub.open_sockets,
        "rss": rss,
        "fds": len(os.listdir("/proc/self/fd")),
    }


@bp.get("/room/<room>")
@access("public")
def room_state(room: str) -> Any:
    said = db.session.scalars(select(StageCall.said).where(StageCall.room == room).order_by(StageCall.id))
    return {"endpoints": endpoints(room), "said": list(said)}


@bp.post("/close")
@access("public")
def close() -> Any:
    close_sockets(**request.get_json())
    return {}


def make() -> Any:
    backend.app.FEATURES = ("realtime",)
    app = backend.app.create_app()
    _made.append(app)
    app.register_blueprint(bp)
    with app.app_context():
        StageEvent.__table__.create(db.engine, checkfirst=True)
        StageCall.__table__.create(db.engine, checkfirst=True)
        db.engine.dispose()
    return app
