"""Structured logs with a request id and without personal data or secrets."""

import logging
import re
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, WrappedLogger

from backend.config import Settings
from backend.platform.ids import new_id

_SECRET_KEYS = re.compile(r"secret|password|token|session_key|authorization|cookie|totp|ticket", re.I)
# An ID number (18), a mobile number (11), a query parameter that carries a secret.
_PERSONAL = [
    (re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?!\d)"), "[id]"),
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), "[phone]"),
    (re.compile(r"((?:secret|access_token|ticket|code|session_key|t)=)[^&\s'\"]+"), r"\1[hidden]"),
]


def scrub(text: str) -> str:
    """`text` without ID numbers, phone numbers and secrets in addresses."""
    for pattern, put in _PERSONAL:
        text = pattern.sub(put, text)
    return text


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if _SECRET_KEYS.search(key) and key != "event":
            event[key] = "[hidden]"
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def configure(settings: Settings) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    last: Any = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    if settings.log_format == "json":
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=settings.mode != "test")
    logging.getLogger("rq").setLevel("WARNING")
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def init_app(app: Flask, settings: Settings) -> None:
    configure(settings)
    log, told = structlog.get_logger("request"), logging.getLogger("request")

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if re.fullmatch(r"[\w-]{8,64}", given) else new_id()
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if told.isEnabledFor(logging.INFO) and request.endpoint not in ("health.alive", "static"):
            took = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
            rule = request.url_rule.rule if request.url_rule else "-"
            log.info("http", method=request.method, route=rule, status=response.status_code, ms=took)
        return response
