"""Administration: every change is in effect at once and leaves an audit line."""

from tests.actors import Agent
from tests.identity.conftest import Browser
from tests.office import Office


def actions(admin: Agent) -> list[str]:
    return [line["action"] for line in admin.get("/admin/audit?limit=200")["items"]]


def test_switching_an_item_off_hides_its_button(office: Office, admin: Agent) -> None:
    assert admin.get("/admin/items?q=教师")["items"][0]["video_enabled"] is True
    changed = admin.ask(
        "PATCH", f"/admin/items/{office.item_id}", {"video_enabled": False, "countdown_seconds": 20}
    )
    assert (changed["video_enabled"], changed["countdown_seconds"]) == (False, 20)
    assert office.applicant().get(f"/items/{office.item_id}")["modes"]["book"] is False
    assert "item.changed" in actions(admin)
    assert admin.try_("PATCH", "/admin/items/" + "0" * 26, {"video_enabled": False})[0] == 404


def test_a_day_is_closed_and_opened_again(office: Office, admin: Agent) -> None:
    closed = admin.ask("PUT", "/admin/calendar/2026-12-01", {"kind": "closed", "note": "系统维护"})
    assert closed == {"date": "2026-12-01", "kind": "closed", "note": "系统维护"}
    span = "/admin/calendar?first=2026-12-01&last=2026-12-01"
    assert admin.get(span)["days"] == [closed]
    opened = admin.ask("PUT", "/admin/calendar/2026-12-01", {"kind": None})
    assert (opened["kind"], admin.get(span)["days"]) == ("workday", [])
    assert admin.try_("PUT", "/admin/calendar/2026-02-30", {"kind": "closed"})[0] == 404
    assert actions(admin).count("calendar.set") == 2


def test_a_year_without_holidays_is_said(office: Office, admin: Agent) -> None:
    assert 2028 in admin.get("/admin/calendar?first=2028-01-01&last=2028-12-31")["years_without_data"]


def test_a_text_gets_a_new_version_and_the_gate_asks_for_it(office: Office, admin: Agent) -> None:
    body = {"kind": "authorisation", "title": "视频办用户授权确认", "body": "新的内容"}
    assert admin.post("/admin/texts", body)["version"] == 2
    assert [t["version"] for t in admin.get("/admin/texts")["items"] if t["kind"] == "authorisation"] == [
        2,
        1,
    ]
    person = office.applicant()
    gate = person.get(f"/bookings/{office.booked(person)}/gate")
    assert [t["body"] for t in gate["texts"] if t["kind"] == "authorisation"] == ["新的内容"]


def test_accounts(office: Office, admin: Agent) -> None:
    made = admin.post(
        "/admin/staff",
        {
            "username": "chen",
            "password": "Right-2026!",
            "name": "陈老师",
            "number": "A100",
            "roles": ["agent"],
        },
    )
    assert (made["second_factor"], made["active"]) == (False, True)
    assert "password" not in str(made)
    browser = Browser(office.app)
    reply = browser.post("/auth/staff", {"username": "chen", "password": "Right-2026!"})
    assert reply.status_code == 200
    given = admin.post(f"/admin/staff/{made['id']}/totp")
    assert given["uri"].startswith("otpauth://totp/")
    assert given["qr"].startswith("data:image/png;base64,")
    assert admin.ask("PATCH", f"/admin/staff/{made['id']}", {"active": False, "name": "陈"})["name"] == "陈"
    assert browser.get("/me", reply.json["access_token"]).status_code == 401
    assert (
        admin.try_("PATCH", f"/admin/staff/{admin.id}", {"roles": ["agent"]})[1]["error"]["code"]
        == "last_admin"
    )
    assert {"staff.added", "staff.totp_reset", "staff.changed"} <= set(actions(admin))


def test_an_agent_administers_nothing(office: Office) -> None:
    agent = office.agent()
    assert {
        agent.try_("GET", f"/admin/{what}")[0] for what in ("items", "calendar", "texts", "staff", "audit")
    } == {403}
