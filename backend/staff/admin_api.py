"""Administration over HTTP: items, calendar, texts, staff, quick replies, audit log."""

from datetime import date, timedelta
from typing import Any

from backend.booking import calendar
from backend.catalog import admin as catalog
from backend.identity import staff_accounts
from backend.platform.api import Blueprint, access
from backend.platform.clock import today
from backend.staff import admin, service
from backend.staff.schemas import (
    AuditQuery,
    CalendarQuery,
    DayIn,
    DayOut,
    DaysOut,
    ItemChange,
    ItemOut,
    ItemsQuery,
    ListOut,
    MiniProgramCodeOut,
    PlainCodeOut,
    RepliesOut,
    ReplyIn,
    ReplyOut,
    StaffChange,
    StaffIn,
    StaffListOut,
    StaffOut,
    TextIn,
    TextOut,
    TextsOut,
    TotpOut,
)

bp = Blueprint("admin", __name__, url_prefix="/api/admin", tag="管理")


# --- items ---------------------------------------------------------------------------------------------------


@bp.get("/items")
@access("admin")
@bp.input(ItemsQuery, location="query")
@bp.output(ListOut)
def items(query_data: ItemsQuery) -> Any:
    """Items with their switches; searched as applicants search."""
    return catalog.find(query_data.q, query_data.region, query_data.cursor, query_data.limit)


@bp.patch("/items/<item_id>")
@access("admin")
@bp.input(ItemChange)
@bp.output(ItemOut)
def change_item(item_id: str, json_data: ItemChange) -> Any:
    """Switch 视频办 or mailing, change notice or countdown; in effect at once (M6)."""
    return catalog.change_item(item_id, **json_data.model_dump(exclude_unset=True))


@bp.get("/items/<item_id>/qr")
@access("admin")
@bp.output(PlainCodeOut)
def plain_code(item_id: str) -> Any:
    """The QR code of the item's address, for a poster: WeChat and every phone camera read it."""
    return catalog.plain_code(item_id)


@bp.get("/items/<item_id>/mini-program-code")
@access("admin")
@bp.output(MiniProgramCodeOut)
def mini_program_code(item_id: str) -> Any:
    """WeChat's mini-program code of the item; asked of WeChat the first time only."""
    return catalog.mini_program_code(item_id)


# --- calendar ------------------------------------------------------------------------------------------------


@bp.get("/calendar")
@access("admin")
@bp.input(CalendarQuery, location="query")
@bp.output(DaysOut)
def days(query_data: CalendarQuery) -> Any:
    """Days that differ from the plain week, and years that have no data yet."""
    first = query_data.first or today()
    last = query_data.last or first + timedelta(days=366)
    found = calendar.days(first, last)
    return {
        "days": [found[day] for day in sorted(found)],
        "years_without_data": calendar.years_without_data(first, last),
    }


@bp.put("/calendar/<string:day>")
@access("admin")
@bp.input(DayIn)
@bp.output(DayOut)
def set_day(day: str, json_data: DayIn) -> Any:
    """Say what a day is: closed, holiday, make-up workday; null takes it back to the plain week."""
    return admin.set_day(_date(day), json_data.kind, json_data.note)


# --- texts ---------------------------------------------------------------------------------------------------


@bp.get("/texts")
@access("admin")
@bp.output(TextsOut)
def texts() -> Any:
    """All versions of the texts people agree to, newest first."""
    return {"items": catalog.texts()}


@bp.post("/texts")
@access("admin")
@bp.input(TextIn)
@bp.output(TextOut, 201)
def publish_text(json_data: TextIn) -> Any:
    """A new version of a text; in force at once, older versions stay (M4)."""
    return catalog.publish_text(json_data.kind, json_data.title, json_data.body)


# --- staff ---------------------------------------------------------------------------------------------------


@bp.get("/staff")
@access("admin")
@bp.output(StaffListOut)
def staff() -> Any:
    """All accounts."""
    return {"items": [admin.account_view(a) for a in staff_accounts.everyone()]}


@bp.post("/staff")
@access("admin")
@bp.input(StaffIn)
@bp.output(StaffOut, 201)
def add_staff(json_data: StaffIn) -> Any:
    """A new account; its second factor is given next."""
    return admin.account_view(
        staff_accounts.add(
            json_data.username,
            json_data.password,
            json_data.name,
            json_data.number,
            list(json_data.roles),
            region_code=json_data.region_code,
            skill_group_ids=json_data.skill_group_ids,
        )
    )


@bp.patch("/staff/<staff_id>")
@access("admin")
@bp.input(StaffChange)
@bp.output(StaffOut)
def change_staff(staff_id: str, json_data: StaffChange) -> Any:
    """Change an account. A new password or a dismissal ends its logins."""
    changes = json_data.model_dump(exclude_unset=True)
    if "name" in changes:
        changes["display_name"] = changes.pop("name")
    return admin.account_view(staff_accounts.change(staff_id, **changes))


@bp.post("/staff/<staff_id>/totp")
@access("admin")
@bp.output(TotpOut, 201)
def new_totp(staff_id: str) -> Any:
    """A new second factor, shown once as a QR code."""
    return admin.totp(staff_id)


# --- quick replies ---------------------------------------------------------------------------------------------


@bp.get("/quick-replies")
@access("admin", "supervisor")
@bp.output(RepliesOut)
def quick_replies() -> Any:
    """All replies, those that are switched off too."""
    return {"items": service.quick_replies(everything=True)}


@bp.post("/quick-replies")
@access("admin", "supervisor")
@bp.input(ReplyIn)
@bp.output(ReplyOut, 201)
def add_quick_reply(json_data: ReplyIn) -> Any:
    """A new reply."""
    return service.save_quick_reply(None, **json_data.model_dump())


@bp.put("/quick-replies/<reply_id>")
@access("admin", "supervisor")
@bp.input(ReplyIn)
@bp.output(ReplyOut)
def change_quick_reply(reply_id: str, json_data: ReplyIn) -> Any:
    """Change a reply or switch it off."""
    return service.save_quick_reply(reply_id, **json_data.model_dump())


# --- audit -----------------------------------------------------------------------------------------------------


@bp.get("/audit")
@access("admin")
@bp.input(AuditQuery, location="query")
@bp.output(ListOut)
def audit_log(query_data: AuditQuery) -> Any:
    """Who looked at or changed what, newest first."""
    return admin.audit_page(query_data.action, query_data.subject, query_data.cursor, query_data.limit)


def _date(text: str) -> date:
    return admin.parse_date(text)
