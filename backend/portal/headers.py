"""Security headers of every response, and compression of JSON.

Scripts come from our own files only: no inline script, no eval (ASVS 3.4). A page may use camera, microphone and screen
capture itself and lends them to nobody. The mini-program's web-view is not a frame, so framing is refused unless
FRAME_ANCESTORS names who may.
"""

import gzip

from flask import Flask, Response, request

from backend.platform.settings import settings

PERMISSIONS = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
SMALL = 1400
# Answers that hold a secret are not compressed together with what a caller sent (BREACH).
SECRETIVE = ("/api/auth", "/api/me", "/api/socket-tickets", "/api/handover")


def page_policy(*, wechat_script: bool = False) -> str:
    """The Content-Security-Policy of a page. `wechat_script` lets WeChat's JS-SDK in (phone pages)."""
    own_sockets = f"ws://{request.host} wss://{request.host}"  # older WebKit does not count them as 'self'
    rules = {
        "default-src": "'self'",
        "script-src": "'self' https://res.wx.qq.com" if wechat_script else "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob: mediastream:",
        "font-src": "'self' data:",
        "connect-src": f"'self' {own_sockets}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(settings().frame_ancestors) or "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def protect(response: Response) -> Response:
    """Add what is missing; a route that set its own header keeps it."""
    headers = response.headers
    for name, value in ALWAYS:
        if name not in headers:
            headers.add(name, value)
    if request.path.startswith("/api/") and "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    if settings().production and "Strict-Transport-Security" not in headers:
        headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def compress(response: Response) -> Response:
    """Compress larger JSON answers."""
    if (
        response.mimetype == "application/json"
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and not request.path.startswith(SECRETIVE)
        and request.accept_encodings["gzip"] > 0
        and len(response.get_data()) > SMALL
    ):
        response.set_data(gzip.compress(response.get_data(), 5))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


def init_app(app: Flask) -> None:
    app.after_request(protect)
    app.after_request(compress)
