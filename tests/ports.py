"""Ports for the servers that tests start.

Asking the system for any free port and closing it again leaves the port to whoever comes first: the next outgoing
connection or another test process. These lie below the range of outgoing connections, and each test process has a
range of its own.
"""

import os
import random
import socket
from itertools import count

FIRST, SHARE = 20_000, 1_500  # eight shares end below 32768 (ip_local_port_range)
ALONE = 7  # the share of a program that is no worker of pytest


def _share() -> int:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    return int(worker) % ALONE if worker else ALONE


_turn = count(random.randrange(SHARE))  # another run on this machine begins elsewhere


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody listens on, and that this process was not given lately."""
    for _ in range(SHARE):
        port = FIRST + _share() * SHARE + next(_turn) % SHARE
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no port is free")
