"""The outbox's carriers. Each may run late, twice, or in two workers at once."""

from flask import Flask

from backend.notice import delivery, kinds, service
from backend.platform.db import unit_of_work
from backend.platform.jobs import enqueue, job, periodic
from backend.wechat.hooks import on_event
from backend.wechat.messages import Push


@job("notice.send")
def send(notice_id: str) -> None:
    delivery.deliver(notice_id)


@periodic(seconds=3)
def send_due() -> None:
    """Promise a job for every notice whose time has come; the same try is promised once."""
    waiting = delivery.due()
    if not waiting:
        return
    with unit_of_work():
        for notice_id, at in waiting:
            enqueue("notice.send", notice_id, dedupe=f"notice:{notice_id}:{at.timestamp():.3f}")


@on_event("templatesendjobfinish")
def template_arrived(push: Push) -> None:
    """The official account's own report of a template message."""
    delivery.reported(str(push.data.get("MsgID") or ""), str(push.data.get("Status") or ""))


@periodic(seconds=86400)
def forget_old() -> None:
    service.forget_old()


def init_app(app: Flask) -> None:
    """Templates that nothing could be sent with are told at the start, not at the first notice."""
    if found := kinds.faults(app.extensions["settings"]):
        raise SystemExit("bad setting: " + "; ".join(found))
