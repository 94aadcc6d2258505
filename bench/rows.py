"""A row of the bench and how its figures come about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.stage import Quiet

ROUNDS = 5
FOREIGN = 0.2  # cores: a round beside more work of others is done again …
AGAIN = 4  # … so many times in a row; then it is kept and said


@dataclass
class Row:
    name: str
    ratio: float
    goal: float
    higher: bool = True
    note: str = ""
    broken: bool = False

    @property
    def passed(self) -> bool:
        good = self.ratio >= self.goal if self.higher else self.ratio <= self.goal
        return good and not self.broken

    def __str__(self) -> str:
        verdict, note = "pass" if self.passed else "fail", f"  # {self.note}" if self.note else ""
        return f"{self.name} ratio={self.ratio:.2f} goal={self.goal:.2f} {verdict}{note}"


def in_turn(ours: Callable[[], float], peer: Callable[[], float], rounds: int = ROUNDS) -> tuple[float, float, str]:
    """Medians of both, measured in turn, and a word about the noise. The order changes each round."""
    figures: dict[str, list[float]] = {"ours": [], "peer": []}
    noisy = spare = 0
    sides = [("ours", ours), ("peer", peer)]
    for n in range(rounds):
        for name, measure in sides if n % 2 else reversed(sides):
            while True:
                with Quiet() as quiet:
                    figure = measure()
                if quiet.foreign <= FOREIGN or spare >= AGAIN:
                    break
                spare += 1
            noisy += quiet.foreign > FOREIGN
            figures[name].append(figure)
    a, b = median(figures["ours"]), median(figures["peer"])
    word = f"ours {a:,.0f}/s, peer {b:,.0f}/s"
    return a, b, word + (f", {noisy} of {2 * rounds} rounds beside other work" if noisy else "")
