"""Domain errors and their one mapping to HTTP: {"error": {code, message, details, request_id}}."""

import logging

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, g, jsonify
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger(__name__)


class DomainError(Exception):
    """A rule said no. `code` is for programs, `message` (Chinese, says what to do) for people."""

    code = "domain_error"
    status = 400
    message = "操作未能完成，请稍后再试"

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or self.message
        self.details = details
        super().__init__(f"{self.code}: {self.message} {details or ''}")


class Malformed(DomainError):
    code, status, message = "malformed", 400, "请求格式不正确"


class Unauthenticated(DomainError):
    code, status, message = "unauthenticated", 401, "请先登录"


class Forbidden(DomainError):
    code, status, message = "forbidden", 403, "您没有该操作的权限"


class NotFound(DomainError):
    code, status, message = "not_found", 404, "未找到，或您无权查看"


class Conflict(DomainError):
    code, status, message = "conflict", 409, "内容已被更新，请刷新后再试"


class NotAllowedNow(Conflict):
    code, message = "not_allowed_now", "当前状态不能进行该操作"


class Expired(DomainError):
    code, status, message = "expired", 410, "已过期，请重新获取"


class TooLarge(DomainError):
    code, status, message = "too_large", 413, "内容过大"


class UnsupportedMedia(DomainError):
    code, status, message = "unsupported_media", 415, "不支持该文件格式"


class Invalid(DomainError):
    code, status, message = "invalid", 422, "填写的内容有误，请检查"


class TooMany(DomainError):
    code, status, message = "too_many", 429, "操作过于频繁，请稍后再试"


class Unavailable(DomainError):
    code, status, message = "unavailable", 503, "服务暂时不可用，请稍后再试"


# What a plain HTTP error means in our words, by status.
_BY_STATUS: dict[int, type[DomainError]] = {
    400: Malformed, 401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 410: Expired,
    413: TooLarge, 415: UnsupportedMedia, 422: Invalid, 429: TooMany, 503: Unavailable,
}  # fmt: skip


def body(code: str, message: str, details: object = None) -> dict:
    return {"error": {"code": code, "message": message, "details": details or {}, "request_id": g.get("request_id")}}


def render(error: DomainError) -> Response:
    response = jsonify(body(error.code, error.message, error.details))
    response.status_code = error.status
    if error.status in (429, 503):
        response.headers["Retry-After"] = str(error.details.get("retry_after", 5))
    return response


def _render_http(error: HTTPError) -> Response:
    kind = _BY_STATUS.get(error.status_code)
    code = kind.code if kind else (error.message or "error").lower().replace(" ", "_")
    message = kind.message if kind else ("请求方法不允许" if error.status_code == 405 else "请求未能完成")
    response = jsonify(body(code, message, getattr(error, "detail", None)))
    response.status_code = error.status_code
    response.headers.extend(getattr(error, "headers", None) or {})
    return response


def init_app(app: APIFlask) -> None:
    app.errorhandler(DomainError)(render)
    app.error_processor(_render_http)

    def outside_world(error: Exception) -> Response:
        log.warning("outside world failed", exc_info=error)
        return render(Unavailable())

    for kind in (OperationalError, PoolTimeout, RedisConnectionError, RedisError):
        app.register_error_handler(kind, outside_world)

    @app.errorhandler(DBAPIError)
    def bad_data(error: DBAPIError) -> Response:
        """Values the database can't hold (a NUL, a number out of range) are the caller's fault, not ours."""
        if type(error.orig).__name__ in ("DataError", "NumericValueOutOfRange", "UntranslatableCharacter"):
            return render(Invalid())
        log.exception("database error", exc_info=error)
        return render(_Internal())

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.exception("unexpected error", exc_info=error)
        return render(_Internal())


class _Internal(DomainError):
    code, status, message = "internal", 500, "系统出现异常，已记录，请稍后再试"
