"""The HTTP server of production: `python -m deploy.web`; the environment overrides. Sockets: deploy/gunicorn.py.

Rust reads and writes the requests; each is answered by one of a few threads, of which most wait for the database
together (backend/platform/together.py).
"""

import os

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels


def server() -> Granian:
    threads = int(os.environ.get("WEB_THREADS") or 32)
    return Granian(
        "wsgi:app",
        address=os.environ.get("HOST") or "0.0.0.0",  # noqa: S104
        port=int(os.environ.get("PORT") or 8000),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # the proxy speaks HTTP/1.1 to us
        workers=int(os.environ.get("WEB_WORKERS") or 1),
        blocking_threads=threads,
        backpressure=int(os.environ.get("WEB_BACKPRESSURE") or threads * 16),  # further requests wait in the backlog
        backlog=2048,
        workers_kill_timeout=8,  # as long as a request may take to end; then the process is killed
        respawn_failed_workers=True,
        log_level=LogLevels.warning,  # the application logs requests itself, without personal data
    )


if __name__ == "__main__":
    server().serve()
