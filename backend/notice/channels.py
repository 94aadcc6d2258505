"""The ways to a person, in order: the mini-program (one consent, one message), the official account (followers), a text
message as the last resort for kinds that are worth one. The list in the product shows every notice anyhow.
"""

import logging
from dataclasses import dataclass, field
from typing import Any

from backend.identity import service as identity
from backend.identity import sms
from backend.notice import kinds, service
from backend.notice.models import Notice
from backend.platform.crypto import blind
from backend.platform.errors import DomainError, TooMany
from backend.platform.limits import limit
from backend.platform.settings import settings
from backend.wechat.errors import NotSubscribed, WechatUnavailable
from backend.wechat.gateway import gateway
from backend.wechat.templates import templates

log = logging.getLogger(__name__)

ORDER = ("mp", "oa", "sms")
DAY = 86400
# Codes that no repetition mends (contract 1.4, 3.7): openid, template, page, fields, rights, words.
FINAL = frozenset({40003, 40036, 40037, 41030, 43108, 45168, 47003, 48001})
PAGES = {"session": "packages/session/room/room", "bookings": "pages/bookings/bookings",
         "rating": "packages/papers/rating/rating"}  # fmt: skip


@dataclass(frozen=True)
class Message:
    """One try, made while its row was locked; sent when no transaction is open."""

    notice_id: str
    channel: str
    tries: int
    kind: str
    data: dict[str, Any]
    address: str | None = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of a try. `final`: this channel will not take it. `unsure`: no answer, it may have arrived."""

    sent: bool = False
    final: bool = False
    unsure: bool = False
    no_consent: bool = False
    error: str | None = None
    receipt: str | None = None  # under which WeChat will say whether it arrived


def following(row: Notice) -> str | None:
    """The next channel that may reach the person, after the row's; a consent is used up here, once for the notice."""
    if not identity.may_contact(row.user_id):
        return None
    rest = ORDER[ORDER.index(row.channel) + 1 :] if row.channel else ORDER
    return next((channel for channel in rest if _open(row, channel)), None)


def message(row: Notice, channel: str) -> Message:
    return Message(row.id, channel, row.tries + 1, row.kind, row.data, _address(row, channel))


def let_go(row: Notice, outcome: Outcome) -> None:
    """The row leaves its channel without success: a consent that was not used may serve another notice."""
    if row.channel != "mp":
        return
    if template := templates(settings(), "mp").get(row.kind):
        if outcome.no_consent:
            service.none_left(row.user_id, template.id)
        elif not row.unsure:
            service.give(row.user_id, template.id)


def _open(row: Notice, channel: str) -> bool:
    if _address(row, channel) is None:
        return False
    if channel == "sms":
        return bool(settings().notice_sms_template) and kinds.sms(row.kind, row.data) is not None
    template = templates(settings(), channel).get(row.kind)
    return template is not None and (channel == "oa" or service.take(row.user_id, template.id))


def _address(row: Notice, channel: str) -> str | None:
    if channel == "sms":
        return identity.reveal(row.user_id, "phone")
    return identity.openids(row.user_id).get(channel)


# --- outside ------------------------------------------------------------------------------------------------


def send(out: Message) -> Outcome:
    """One try. Whatever the outside does comes back as an outcome, never as an exception."""
    try:
        receipt = _BY[out.channel](out)
    except NotSubscribed as refused:
        return Outcome(final=True, no_consent=refused.details.get("errcode") == 43101)
    except TooMany as many:
        busy = "errcode" in many.details  # WeChat's quota, not our own limit
        return Outcome(final=not busy, error=f"{out.channel}: {many.details.get('errcode')}" if busy else None)
    except DomainError as fault:
        return _failed(out, fault)
    except Exception as fault:
        log.exception("notice %s by %s", out.notice_id, out.channel)
        return Outcome(error=f"{out.channel}: {type(fault).__name__}")
    return Outcome(sent=True, receipt=receipt or None)


def _failed(out: Message, fault: DomainError) -> Outcome:
    code = fault.details.get("errcode")
    final = code in FINAL
    if final:
        log.error("notice %s (%s) by %s: errcode %s", out.notice_id, out.kind, out.channel, code)
    unsure = isinstance(fault, WechatUnavailable) and code is None
    return Outcome(final=final, unsure=unsure, error=f"{out.channel}: {code or fault.code}")


def _by_mini_program(out: Message) -> str | None:
    template, values = _filled(out, "mp")
    gateway().subscribe_message(out.address or "", template, values, _page(out))
    return None


def _by_official_account(out: Message) -> str | None:
    template, values = _filled(out, "oa")
    return gateway().template_message(out.address or "", template, values, _link(out), out.notice_id)


def _by_text_message(out: Message) -> str | None:
    phone = out.address or ""
    limit(f"notice:sms:{blind(phone)}", settings().notice_sms_per_day, per=DAY)
    sms.send_notice(phone, kinds.sms(out.kind, out.data) or "", out.notice_id)
    return None


_BY = {"mp": _by_mini_program, "oa": _by_official_account, "sms": _by_text_message}


def _filled(out: Message, account: str) -> tuple[str, dict[str, object]]:
    template = templates(settings(), account)[out.kind]
    return template.id, kinds.fields(template, out.kind, out.data)


def _page(out: Message) -> str:
    """The mini-program's page, with its query."""
    page = kinds.KINDS[out.kind].page
    return PAGES[page] + ("" if page == "bookings" else f"?id={out.data['id']}")


def _link(out: Message) -> str:
    """The same on the phone's pages."""
    page = "bookings" if kinds.KINDS[out.kind].page == "bookings" else f"session/{out.data['id']}"
    return f"{settings().public_url}/m/{page}"
