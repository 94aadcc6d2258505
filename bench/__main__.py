"""`python -m bench [ROW …]`: a line a row, `NAME ratio=R goal=G pass|fail`, then `bench: N passed, N failed`.

Peers are started and measured in the same run, in turn, several rounds; a row is the ratio of medians.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import booking, sockets
from bench.rows import Row

ROWS: dict[str, Callable[[], Row]] = {
    "signal-200B": lambda: sockets.relay("signal-200B", size=200, goal=0.7),
    "signal-3kB": lambda: sockets.relay("signal-3kB", size=3000, goal=1.1),
    "idle-socket-memory": sockets.memory,
    "book-hot-slot": booking.hot_slot,
    "sold-out": booking.sold_out,
}


def main(names: list[str]) -> int:
    rows = []
    for name in names or ROWS:
        try:
            row = ROWS[name]()
        except Exception as fault:
            row = Row(name, 0, 0, higher=True, note=f"{type(fault).__name__}: {fault}")
            row.broken = True
        rows.append(row)
        print(row, flush=True)
    passed = sum(row.passed for row in rows)
    print(f"bench: {passed} passed, {len(rows) - passed} failed", flush=True)
    return 0 if passed == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
