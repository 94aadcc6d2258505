"""How a sign-in answers: tokens for a client, or a redirect for a browser that came with a code."""

from collections.abc import Callable
from typing import Any

from flask import jsonify, redirect, request
from werkzeug.wrappers import Response

from backend.identity import cookies, service
from backend.identity.schemas import PersonOut, TokensOut
from backend.identity.tokens import Tokens
from backend.platform.errors import DomainError


def reply(done: Tokens) -> Response:
    """Tokens as the client can keep them: the refresh token in a cookie, or in the body for the mini-program."""
    body = TokensOut(
        access_token=done.access_token,
        expires_in=done.expires_in,
        refresh_token=done.refresh_token if cookies.has_no_cookies() else None,
        user=PersonOut.model_validate(service.me_of(done)),
    )
    response = jsonify(body.model_dump(exclude_none=True))
    return uncached(response if cookies.has_no_cookies() else cookies.keep(response, done))


def arrive(sign_in: Callable[[], tuple[Tokens, str]], door: str = "/m/login") -> Response:
    """A browser comes with a code: on to its page with a cookie, or to the sign-in page `door`, which says why not."""
    try:
        done, path = sign_in()
    except DomainError as fault:
        return uncached(redirect(f"{door}?error={fault.code}"))
    return uncached(cookies.keep(redirect(path), done))


def uncached(response: Any) -> Any:
    response.headers["Cache-Control"] = "no-store"
    return response


def ip() -> str:
    return request.remote_addr or ""
