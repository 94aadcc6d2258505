"""What a person sees of the stand-in: the authorisation page and a start page."""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request

from backend.wechat.sandbox.token import world

bp = Blueprint("pages", __name__, template_folder="templates")
ORDER = ["appid", "redirect_uri", "response_type", "scope", "state"]


@bp.get("/")
def home() -> Any:
    return redirect("/sandbox")


@bp.get("/connect/oauth2/authorize")
def authorize() -> Any:
    """WeChat's own rules: this order of parameters, a listed host, a plain state. Then somebody is chosen."""
    w = world()
    names = [part.partition("=")[0] for part in request.query_string.decode().split("&")]
    known = [n for n in names if n in ORDER]
    args = request.args
    if known != [n for n in ORDER if n in known] or args.get("response_type") != "code":
        return render_template("refused.html", text="链接参数不正确", code=10002), 400
    account = w.accounts.get(args.get("appid", ""))
    target = urlsplit(args.get("redirect_uri", ""))
    if account is None or account.kind != "oa" or target.scheme not in ("http", "https"):
        return render_template("refused.html", text="应用不存在或链接不正确", code=10002), 400
    if target.hostname not in w.hosts:
        return render_template("refused.html", text="redirect_uri 域名与后台配置不一致", code=10003), 400
    state = args.get("state", "")
    if args.get("scope") not in ("snsapi_base", "snsapi_userinfo") or not re.fullmatch(r"[A-Za-z0-9]{0,128}", state):
        return render_template("refused.html", text="scope 或 state 不正确", code=10005), 400
    chosen = args.get("persona") or request.cookies.get("persona")  # the page /sandbox says whose phone this is
    if chosen not in w.personas:
        return render_template("authorize.html", personas=w.personas.values(), query=request.query_string.decode())
    with w.lock:
        code = w.issue_code("oauth", account, w.persona(chosen), args["scope"])
    glue = "&" if target.query else "?"
    back = args["redirect_uri"] + glue + urlencode({"code": code, "state": state})
    return render_template("twice.html", url=back) if w.double_hit else redirect(back, 302)
