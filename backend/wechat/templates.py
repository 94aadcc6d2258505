"""Which template of the console shows which kind of notice. Each console's templates have fields of their own, so the
settings say which word goes into which field (config.NoticeTemplate, docs/wechat.md).
"""

from backend.config import NoticeTemplate, Settings

# What the sandbox's templates show, and an example of what to choose in the console of the real accounts.
FIELDS: dict[str, dict[str, str]] = {
    "booking_made": {"thing1": "item", "time2": "start", "thing3": "tip"},
    "booking_day": {"thing1": "item", "time2": "start", "thing3": "tip"},
    "booking_soon": {"thing1": "item", "time2": "start", "thing3": "tip"},
    "booking_cancelled": {"thing1": "item", "time2": "start", "thing3": "reason"},
    "turn_near": {"thing1": "item", "number2": "ahead", "thing3": "tip"},
    "session_expiring": {"thing1": "item", "time2": "until", "thing3": "tip"},
    "material_rejected": {"thing1": "material", "thing2": "reason", "thing3": "tip"},
    "waybill": {"thing1": "item", "character_string2": "waybill", "thing3": "tip"},
    "rating": {"thing1": "item", "time2": "until", "thing3": "tip"},
}


def templates(settings: Settings, account: str) -> dict[str, NoticeTemplate]:
    """The templates of "mp" or "oa" by kind of notice. In the sandbox, when none are set, one of each kind."""
    given = settings.notice_mp_templates if account == "mp" else settings.notice_oa_templates
    if given or settings.wechat_gateway != "sandbox":
        return given
    return {kind: NoticeTemplate(id=f"sandbox-{account}-{kind}", fields=shown) for kind, shown in FIELDS.items()}
