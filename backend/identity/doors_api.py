"""More ways in: the government's identity platform, i深圳, and from the mini-program into its web-view."""

from pathlib import Path
from typing import Any

from flask import redirect, render_template_string, request
from werkzeug.wrappers import Response

from backend.identity import cookies, entry, ishenzhen, known, oidc, privacy
from backend.identity.errors import GovRefused
from backend.identity.replies import arrive, ip, reply, uncached
from backend.identity.schemas import DoorsOut, IshenzhenIn, TicketIn, TicketOut, TokensOut
from backend.identity.tokens import Tokens
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.errors import DomainError
from backend.platform.limits import limit
from backend.platform.settings import settings

bp = Blueprint("doors", __name__, url_prefix="/api/auth", tag="登录与身份")
pages = Blueprint("doors_pages", __name__, enable_openapi=False)
STOPPED = (Path(__file__).parent / "pages" / "stopped.html").read_text(encoding="utf-8")
STOPPED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@bp.get("/doors")
@access("public")
@bp.output(DoorsOut)
def doors() -> Any:
    """What a sign-in page offers."""
    return {
        "wechat": True,
        "gov": oidc.offered(),
        "ishenzhen": ishenzhen.offered(),
        "privacy_version": privacy.VERSION,
    }


@bp.get("/gov/start")
@access("public")
@bp.doc(responses=[302])
def start_gov() -> Any:
    """Send the browser to the identity platform; `next` is the local path to return to."""
    args = request.args
    try:
        url, binding = oidc.start(args.get("next"), request.host_url, args.get("privacy"))
    except DomainError as fault:
        return uncached(redirect(f"{_door(args.get('next') or '')}?error={fault.code}"))
    response = redirect(url)
    cookies.bind(response, binding, cookies.GOV)
    return uncached(response)


@bp.get("/gov/callback")
@access("public")
@bp.doc(responses=[302])
def finish_gov() -> Any:
    """Where the identity platform sends the browser back."""
    args, binding = request.args, request.cookies.get(cookies.GOV, "")

    def sign_in() -> tuple[Tokens, str]:
        if args.get("error"):  # the person said no, or the platform did
            raise GovRefused()
        who, kept = oidc.finish(args.get("state", ""), args.get("code", ""), args.get("iss"), binding)
        phone = kept["next"].startswith("/m/")
        done = known.sign_in(who, "h5" if phone else "pc", cookies.device(), kept["consent"])
        return done, kept["next"]

    return arrive(sign_in, _door(oidc.next_of(args.get("state", ""), binding)))


@bp.post("/ishenzhen")
@access("public")
@bp.input(IshenzhenIn)
@bp.output(TokensOut)
def sign_in_by_ishenzhen(json_data: IshenzhenIn) -> Any:
    """Sign in with the one-time code that the i深圳 app gave our page."""
    limit(f"signin:{ip()}", settings().sign_ins_per_ip, per=600)
    who = ishenzhen.exchange(json_data.code)
    return reply(known.sign_in(who, ishenzhen.ENTRY, cookies.device(), json_data.privacy))


@bp.post("/tickets")
@access("applicant")
@bp.input(TicketIn)
@bp.output(TicketOut, status_code=201)
def ticket(json_data: TicketIn) -> Any:
    """A one-time address that carries the mini-program's login into its web-view."""
    actor = current_actor()
    limit(f"ticket:{actor.id}", 30, per=60)
    return {"url": entry.issue(actor.login_id, json_data.next), "expires_in": entry.SECONDS}


@pages.get("/enter/<token>")
@access("public")
def enter(token: str) -> Response:
    """Take a ticket: sets the cookie, over whatever login the web-view had, and goes on to the clean address."""
    try:
        done, path = entry.enter(token, cookies.device())
    except DomainError as fault:
        return uncached(_stopped(fault))
    response = uncached(cookies.keep(redirect(path), done))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stopped(fault: DomainError) -> Response:
    """A page for a person, not an error for a program."""
    response = Response(render_template_string(STOPPED, message=fault.message), 410, mimetype="text/html")
    response.headers["Content-Security-Policy"] = STOPPED_POLICY
    return response


def _door(next_path: str) -> str:
    """The sign-in page of the pages that `next_path` belongs to."""
    return "/m/login" if next_path.startswith("/m/") else "/login"
