"""A connection as the server's worker has it: a thread of gunicorn or Werkzeug, or a greenlet of gevent."""

import os
import select
import socket as stdlib
import ssl
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from backend.platform.errors import Unavailable

READ_BYTES = 16 * 1024
KERNEL_BYTES = 128 * 1024  # asked for; the kernel doubles it. With the outbox: under 1 MB for each socket


class Ways(NamedTuple):
    """How a connection is read and written."""

    get: Callable[[], bytes]  # blocks until something comes
    put: Callable[[Any], int]  # never blocks: raises BlockingIOError
    stop: Callable[[], None]  # no more is read


def raw_socket(environ: dict[str, Any]) -> tuple[Any, str]:
    """The connection under a request and the kind of server that has it. Raises Unavailable."""
    for mode in ("gunicorn", "werkzeug"):
        if sock := environ.get(f"{mode}.socket"):
            if isinstance(sock, ssl.SSLSocket):
                raise RuntimeError("TLS ends at the proxy: sockets need a plain connection")
            return sock, mode
    raise Unavailable(why="this server cannot carry sockets: gunicorn's gthread and gevent workers can")


def ways(sock: Any) -> Ways:
    """Prepare a connection, and how it is read and written from now on."""
    sock.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_SNDBUF, KERNEL_BYTES)
    if sock.family != stdlib.AF_UNIX:
        sock.setsockopt(stdlib.IPPROTO_TCP, stdlib.TCP_NODELAY, 1)
    sock.setblocking(True)
    if _cooperative():
        descriptor = sock.fileno()
        get, stop = _greenlet_reader(descriptor)
        return Ways(get, lambda data: os.write(descriptor, data), stop)
    return Ways(lambda: sock.recv(READ_BYTES), lambda data: sock.send(data, stdlib.MSG_DONTWAIT), lambda: None)


def poll_writable(descriptor: int) -> Any:
    """A poll object that wakes up when there is room again; None when the connection is gone."""
    if descriptor < 0:
        return None
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return poll


def new_lock() -> Any:
    """A lock for a section without any wait; gevent's patched `threading.Lock` costs three times as much."""
    if _cooperative():
        from gevent.lock import Semaphore

        return Semaphore(1)
    return threading.Lock()


def _cooperative() -> bool:
    """Whether gevent runs the sockets of this process."""
    if "gevent" not in sys.modules:
        return False
    from gevent import monkey

    return bool(monkey.is_module_patched("socket"))


def _greenlet_reader(descriptor: int) -> tuple[Callable[[], bytes], Callable[[], None]]:
    """How to read under gevent, and how to stop. A read that left nothing waits first: no call in vain."""
    from gevent import get_hub
    from gevent.socket import wait

    watcher = get_hub().loop.io(descriptor, 1)
    more = False

    def read() -> bytes:
        nonlocal more
        while True:
            if not more:
                wait(watcher)
            try:
                data = os.read(descriptor, READ_BYTES)
            except BlockingIOError:
                more = False
                continue
            more = len(data) == READ_BYTES
            return data

    return read, watcher.close
