"""The stand-in as a Flask application: errors with HTTP 200, a record of every call, faults on demand."""

import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request

from backend.config import Settings
from backend.wechat.sandbox import (
    account,
    codes,
    content,
    control,
    driver,
    login,
    notices,
    pages,
    play,
    token,
)
from backend.wechat.sandbox.world import Account, Fault, World
from backend.wechat.templates import templates


def create_sandbox(settings: Settings, product: str = "", menu: dict[str, Any] | None = None) -> Flask:
    """`product`: where pushes go by themselves; `menu`: what the account begins with.

    Raises RuntimeError in production.
    """
    if settings.production:
        raise RuntimeError("the WeChat sandbox does not run in production")
    app = Flask("wechat-sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # a notice's fields keep their order
    s = settings
    accounts = [
        Account("mp", s.wechat_mp_appid, s.wechat_mp_secret, s.wechat_mp_token, s.wechat_mp_aes_key),
        Account("oa", s.wechat_oa_appid, s.wechat_oa_secret, s.wechat_oa_token, s.wechat_oa_aes_key),
    ]
    hosts = {urlsplit(url).hostname or "" for url in (settings.public_url, *settings.allowed_origins)}
    app.extensions["world"] = world = World({a.appid: a for a in accounts}, hosts | {"127.0.0.1", "localhost"})
    world.product, world.menu = product.rstrip("/"), menu
    world.templates = {t.id: list(t.fields) for a in ("mp", "oa") for t in templates(settings, a).values()}
    for module in (token, login, account, codes, notices, content, pages, control, driver, play):
        app.register_blueprint(module.bp)
    app.register_error_handler(Fault, _answer)
    app.register_error_handler(405, lambda _: _answer(Fault(43002, "require POST method")))
    app.before_request(lambda: _meet_injected(world))
    app.wsgi_app = _Control(app.wsgi_app)  # type: ignore[assignment]
    return app


class _Control:
    """/control/… is another name of /__sandbox__/…"""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if path.startswith("/control/"):
            environ["PATH_INFO"] = "/__sandbox__/" + path.removeprefix("/control/")
        return self.wsgi(environ, start)


def _answer(fault: Fault) -> Response:
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    return jsonify(errcode=fault.errcode, errmsg=f"{fault.errmsg} rid: {rid}")


def _meet_injected(world: World) -> Any:
    """Record the call, then whatever was ordered for it."""
    if request.path.startswith(("/__sandbox__", "/sandbox")):
        return None
    call = {"method": request.method, "path": request.path, "query": request.args.to_dict(), "at": world.now()}
    call["body"] = request.get_data(as_text=True)
    world.calls.append(call)
    with world.lock:
        found = next((i for i in world.injected if i.path == request.path and i.times > 0), None)
        if found is None:
            return None
        found.times -= 1
    time.sleep(found.delay)
    if found.status != 200:
        return Response("bad gateway", found.status)
    if found.errcode:
        raise Fault(found.errcode, found.errmsg)
    return None
