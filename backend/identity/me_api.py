"""My particulars, my consent to the privacy policy, my logins."""

from typing import Any

from werkzeug.wrappers import Response

from backend.identity import agents, cookies, privacy, service, tokens, wechat_login
from backend.identity.replies import reply
from backend.identity.schemas import (
    BindPhoneIn,
    LoginsOut,
    MeIn,
    PersonOut,
    PolicyOut,
    PrivacyIn,
    PrivacyOut,
    TokensOut,
)
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.errors import Invalid
from backend.platform.limits import limit

bp = Blueprint("me", __name__, url_prefix="/api", tag="登录与身份")


@bp.get("/me")
@access("party", scoped=True)
@bp.output(PersonOut)
def me() -> Any:
    """Who I am; numbers are masked."""
    return service.me(current_actor())


@bp.put("/me")
@access("applicant")
@bp.input(MeIn)
@bp.output(PersonOut)
def set_real_name(json_data: MeIn) -> Any:
    """Fill in my name and citizen number. PUT: the mini-program's wx.request knows no PATCH."""
    service.set_real_name(current_actor().id, json_data.real_name, json_data.id_number)
    return service.me(current_actor())


@bp.post("/me/phone")
@access("applicant")
@bp.input(BindPhoneIn)
@bp.output(TokensOut)
def bind_phone(json_data: BindPhoneIn) -> Any:
    """Attach my phone number; the account may turn out to be one I already have."""
    actor, device = current_actor(), cookies.device()
    limit(f"bind:{actor.id}", 20, per=3600)
    name, entry = json_data.real_name, actor.entry
    if json_data.proof and name:
        done = service.bind_phone_by_proof(actor.id, json_data.proof, name, entry=entry, device=device)
    elif json_data.wechat_code:
        done = wechat_login.bind_phone(actor.id, json_data.wechat_code, device, name)
    elif json_data.phone and json_data.code:
        done = service.bind_phone_by_code(
            actor.id, json_data.phone, json_data.code, entry=entry, device=device, real_name=name
        )
    else:
        raise Invalid("请填写手机号和验证码", field="phone")
    return reply(done)


@bp.get("/privacy")
@access("public")
@bp.output(PolicyOut)
def policy() -> Any:
    """The privacy policy in force."""
    return privacy.policy()


@bp.get("/me/privacy")
@access("applicant")
@bp.output(PrivacyOut)
def my_privacy() -> Any:
    """Whether I agree, and my receipts."""
    return _privacy_of(current_actor().id)


@bp.post("/me/privacy")
@access("applicant")
@bp.input(PrivacyIn)
@bp.output(PrivacyOut)
def give_privacy(json_data: PrivacyIn) -> Any:
    """I agree to this version."""
    actor = current_actor()
    privacy.give(actor.id, json_data.version, actor.entry)
    return _privacy_of(actor.id)


@bp.delete("/me/privacy")
@access("applicant")
@bp.doc(responses={204: "taken back; every login has ended"})
def withdraw_privacy() -> Response:
    """I take my consent back."""
    privacy.withdraw(current_actor().id)
    return cookies.drop(Response(status=204), "applicant")


@bp.get("/me/logins")
@access("applicant")
@bp.output(LoginsOut)
def logins() -> Any:
    """Where I am signed in."""
    actor = current_actor()
    return {
        "items": [
            {
                "id": login.id,
                "entry": login.entry,
                "browser": agents.browser(login.device),
                "system": agents.system(login.device),
                "created_at": login.created_at,
                "last_seen_at": login.last_seen_at,
                "current": login.id == actor.login_id,
            }
            for login in tokens.live(actor.kind, actor.id)
        ]
    }


@bp.post("/me/logout-everywhere")
@access("applicant")
@bp.doc(responses={204: "every login has ended, this one too"})
def logout_everywhere() -> Response:
    """Sign out on all devices."""
    actor = current_actor()
    tokens.revoke_all(actor.kind, actor.id, "everywhere")
    return cookies.drop(Response(status=204), "applicant")


def _privacy_of(user_id: str) -> dict[str, Any]:
    return {
        "state": privacy.state(user_id),
        "version": privacy.VERSION,
        "receipts": privacy.receipts(user_id),
    }
