"""M16: the estimated wait against a simulated office; a pure function, no database."""

import random
import statistics

import pytest

from backend.session.queue import Figures


def office_day(dice: random.Random, agents: int, ahead: int, times: list[float]) -> float:
    """Seconds until someone with `ahead` people before is taken; every agent is somewhere in a session now."""
    free_at = sorted(dice.random() * dice.choice(times) for _ in range(agents))
    for _ in range(ahead):
        free_at.append(free_at.pop(0) + dice.choice(times))
        free_at.sort()
    return free_at[0]


@pytest.mark.parametrize("agents", [1, 3, 8])
def test_the_estimate_is_honest(agents: int) -> None:
    """Mean absolute error of the middle of the range ≤ 25 % of the mean wait, from 5 to 40 people ahead."""
    dice = random.Random(20261125)
    times = [max(60.0, dice.lognormvariate(6.4, 0.45)) for _ in range(4000)]  # about 11 minutes, a long tail
    quarters = statistics.quantiles(times, n=4)
    figures = Figures(agents=agents, free=0, quick=quarters[0], slow=quarters[2])
    errors, waits = [], []
    for _ in range(400):
        ahead = dice.randint(5, 40)
        low, high = figures.wait(ahead) or (0, 0)
        real = office_day(dice, agents, ahead, times) / 60
        errors.append(abs((low + high) / 2 - real))
        waits.append(real)
    assert statistics.mean(errors) / statistics.mean(waits) <= 0.25


def test_no_agent_no_promise() -> None:
    assert Figures(agents=0, free=0, quick=300, slow=900).wait(0) is None


def test_a_free_agent_takes_the_first_at_once() -> None:
    figures = Figures(agents=3, free=2, quick=300, slow=900)
    assert (figures.wait(0), figures.wait(1)) == ((0, 1), (0, 1))
    assert figures.wait(2) == (2, 5)
