"""The stand-ins for the outside world in one process: `python -m tools.standins HOST wechat=8001 courier=8002 …`."""

from __future__ import annotations

import signal
import sys
import threading

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.config import Settings, load


class Quiet(WSGIRequestHandler):
    """Requests are not logged: the product logs its own, and these carry codes."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def make(name: str, settings: Settings) -> Flask:
    if name == "wechat":
        from backend.wechat.menu import menu
        from backend.wechat.sandbox.app import create_sandbox as wechat

        return wechat(settings, product=settings.public_url, menu=menu(settings))
    if name == "identity":
        from backend.identity.sandbox.app import create_sandbox as identity

        return identity(settings)
    from backend.courier.sandbox import create_sandbox as courier

    return courier(settings.courier_key)


def main(host: str, ports: dict[str, int]) -> None:
    settings = load()
    if settings.production:
        raise SystemExit("stand-ins do not run in production")
    for name, port in ports.items():
        server = make_server(host, port, make(name, settings), threaded=True, request_handler=Quiet)
        threading.Thread(target=server.serve_forever, name=name, daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(sys.argv[1], {name: int(port) for name, _, port in (a.partition("=") for a in sys.argv[2:])})
