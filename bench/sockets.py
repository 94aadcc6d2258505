"""Signalling through the product's own handler against peerjs-server, and what an idle socket costs."""

from __future__ import annotations

from typing import Any

from bench.rows import Row, in_turn
from bench.stage import SERVER_CORE, Stage, load

PAIRS = 50
IDLE = 5000
IDLE_GOAL_KB = 40
LIMITS = {"socket_limit": 6000, "socket_tickets_per_minute": 10_000_000, "socket_signals_per_second": 1_000_000}
WORKER = "gevent"  # what production runs; threads lose time to one another for the interpreter


def relay(name: str, size: int, goal: float) -> Row:
    """Messages relayed for each second of a core, one process, 50 pairs, two in flight each way.

    Processor time, not the clock: what others do on the machine meanwhile then counts little.
    """
    with Stage() as stage:
        core = [SERVER_CORE]
        files: Any = {"redis_url": stage.redis(), "database_url": f"sqlite:///{stage.folder / 'bench.db'}"}
        room = {"worker": WORKER, "cores": core, "threads": PAIRS * 2 + 16}
        ours, our_port = stage.gunicorn("bench.app:make()", **room, **files, **LIMITS)
        peer, peer_port = stage.peerjs(core)

        def run(which: str, port: int, pid: int) -> float:
            where = ("--peer", which, "--port", port, "--pid", pid)
            got = load("bench.ws_load", "relay", *where, "--size", size, "--pairs", PAIRS)
            if got["lost_sockets"]:
                raise RuntimeError(f"{which} lost {got['lost_sockets']} sockets")
            return float(got["per_core"])

        a, b, word = in_turn(
            lambda: run("ours", our_port, ours.pid), lambda: run("peerjs", peer_port, peer.pid)
        )
    return Row(name, a / b, goal, note=word)


def memory() -> Row:
    """Resident memory for each of 5,000 open sockets that have spoken once, in kB (the ratio column holds the kB)."""
    with Stage() as stage:
        files: Any = {"redis_url": stage.redis(), "database_url": f"sqlite:///{stage.folder / 'bench.db'}"}
        server, port = stage.gunicorn("bench.app:make()", worker="gevent", cores=[SERVER_CORE], **files, **LIMITS)
        got = load("bench.ws_load", "idle", "--peer", "ours", "--port", port, "--count", IDLE, "--pid", server.pid)
    kilobytes = got["bytes_each"] / 1024
    row = Row("idle-socket-memory", kilobytes, IDLE_GOAL_KB, higher=False, note=f"kB a socket, {got['open']} open")
    row.broken = got["open"] < IDLE
    return row
