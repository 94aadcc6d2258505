"""Accounts of the demonstration: agents, a supervisor, an administrator, the applicants of the WeChat sandbox."""

from backend.identity import service, staff_accounts
from backend.identity.errors import StaffNameTaken
from backend.platform.db import unit_of_work
from backend.platform.settings import settings
from backend.wechat.sandbox.world import PERSONAS, Persona

PASSWORD = "Demo-2026!"  # noqa: S105 (printed at the start of a demonstration; production has no demo accounts)
STAFF = (
    ("kefu01", "王老师", "1001", ["agent"]),
    ("kefu02", "李老师", "1002", ["agent"]),
    ("kefu03", "陈老师", "1003", ["agent"]),
    ("banzhang", "赵班长", "2001", ["supervisor"]),
    ("admin", "管理员", "9001", ["admin"]),
)


def load() -> str:
    """Make the accounts that are not there yet. Production refuses: everybody knows this password."""
    if settings().production:
        raise SystemExit("demo accounts are not for production")
    added = sum(_add(*account) for account in STAFF)
    with unit_of_work():
        for key, name, phone in PERSONAS:
            service.known_person(name, phone, unionid=Persona(key, name, phone).unionid)
    return f"staff: {added} accounts added; applicants: {'、'.join(name for _, name, _ in PERSONAS)}"


def _add(username: str, name: str, number: str, roles: list[str]) -> bool:
    try:
        staff_accounts.add(username, PASSWORD, name, number, roles)
    except StaffNameTaken:
        return False
    return True
