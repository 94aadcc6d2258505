"""The addresses that WeChat itself calls, and what a page of ours needs to speak to WeChat."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, redirect, request
from pydantic import Field
from werkzeug.wrappers import Response as AnyResponse

from backend.platform.api import Blueprint, Schema, access
from backend.platform.errors import Invalid, NotFound
from backend.platform.limits import limit
from backend.platform.settings import settings
from backend.wechat import push
from backend.wechat.gateway import gateway

bp = Blueprint("wechat", __name__, tag="微信")
SIGNATURES_A_MINUTE = 60


class PageQuery(Schema):
    url: str = Field(min_length=8, max_length=2048, description="当前页面的完整地址，# 之前的部分")


class JssdkOut(Schema):
    app_id: str
    timestamp: int
    nonce: str
    signature: str


@bp.get("/api/wechat/jssdk")
@access("public")
@bp.input(PageQuery, location="query")
@bp.output(JssdkOut)
def jssdk(query_data: PageQuery) -> dict[str, Any]:
    """What wx.config of a page of ours needs; no other site's page is signed."""
    if not _ours(query_data.url):
        raise Invalid("只能为本站的页面签名", field="url")
    limit(f"jssdk:{request.remote_addr}", SIGNATURES_A_MINUTE, per=60)
    return gateway().jssdk(query_data.url)


def _ours(url: str) -> bool:
    s = settings()
    try:
        page = urlsplit(url)
    except ValueError:
        return False
    own = {urlsplit(u).netloc for u in (s.public_url, *s.allowed_origins)}
    if not s.production:
        own.add(request.host)
    return page.scheme in ("http", "https") and page.netloc in own


@bp.get("/sandbox")
@access("public")
@bp.doc(hide=True)
def play() -> AnyResponse:
    """The page where a person plays WeChat on a laptop: the stand-in's own. There is none in production."""
    s = settings()
    if s.production or s.wechat_gateway != "sandbox":
        raise NotFound()
    return redirect((s.wechat_sandbox_browser_url or s.wechat_sandbox_url).rstrip("/") + "/sandbox")


@bp.get("/wechat/push/<any(mp, oa):account>")
@access("wechat-push")
@bp.doc(hide=True)
def prove(account: str) -> Response:
    """The console's check of the address: the echo string comes back as it is."""
    push.verify(account, request.args.to_dict())
    return Response(request.args.get("echostr", ""), mimetype="text/plain")


@bp.post("/wechat/push/<any(mp, oa):account>")
@access("wechat-push")
@bp.doc(hide=True)
def receive(account: str) -> Response:
    answer = push.receive(account, request.args.to_dict(), request.get_data())
    return Response(answer, mimetype="text/xml" if answer.startswith("<") else "text/plain")


@bp.get("/<string(minlength=4, maxlength=64):name>.txt")
@access("public")
@bp.doc(hide=True)
def verification_file(name: str) -> Response:
    """A domain's verification file: exactly what the console gave, from the settings' list only."""
    body = settings().wechat_verify_files.get(f"{name}.txt")
    if body is None:
        raise NotFound()
    return Response(body, mimetype="text/plain")
