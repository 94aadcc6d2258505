"""Callers of one moment are served by one round trip (group commit, request coalescing).

Whoever comes to an empty desk leads: it serves all that wait, itself among them, wakes them, and hands the lead to the
first of those that came meanwhile. A caller that is alone is served at once, by itself: nothing waits for company.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from backend.platform.db import db

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
MOST = 64  # served by one round trip


class Together(Generic[Asked, Answer]):
    """`serve` takes what is asked and gives the answers in the same order; what it raises, each of them raises."""

    def __init__(self, serve: Callable[[list[Asked]], Sequence[Answer]]) -> None:
        self._serve = serve
        self._desks: WeakKeyDictionary[object, _Desk[Asked, Answer]] = WeakKeyDictionary()

    def ask(self, asked: Asked) -> Answer:
        """The answer to `asked`, from the database of the running application."""
        desk = self._desks.get(db.engine) or self._desks.setdefault(db.engine, _Desk())
        ticket = desk.enter(asked)
        if not ticket.done:  # this one leads
            batch = desk.take()
            try:
                self._answer(batch)
            finally:
                desk.leave(batch)
        if ticket.fault is not None:
            raise ticket.fault
        return ticket.answer

    def _answer(self, batch: "list[_Ticket[Asked, Answer]]") -> None:
        try:
            for ticket, answer in zip(batch, self._serve([t.asked for t in batch]), strict=True):
                ticket.answer = answer
        except BaseException as fault:  # a leader that is stopped too: nobody may wait for ever
            for ticket in batch:
                ticket.fault = fault


class _Ticket(Generic[Asked, Answer]):
    answer: Answer

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.done = False
        self.fault: BaseException | None = None
        self.bell = Lock()


class _Desk(Generic[Asked, Answer]):
    def __init__(self) -> None:
        self._lock = Lock()
        self._led = False
        self.waiting: deque[_Ticket[Asked, Answer]] = deque()

    def enter(self, asked: Asked) -> _Ticket[Asked, Answer]:
        """Returns when the ticket is done, or when it is its turn to lead."""
        ticket = _Ticket[Asked, Answer](asked)
        with self._lock:
            self.waiting.append(ticket)
            leads, self._led = not self._led, True
            if not leads:
                ticket.bell.acquire()  # rung by the leader
        if not leads:
            ticket.bell.acquire()
        return ticket

    def take(self) -> list[_Ticket[Asked, Answer]]:
        with self._lock:
            return [self.waiting.popleft() for _ in range(min(len(self.waiting), MOST))]

    def leave(self, batch: list[_Ticket[Asked, Answer]]) -> None:
        """Hand the lead on, then wake those that were served."""
        with self._lock:
            following = self.waiting[0] if self.waiting else None
            self._led = following is not None
        if following is not None:
            following.bell.release()
        for ticket in batch:
            ticket.done = True
            if ticket.bell.locked():
                ticket.bell.release()
