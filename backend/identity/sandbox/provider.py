"""The OpenID provider: discovery, the page to sign in on, token, keys, userinfo; PKCE is demanded."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from joserfc import jwt
from joserfc.jwk import RSAKey

from backend.config import Settings
from backend.identity.sandbox.world import Persona, World, new_key

bp = Blueprint("oidc", __name__, url_prefix="/oidc", template_folder="templates")
TOKEN_FAULTS = (
    "down",
    "bad_signature",
    "wrong_nonce",
    "wrong_aud",
    "wrong_iss",
    "expired",
    "no_signature",
    "hmac",
)


def world() -> World:
    return current_app.extensions["world"]


def settings() -> Settings:
    return current_app.extensions["settings"]


@bp.get("/.well-known/openid-configuration")
def discovery() -> Any:
    issuer = world().issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": ["openid", "profile", "phone"],
    }


@bp.get("/jwks")
def jwks() -> Any:
    world().calls.append("jwks")
    return {"keys": [world().key.as_dict(private=False)]}


@bp.get("/authorize")
def authorize() -> Any:
    """Somebody is chosen, or says no; the browser goes back with a code, or without."""
    args = request.args
    back = urlsplit(args.get("redirect_uri", ""))
    if (
        args.get("client_id") != settings().oidc_client_id
        or back.hostname not in current_app.extensions["hosts"]
    ):
        return render_template("gov-refused.html", text="应用未登记，或回调地址不在名单内"), 400
    wanted = {"response_type": "code", "code_challenge_method": "S256"}
    if any(args.get(k) != v for k, v in wanted.items()) or "openid" not in args.get("scope", "").split():
        return _back(error="invalid_request")
    if len(args.get("code_challenge", "")) != 43 or not args.get("state") or not args.get("nonce"):
        return _back(error="invalid_request")
    if args.get("refused"):
        return _back(error="access_denied")
    person = world().personas.get(args.get("persona", ""))
    if person is None:
        query = request.query_string.decode()
        return render_template("gov-authorize.html", personas=world().personas.values(), query=query)
    bound = {k: args[k] for k in ("redirect_uri", "nonce", "code_challenge")}
    return _back(code=world().new_code(kind="oidc", persona=person.key, **bound))


@bp.post("/token")
def token() -> Any:
    """A code for tokens: the client's secret, the same address, the verifier that fits."""
    w, form = world(), request.form
    w.calls.append("token")
    fault = w.fault(*TOKEN_FAULTS)
    if fault == "down":
        return Response("bad gateway", 502)
    if _client() != (settings().oidc_client_id, settings().oidc_client_secret):
        return jsonify(error="invalid_client"), 401
    kept = w.take_code(form.get("code", ""))
    challenge = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    if (
        form.get("grant_type") != "authorization_code"
        or kept is None
        or kept["redirect_uri"] != form.get("redirect_uri")
        or kept["code_challenge"] != challenge
    ):
        return jsonify(error="invalid_grant"), 400
    access = secrets.token_urlsafe(32)
    w.tokens[access] = person = w.personas[kept["persona"]]
    id_token = _id_token(person, kept["nonce"], fault)
    return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}


@bp.get("/userinfo")
def userinfo() -> Any:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    person = world().tokens.get(value) if kind == "Bearer" else None
    if person is None:
        return jsonify(error="invalid_token"), 401
    sub = "gov-somebody-else" if world().fault("other_userinfo") else f"gov-{person.key}"
    return {
        "sub": sub, "name": person.name, "phone_number": person.phone, "phone_number_verified": True,
        "id_number": person.id_number if person.level >= 2 else None, "real_name_level": person.level,
    }  # fmt: skip


def _back(**result: str) -> Any:
    args = request.args
    query = urlencode({**result, "state": args.get("state", ""), "iss": world().issuer})
    glue = "&" if urlsplit(args["redirect_uri"]).query else "?"
    return redirect(args["redirect_uri"] + glue + query, 302)


def _client() -> tuple[str, str]:
    given = request.authorization
    if given and given.type == "basic":
        return given.username or "", given.password or ""
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def _id_token(person: Persona, nonce: str, fault: str | None) -> str:
    w = world()
    at = int(w.now()) - (86400 if fault == "expired" else 0)
    claims = {
        "iss": "http://evil.example" if fault == "wrong_iss" else w.issuer,
        "aud": "another-client" if fault == "wrong_aud" else settings().oidc_client_id,
        "nonce": "x" * 22 if fault == "wrong_nonce" else nonce,
        "sub": f"gov-{person.key}", "iat": at, "exp": at + 300, "auth_time": at,
    }  # fmt: skip
    if fault == "no_signature":
        return f"{_part({'alg': 'none'})}.{_part(claims)}."
    if fault == "hmac":  # signed with what everybody knows: the public key
        text = f"{_part({'alg': 'HS256', 'kid': w.key.kid})}.{_part(claims)}"
        return f"{text}.{_text(hmac.digest(w.key.as_pem(private=False), text.encode(), 'sha256'))}"
    key: RSAKey = new_key() if fault == "bad_signature" else w.key
    return jwt.encode({"alg": "RS256", "kid": w.key.kid}, claims, key)


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
