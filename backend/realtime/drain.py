"""Going down without slamming doors: clients are told to connect elsewhere, then the worker ends."""

import signal
import threading
from typing import Any

from backend.realtime.bus import Bus


def on_sigterm(bus: Bus) -> None:
    """Make SIGTERM of this worker close its sockets (1012) before gunicorn waits for them.

    Call it from gunicorn's `post_worker_init`, on the main thread, when the worker's own handlers are set.
    """
    before: Any = signal.getsignal(signal.SIGTERM)
    told = threading.Event()

    def wait() -> None:
        told.wait()
        bus.hub.drain()

    def go_down(number: int, frame: Any) -> None:
        told.set()  # a handler must not start a thread: gevent forbids it
        if callable(before):
            before(number, frame)

    threading.Thread(target=wait, name="socket-drain", daemon=True).start()
    signal.signal(signal.SIGTERM, go_down)
