"""Who may do what: one row for every operation. A route without a row fails the build (reliability.md 4d).

`roles` is what the route itself declares. `may` are the people who get through to an object of the case they all try
(owner and phone are its applicant, agent serves it); `sees` are people who may look at it but not do this: they are
told so (403). Everybody else finds nothing there (404), or is the wrong kind of caller (403, 401).
"""

from dataclasses import dataclass, field
from typing import Any

PEOPLE = (
    "nobody",
    "signed_out",
    "owner",
    "phone",
    "other_applicant",
    "other_phone",
    "agent",
    "other_agent",
    "supervisor",
    "admin",
)
ROLE_OF = {
    "owner": "applicant", "phone": "applicant", "other_applicant": "applicant", "other_phone": "applicant",
    "agent": "agent", "other_agent": "agent", "supervisor": "supervisor", "admin": "admin",
}  # fmt: skip
SCOPED = ("phone", "other_phone")

EVERYONE = frozenset(ROLE_OF)
OWNER = frozenset({"owner"})
SELF = frozenset({"owner", "phone"})
SERVING = frozenset({"agent"})
PARTY = SELF | SERVING
WATCH = frozenset({"supervisor", "admin"})
LOOK = PARTY | WATCH
AGENTS = frozenset({"agent", "other_agent"})
STAFF = AGENTS | WATCH
APPLICANTS = frozenset({"owner", "other_applicant"})
ADMIN = frozenset({"admin"})
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Row:
    """One operation. `body` is JSON (`files`: multipart) that passes the form check: the answer is about access.

    "{name}" stands for a value of the world; `ids` gives another object, or a value, for a part of the path.
    """

    roles: frozenset[str]
    may: frozenset[str] = EVERYONE
    sees: frozenset[str] = NONE
    body: Any = None
    files: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)
    scoped: bool = False

    @property
    def open(self) -> bool:
        """The route itself checks what it is given: a ticket, a password, a signature, or nothing at all."""
        return bool(self.roles & {"public", "ticket:sign", "ticket:handover", "wechat-push"})


def row(*roles: str, **more: Any) -> Row:
    return Row(frozenset(roles), **more)


def own(*, body: Any = None, may: frozenset[str] = OWNER, scoped: bool = False, **more: Any) -> Row:
    """An applicant's own things."""
    return row("applicant", may=may, body=body if body is not None else {}, scoped=scoped, **more)


def side(may: frozenset[str], *, body: Any = None, **more: Any) -> Row:
    """A verb of a session, open to both sides by the route; the session decides."""
    return row("party", may=may, sees=LOOK - may, body=body if body is not None else {}, scoped=True, **more)


def serving(*, body: Any = None, **more: Any) -> Row:
    """A verb of the agent who serves the case."""
    return row("agent", may=SERVING, body=body if body is not None else {}, **more)


def admin(**more: Any) -> Row:
    return row("admin", may=ADMIN, **more)


OPEN = row("public")
TICK = {"consents": "{ticks}", "materials_ready": True}
DRAWN = "{handwriting}"
PICKUP = {
    "name": "张三",
    "phone": "19900000001",
    "district": "福田区",
    "address": "某路 1 号",
    "window": "none",
}
REPLY = {"title": "问候", "text": "您好"}
RATING = {"level": 5, "tags": [], "comment": "", "anonymous": False}
SESSION, MATERIAL, COMMITMENT = (
    "/api/sessions/<session_id>",
    "/api/materials/<material_id>",
    "/api/commitments/<commitment_id>",
)
VERIFIED = {"material_id": "verified"}

