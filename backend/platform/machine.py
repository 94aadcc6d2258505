"""State machines as data: one table per machine, one compare-and-set per move."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CursorResult, update

from backend.platform.db import db
from backend.platform.errors import NotAllowedNow


@dataclass(frozen=True)
class Move:
    """`actors` may take a row from any of `sources` to `target`."""

    name: str
    sources: frozenset[StrEnum]
    target: StrEnum
    actors: frozenset[str]


def move(name: str, sources: Iterable[StrEnum], target: StrEnum, *actors: str) -> Move:
    return Move(name, frozenset(sources), target, frozenset(actors))


class Machine:
    """The whole truth about the states of one kind of row. A move that is not in the table is refused."""

    def __init__(self, name: str, *moves: Move) -> None:
        self.name = name
        self.moves = {m.name: m for m in moves}
        if len(self.moves) != len(moves):
            raise ValueError(f"{name}: a move is named twice")

    def allowed(self, state: str, actor: str) -> list[str]:
        """Names of the moves that `actor` may make from `state`, in the order of the table."""
        return [m.name for m in self.moves.values() if state in m.sources and actor in m.actors]

    def apply(self, row: Any, name: str, actor: str, **values: object) -> None:
        """Move `row` and set `values`, or raise NotAllowedNow naming the state. Safe in a race: one UPDATE decides.

        Further conditions can be given as `where=[…]`.
        """
        chosen = self.moves[name]
        model = type(row)
        conditions: Any = values.pop("where", ())
        key = model.__mapper__.primary_key[0]
        if actor in chosen.actors:
            db.session.flush()
            statement = (
                update(model)
                .where(key == row.__mapper__.primary_key_from_instance(row)[0])
                .where(model.state.in_([s.value for s in chosen.sources]), *conditions)
                .values(state=chosen.target.value, **values)
                .execution_options(synchronize_session=False)
            )
            done: CursorResult[Any] = db.session.execute(statement)  # type: ignore[assignment]
            db.session.expire(row)
            if done.rowcount == 1:
                return
        raise NotAllowedNow(machine=self.name, move=name, state=str(row.state))

    def mermaid(self) -> str:
        """The table as a mermaid state diagram (docs/states.md)."""
        lines = [f"    {s} --> {m.target}: {m.name}" for m in self.moves.values() for s in sorted(m.sources)]
        return "\n".join(["stateDiagram-v2", *lines])
