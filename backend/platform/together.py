"""Callers of one moment are served by one round trip (group commit, request coalescing).

Whoever gets the lock first serves all that wait behind it; the others find their answers ready. A caller that is
alone is served at once, by itself: nothing waits for company.
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
        ticket = _Ticket[Asked, Answer](asked)
        desk.waiting.append(ticket)
        with desk.lock:
            while not ticket.done:  # those before are served first
                self._serve_some([desk.waiting.popleft() for _ in range(min(len(desk.waiting), MOST))])
        if ticket.fault is not None:
            raise ticket.fault
        return ticket.answer

    def _serve_some(self, tickets: "list[_Ticket[Asked, Answer]]") -> None:
        try:
            for ticket, answer in zip(tickets, self._serve([t.asked for t in tickets]), strict=True):
                ticket.answer = answer
        except Exception as fault:
            for ticket in tickets:
                ticket.fault = fault
        finally:
            for ticket in tickets:
                ticket.done = True


class _Desk(Generic[Asked, Answer]):
    def __init__(self) -> None:
        self.lock = Lock()
        self.waiting: deque[_Ticket[Asked, Answer]] = deque()


class _Ticket(Generic[Asked, Answer]):
    answer: Answer

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.done = False
        self.fault: Exception | None = None