MATRIX: dict[str, Row] = {
    # --- pages, health, sockets -----------------------------------------------------------------------------
    "GET /": OPEN,
    "GET /<page:path>": OPEN,
    "GET /assets/<path:name>": OPEN,
    "GET /console": OPEN,
    "GET /console/": OPEN,
    "GET /console/<path:path>": OPEN,
    "GET /docs/": OPEN,
    "GET /docs/<name>": OPEN,
    "GET /enter/<token>": OPEN,
    "GET /healthz": OPEN,
    "GET /m": OPEN,
    "GET /m/": OPEN,
    "GET /m/<path:path>": OPEN,
    "GET /readyz": OPEN,
    "GET /s/<token>": OPEN,
    "GET /ws": OPEN,
    "POST /api/socket-tickets": row("public", scoped=True),
    # --- wechat: its own servers call, and sign (tests/wechat/test_push.py) ---------------------------------
    "GET /<string(minlength=4, maxlength=64):name>.txt": OPEN,
    "GET /api/wechat/jssdk": OPEN,
    "GET /sandbox": OPEN,
    "GET /wechat/push/<any(mp, oa):account>": row("wechat-push"),
    "POST /wechat/push/<any(mp, oa):account>": row("wechat-push"),
    # --- identity -------------------------------------------------------------------------------------------
    "GET /api/auth/doors": OPEN,
    "GET /api/auth/gov/start": OPEN,
    "GET /api/auth/gov/callback": OPEN,
    "POST /api/auth/ishenzhen": OPEN,
    "POST /api/auth/tickets": own(may=APPLICANTS),
    "POST /api/auth/logout": OPEN,
    "POST /api/auth/phone": OPEN,
    "POST /api/auth/refresh": OPEN,
    "POST /api/auth/scan": OPEN,
    "GET /api/auth/scan/<scan_id>": OPEN,
    "POST /api/auth/scan/<scan_id>/claim": OPEN,
    "GET /api/auth/scan/by-token/<token>": own(may=APPLICANTS),
    "POST /api/auth/scan/by-token/<token>/confirm": own(may=APPLICANTS),
    "POST /api/auth/scan/by-token/<token>/refuse": own(may=APPLICANTS),
    "POST /api/auth/sms": OPEN,
    "POST /api/auth/staff": OPEN,
    "POST /api/auth/staff/logout": OPEN,
    "POST /api/auth/staff/refresh": OPEN,
    "POST /api/auth/wechat/code": OPEN,
    "GET /api/auth/wechat/oa/callback": OPEN,
    "GET /api/auth/wechat/oa/start": OPEN,
    "GET /api/me": row("party", scoped=True),
    "PUT /api/me": own(may=APPLICANTS),
    "GET /api/me/logins": own(may=APPLICANTS),
    "POST /api/me/logout-everywhere": own(may=APPLICANTS),
    "GET /api/me/privacy": own(may=APPLICANTS),
    "POST /api/me/privacy": own(may=APPLICANTS, body={"version": "1"}),
    "DELETE /api/me/privacy": own(may=APPLICANTS),
    "GET /api/privacy": OPEN,
    "POST /api/me/phone": own(may=APPLICANTS, body={"phone": "19911112222", "code": "000000"}),
    # --- catalogue ------------------------------------------------------------------------------------------
    "GET /api/categories": OPEN,
    "GET /api/items": OPEN,
    "GET /api/items/<item_id>": OPEN,
    "GET /api/items/<item_id>/days": OPEN,
    "GET /api/items/<item_id>/slots": OPEN,
    "GET /api/regions": OPEN,
    # --- booking --------------------------------------------------------------------------------------------
    "GET /api/notices": own(may=APPLICANTS),
    "POST /api/notices/read": own(may=APPLICANTS),
    "GET /api/notice/templates": own(may=APPLICANTS, body=None),
    "POST /api/notice/consents": own(may=APPLICANTS, body={"results": {"T1": "accept"}}),
    "GET /api/bookings": own(may=APPLICANTS),
    "GET /api/bookings/<booking_id>": own(),
    "GET /api/bookings/<booking_id>/calendar.ics": own(),
    "POST /api/bookings/<booking_id>/cancel": own(),
    "POST /api/bookings/<booking_id>/confirm": own(),
    "GET /api/bookings/<booking_id>/gate": own(),
    "POST /api/bookings/<booking_id>/queue": own(body=TICK),
    "POST /api/bookings/<booking_id>/release": own(),
    "POST /api/bookings/<booking_id>/reschedule": own(body={"slot_id": "{slot_id}"}),
    "POST /api/slots/<slot_id>/hold": own(may=APPLICANTS, body={"item_id": "{item_id}"}),
    # --- session --------------------------------------------------------------------------------------------
    "POST /api/handover/redeem": row("ticket:handover"),
    "GET /api/sessions/mine": row("party", scoped=True),
    f"GET {SESSION}": side(LOOK),
    f"GET {SESSION}/events": side(LOOK),
    f"POST {SESSION}/call-me": side(SELF),
    f"POST {SESSION}/answer": side(SELF),
    f"POST {SESSION}/call/end": side(PARTY),
    f"POST {SESSION}/call/start": side(PARTY, body={"endpoint": "applicant-pc"}),
    f"POST {SESSION}/complete": serving(body={"outcome": "accepted"}),
    f"POST {SESSION}/control/<any(request,grant,refuse,stopped):step>": side(PARTY, ids={"step": "stopped"}),
    f"POST {SESSION}/decline": side(SELF),
    f"POST {SESSION}/devices": side(PARTY, body={"camera": "ok"}),
    f"POST {SESSION}/handover": own(),
    f"GET {SESSION}/ice": side(LOOK),
    f"POST {SESSION}/leave": side(SELF),
    f"POST {SESSION}/messages": side(PARTY, body={"client_id": "c1", "text": "您好"}),
    f"POST {SESSION}/messages/<int:seq>/recall": row(
        "party", may=SELF, sees=WATCH, body={}, ids={"seq": "said"}, scoped=True
    ),
    f"POST {SESSION}/notes": row("agent", "supervisor", "admin", may=SERVING | WATCH, body={"text": "备注"}),
    f"POST {SESSION}/receipts": side(PARTY, body={"delivered": 1, "read": 1}),
    f"POST {SESSION}/reconnect": side(SELF),
    f"POST {SESSION}/screen/<any(request,grant,refuse,started,stopped):step>": side(
        PARTY, ids={"step": "stopped"}
    ),
    f"POST {SESSION}/suspend": side(PARTY),
    # --- files and materials ----------------------------------------------------------------------------------
    "GET /api/attachments/shown/<ticket>": OPEN,
    "GET /api/attachments/<attachment_id>": side(LOOK),
    f"GET {MATERIAL}/copy": side(LOOK, ids=VERIFIED),
    f"POST {MATERIAL}/reject": serving(body={"reason": "照片不清晰"}),
    f"POST {MATERIAL}/reopen": serving(body={"reason": "需要更换"}, ids=VERIFIED),
    f"POST {MATERIAL}/verify": serving(),
    f"POST {MATERIAL}/versions": own(may=SELF, scoped=True, files=("file",)),
    f"POST {MATERIAL}/withdraw": serving(),
    f"POST {SESSION}/attachments": side(PARTY, files=("file",)),
    f"GET {SESSION}/materials": side(LOOK),
    f"POST {SESSION}/materials": serving(body={"items": [{"name": "身份证"}]}),
    f"GET {SESSION}/materials/options": row("agent", "supervisor", may=SERVING | {"supervisor"}),
    f"POST {SESSION}/snapshots": serving(files=("file",)),
    # --- commitment and signature -------------------------------------------------------------------------------
    f"GET {COMMITMENT}": side(LOOK),
    f"POST {COMMITMENT}/read": own(may=SELF, scoped=True),
    f"POST {COMMITMENT}/reject": serving(body={"reason": "签名不清晰"}),
    f"POST {COMMITMENT}/sign": own(may=SELF, scoped=True, body=DRAWN),
    f"GET {COMMITMENT}/document": side(LOOK, ids={"commitment_id": "signed"}),
    f"GET {COMMITMENT}/signature": side(LOOK, ids={"commitment_id": "signed"}),
    f"POST {COMMITMENT}/tickets": own(may=SELF, scoped=True),
    f"POST {COMMITMENT}/withdraw": serving(),
    f"POST {SESSION}/commitments": serving(),
    "GET /api/sign/<token>": row("ticket:sign"),
    "POST /api/sign/<token>": row("ticket:sign"),
    # --- pick-up, rating ------------------------------------------------------------------------------------------
    "POST /api/courier/push": OPEN,
    f"POST {SESSION}/pickup": serving(),
    f"POST {SESSION}/pickup/cancel": serving(),
    f"GET {SESSION}/pickup/options": side(LOOK),
    f"POST {SESSION}/pickup/submit": own(may=SELF, scoped=True, body=PICKUP),
    "GET /api/rating/follow-ups": row("supervisor", "admin", may=WATCH),
    "POST /api/rating/follow-ups/<follow_up_id>/close": row(
        "supervisor", "admin", may=WATCH, body={"result": "已回访"}
    ),
    "GET /api/rating/tags": OPEN,
    f"POST {SESSION}/rating": own(may=SELF, scoped=True, body=RATING),
    # --- console ----------------------------------------------------------------------------------------------------
    "GET /api/portal/figures": OPEN,
    "POST /api/console/duty": row("agent", may=AGENTS, body={"state": "idle"}),
    "GET /api/console/floor": row("supervisor", "admin", may=WATCH),
    "POST /api/console/next": row("agent", may=AGENTS, body={}),
    "GET /api/console/quick-replies": row("agent", "supervisor", "admin", may=STAFF),
    "GET /api/console/sessions": row("agent", "supervisor", "admin", may=STAFF),
    "POST /api/console/sessions/<session_id>/accept": row("agent", may=AGENTS, body={}),
    "POST /api/console/sessions/<session_id>/cancel-ring": serving(),
    "POST /api/console/sessions/<session_id>/reveal": row(
        "agent", "supervisor", "admin", may=SERVING | WATCH, body={"field": "phone", "reason": "投诉核实"}
    ),
    "GET /api/console/state": row("agent", "supervisor", "admin", may=STAFF),
    "POST /api/console/wrap-up/done": row("agent", may=AGENTS, body={}),
    # --- administration ---------------------------------------------------------------------------------------------
    "GET /api/admin/audit": admin(),
    "GET /api/admin/calendar": admin(),
    "PUT /api/admin/calendar/<string:day>": admin(body={"kind": "closed"}, ids={"day": "2026-12-01"}),
    "GET /api/admin/items": admin(),
    "PATCH /api/admin/items/<item_id>": admin(body={"mail_allowed": True}),
    "GET /api/admin/items/<item_id>/qr": admin(),
    "GET /api/admin/items/<item_id>/mini-program-code": admin(),
    "GET /api/admin/quick-replies": row("admin", "supervisor", may=WATCH),
    "POST /api/admin/quick-replies": row("admin", "supervisor", may=WATCH, body=REPLY),
    "PUT /api/admin/quick-replies/<reply_id>": row("admin", "supervisor", may=WATCH, body=REPLY),
    "GET /api/admin/staff": admin(),
    "POST /api/admin/staff": admin(
        body={
            "username": "new",
            "password": "Right-2026!",
            "name": "新",
            "number": "7777",
            "roles": ["agent"],
        }
    ),
    "PATCH /api/admin/staff/<staff_id>": admin(body={"name": "王"}),
    "POST /api/admin/staff/<staff_id>/totp": admin(body={}),
    "GET /api/admin/texts": admin(),
    "POST /api/admin/texts": admin(body={"kind": "guidance", "title": "提示", "body": "内容"}),
}
