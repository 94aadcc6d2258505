"""The addresses that WeChat itself calls."""

from flask import Response, request

from backend.platform.api import Blueprint, access
from backend.platform.errors import NotFound
from backend.platform.settings import settings
from backend.wechat import push

bp = Blueprint("wechat", __name__, tag="微信")


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
