"""Pages: portal at /, phones at /m/, console at /console/, signature at /s/<token>, API document at /docs/.

Every page keeps its own history, so each address below a prefix answers with that page; files are told by their name.
"""

from pathlib import Path

import flask_swagger_ui
from apiflask import APIFlask
from flask import Response, redirect, request
from flask.blueprints import BlueprintSetupState
from werkzeug import Response as AnyResponse
from werkzeug.routing import BaseConverter

from backend.platform.api import Blueprint, access
from backend.platform.errors import NotFound
from backend.platform.settings import settings
from backend.portal import files, headers, openapi

bp = Blueprint("portal", __name__, enable_openapi=False)
OWN = Path(__file__).parent / "pages"
SWAGGER = Path(flask_swagger_ui.__file__).parent / "dist"
WITH_WECHAT_SCRIPT = ("h5", "sign")


class PagePath(BaseConverter):
    """Any path that is not the API's, the sockets' or the documents'."""

    regex = r"(?!api(?:/|$)|ws(?:/|$)|docs(?:/|$)|assets(?:/|$)).*?"
    part_isolating = False


@bp.record
def _know_page_paths(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["page"] = PagePath


def init_app(app: APIFlask) -> None:
    headers.init_app(app)
    openapi.init_app(app)


@bp.get("/assets/<path:name>")
@access("public")
def asset(name: str) -> Response:
    """A built file; its name carries its hash, so it is kept for ever."""
    file = files.read(_dist() / "assets", name)
    if file is None:
        raise NotFound()
    return files.send(file, immutable=True)


@bp.get("/m/")
@bp.get("/m/<path:path>")
@access("public")
def phone_page(path: str = "") -> Response:
    """The phone pages (guide row S34)."""
    return _page("h5")


@bp.get("/console/")
@bp.get("/console/<path:path>")
@access("public")
def console_page(path: str = "") -> Response:
    """The staff console."""
    return _page("console")


@bp.get("/s/<token>")
@access("public")
def signature_page(token: str) -> Response:
    """The signature page; its address is a secret and must not leave in a Referer."""
    response = _page("sign")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.get("/m")
@bp.get("/console")
@access("public")
def with_slash() -> AnyResponse:
    """/m → /m/, /console → /console/."""
    return redirect(f"{request.path}/", 308)


@bp.get("/docs/")
@bp.get("/docs/<name>")
@access("public")
def docs(name: str = "docs.html") -> Response:
    """The API document, browsable without internet."""
    file = files.read(OWN, name) or files.read(SWAGGER, name)
    if file is None:
        raise NotFound()
    return _with_policy(files.send(file))


@bp.get("/")
@bp.get("/<page:path>")
@access("public")
def portal_page(path: str = "") -> Response:
    """The portal, or a file at the root. Verification files of WeChat are in backend/wechat."""
    if path == "favicon.ico":
        return files.send(files.load(OWN / "favicon.svg"))
    if "." in path.rsplit("/", 1)[-1]:
        file = files.read(_dist(), path) if not path.endswith((".html", "manifest.json")) else None
        if file is None:
            raise NotFound()
        return files.send(file)
    return _page("portal")


def _page(name: str) -> Response:
    file = files.read(_dist(), f"{name}/index.html")
    if file is None:
        return _with_policy(files.send(files.load(OWN / "missing.html"), status=503))
    return _with_policy(files.send(file), wechat_script=name in WITH_WECHAT_SCRIPT)


def _with_policy(response: Response, *, wechat_script: bool = False) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = headers.page_policy(wechat_script=wechat_script)
    return response


def _dist() -> Path:
    return Path(settings().web_dist)
