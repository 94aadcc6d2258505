"""统一身份认证平台 over OpenID Connect: code flow with PKCE, state, nonce; id_token checked by the JWKS (S3, M2).

Authlib makes the requests and knows the claims' rules; signatures are joserfc's, asymmetric algorithms only.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from flask import Flask, current_app
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.config import Settings
from backend.identity import trips
from backend.identity.errors import GovRefused, GovUnavailable
from backend.identity.known import Known
from backend.platform.ids import new_token
from backend.platform.settings import settings

log = logging.getLogger(__name__)

CALLBACK = "/api/auth/gov/callback"
SCOPE = "openid profile phone"
ALGORITHMS = ["RS256", "PS256", "ES256"]
TIMEOUT, FRESH = 4.0, 3600.0  # seconds
LEEWAY = 60
_trip = trips.Trip("gov", GovRefused)


@dataclass
class Provider:
    """What the issuer publishes about itself, read when needed and kept for an hour."""

    settings: Settings
    _about: dict[str, Any] = field(default_factory=dict)
    _keys: KeySet | None = None
    _read_at: float = 0.0

    def about(self) -> dict[str, Any]:
        """The discovery document. Raises GovUnavailable; an issuer that calls itself otherwise counts as such."""
        if not self._about or time.monotonic() - self._read_at > FRESH:
            issuer = self.settings.oidc_issuer
            found = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                log.error("identity platform: the issuer calls itself %s", found.get("issuer"))
                raise GovUnavailable()
            self._about, self._keys, self._read_at = found, None, time.monotonic()
        return self._about

    def keys(self, *, fresh: bool = False) -> KeySet:
        if self._keys is None or fresh:
            self._keys = KeySet.import_key_set(_get(self.about()["jwks_uri"]))  # type: ignore[arg-type]
        return self._keys


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["oidc"] = Provider(settings)


def offered() -> bool:
    return settings().oidc_gateway != "off"


def start(next_path: str | None, host_url: str, consent: str | None = None) -> tuple[str, str]:
    """The platform's sign-in page for this trip, and the value of the cookie that binds it. Raises GovUnavailable."""
    if not offered():
        raise GovUnavailable()
    about = _provider().about()
    base = settings().public_url if settings().production else host_url
    back, verifier, nonce = base.rstrip("/") + CALLBACK, generate_token(64), new_token()
    state, binding = _trip.begin(next_path, back=back, verifier=verifier, nonce=nonce, consent=consent)
    query = {
        "response_type": "code", "client_id": settings().oidc_client_id, "redirect_uri": back, "scope": SCOPE,
        "state": state, "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    return add_params_to_uri(about["authorization_endpoint"], list(query.items())), binding


def finish(state: str, code: str, issuer: str | None, binding: str) -> tuple[Known, dict[str, Any]]:
    """Who came back, and what was kept at the start ("next", "consent"). Raises GovRefused, GovUnavailable."""
    kept = _trip.kept(state, binding)
    if (
        issuer is not None and issuer != settings().oidc_issuer
    ):  # RFC 9207: not mixed up with another platform's
        raise GovRefused()
    return _known(_trip.once(state, code, lambda: _exchange(code, kept))), kept


next_of = _trip.next_of


def _exchange(code: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The claims about who signed in: the id_token's, checked, and userinfo's of the same subject."""
    about = _provider().about()
    client = OAuth2Session(
        settings().oidc_client_id,
        settings().oidc_client_secret,
        redirect_uri=kept["back"],
        default_timeout=TIMEOUT,
    )
    try:
        token = client.fetch_token(about["token_endpoint"], code=code, code_verifier=kept["verifier"])
        claims = _checked(token, kept["nonce"])
        info = (
            client.get(about["userinfo_endpoint"], timeout=TIMEOUT).json()
            if "userinfo_endpoint" in about
            else {}
        )
    except requests.RequestException as fault:
        log.warning("identity platform: %s", type(fault).__name__)
        raise GovUnavailable() from None
    except (OAuthError, JoseError, ValueError, KeyError) as fault:
        log.warning("identity platform: refused, %s", getattr(fault, "error", None) or type(fault).__name__)
        raise GovRefused() from None
    if info and info.get("sub") != claims["sub"]:
        raise GovRefused()
    return {**claims, **info}


def _checked(token: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The id_token's claims. Raises JoseError, ValueError, KeyError for one that is not good in every respect."""
    provider, raw = _provider(), token["id_token"]
    try:
        signed = jwt.decode(raw, provider.keys(), algorithms=ALGORITHMS)
    except (JoseError, ValueError):  # the platform may have new keys: once more with those
        signed = jwt.decode(raw, provider.keys(fresh=True), algorithms=ALGORITHMS)
    client_id = settings().oidc_client_id
    wanted = {
        "iss": {"essential": True, "value": settings().oidc_issuer},
        "aud": {"essential": True, "value": client_id},
    }
    params = {"nonce": nonce, "client_id": client_id, "access_token": token.get("access_token")}
    claims = CodeIDToken(signed.claims, signed.header, options=wanted, params=params)
    claims.validate(leeway=LEEWAY)
    return dict(signed.claims)


def _known(claims: dict[str, Any]) -> Known:
    """The claims in our words. `real_name_level` 0–3 as in domain.md; a number counts when it is verified."""
    level = claims.get("real_name_level")
    return Known(
        provider="gov",
        subject=str(claims["sub"])[:128],
        name=claims.get("name"),
        phone=claims.get("phone_number") if claims.get("phone_number_verified") else None,
        id_number=claims.get("id_number"),
        level=min(max(level, 0), 3) if isinstance(level, int) else 0,
    )


def _provider() -> Provider:
    return current_app.extensions["oidc"]


def _get(url: str) -> dict[str, Any]:
    try:
        reply = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
        found = reply.json() if reply.status_code == 200 else None
    except (requests.RequestException, ValueError) as fault:
        log.warning("identity platform: %s", type(fault).__name__)
        raise GovUnavailable() from None
    if not isinstance(found, dict):
        raise GovUnavailable()
    return found
