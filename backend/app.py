"""The composition root: it assembles and holds no logic of its own."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import cli
from backend.config import load
from backend.platform import db, errors, health, logging, redis, storage
from backend.platform.api import FastJSON

# In the order of the layers. A feature's api registers routes; its jobs register themselves when imported.
FEATURES = (
    "realtime", "wechat", "identity", "catalog", "notice", "booking", "session",
    "upload", "signature", "courier", "rating", "staff", "portal",
)  # fmt: skip


def create_app(**overrides: Any) -> APIFlask:
    """An application made from the environment's settings with `overrides` on top."""
    settings = load(**overrides)
    app = APIFlask(
        "backend",
        title="视频办 API",
        version="1.0",
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None: no static files of its own
        docs_path=None,
        spec_path="/openapi.json",
    )
    app.json = FastJSON(app)
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=settings.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_request_bytes,
        VALIDATION_ERROR_STATUS_CODE=422,
    )
    app.extensions["settings"] = settings
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for part in (logging, db, redis, storage):
        part.init_app(app, settings)
    errors.init_app(app)
    app.register_blueprint(health.bp)
    for name in FEATURES:
        _add(app, name)
    cli.init_app(app)
    return app


def _add(app: APIFlask, feature: str) -> None:
    """Import a feature's parts; register what it has to register."""
    for part in ("models", "jobs", "channel", "api", "commands"):
        if not find_spec(f"backend.{feature}.{part}"):
            continue
        module = import_module(f"backend.{feature}.{part}")
        if part == "api":
            app.register_blueprint(module.bp)
        if hasattr(module, "init_app"):
            module.init_app(app)
        if part == "commands":
            app.cli.add_command(module.group)
