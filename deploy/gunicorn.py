"""gunicorn's settings, for `make run` and for production alike; the environment overrides.

Embedded default: one process with many threads, since every open socket holds one. Production:
GUNICORN_WORKER_CLASS=gevent and one process for each core.
"""

import gc
import os
from typing import Any

bind = f"{os.environ.get('HOST') or '0.0.0.0'}:{os.environ.get('PORT') or '8000'}"  # noqa: S104
worker_class = os.environ.get("GUNICORN_WORKER_CLASS") or "gthread"
workers = int(os.environ.get("GUNICORN_WORKERS") or 1)
threads = int(os.environ.get("GUNICORN_THREADS") or 128)
worker_connections = int(os.environ.get("GUNICORN_WORKER_CONNECTIONS") or 2000)
backlog = 2048
timeout = 60
graceful_timeout = 8  # and then the process is killed: a stop takes less than 10 s with sockets open
keepalive = int(os.environ.get("GUNICORN_KEEPALIVE") or 75)  # longer than the proxy's, which closes first
max_requests = 0  # a recycled process would drop its sockets
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS") or "127.0.0.1"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the heartbeat file, off the disk
accesslog = None  # the application logs requests itself, without personal data
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Open sockets get a 1012 at once when the process is to stop; their clients connect to another."""
    from backend.realtime.drain import on_sigterm

    on_sigterm(worker.wsgi.extensions["bus"])
    gc.collect()
    gc.freeze()  # what was loaded stays: the collector need not look at it again
