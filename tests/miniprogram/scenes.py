"""Every page of the mini-program in a fitting state, some with what the applicant had entered, for random breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.journeys.hands import at, fill, press, see, write_name
from tests.miniprogram.phone import Phone
from tests.miniprogram.world import CALLER, COMER, OWNER, WAITER

DRAFT = "材料里的毕业证要原件还是复印件？"
SHEETS = "half-sheet"
ENDS_APP = frozenset({"app", "server_and_app"})


@dataclass(frozen=True)
class Scene:
    """A page as it is opened, and what is done on it before something breaks."""

    page: str
    query: str = ""  # with the ids of world.stage
    who: str = OWNER
    act: Callable[[Phone], None] | None = None
    undo: Callable[[Phone], None] | None = None
    beside: str = ""  # selector of words that tell of the return itself or run: they may differ
    also: Callable[[Phone], str | None] | None = None  # what cannot be read off the page; None: not there yet
    never: frozenset[str] = frozenset()  # faults that end on purpose what was entered

    @property
    def name(self) -> str:
        return f"{self.page} {self.act.__name__}" if self.act else self.page


def missing(pages: Iterable[str]) -> set[str]:
    """Pages that no scene opens."""
    return set(pages) - {scene.page for scene in SCENES}


def _half_written(phone: Phone) -> None:
    """Words in the chat's field that were not sent; the sheets over it are put off first."""
    close = at(phone.page, "close-prompt")
    while close.count():
        close.first.click()
    fill(phone.page, "chat-input", DRAFT)
    kept = "words => Object.values(localStorage).some((text) => text.includes(words))"
    phone.page.wait_for_function(kept, arg=DRAFT)


def _materials_ticked(phone: Phone) -> None:
    press(phone.page, "materials-ready")


def _both_ticked(phone: Phone) -> None:
    tick = at(phone.page, "materials-ready")
    if tick.locator('[aria-checked="true"]').count() == 0:
        tick.click()
    press(phone.page, "agree")
    expect(at(phone.page, "authorise")).to_have_text("确认授权")


def _signed_not_sent(phone: Phone) -> None:
    write_name(phone.page, at(phone.page, "sign-canvas").locator("canvas"))


def _signature_cleared(phone: Phone) -> None:
    press(phone.page, "sign-clear")


def _strokes(phone: Phone) -> str:
    """What is on the pad: strokes are no words."""
    memory = phone.page.evaluate("() => __mp.pages.front.caller.pad.memory()")
    return json.dumps(memory["groups"])


def _rating_begun(phone: Phone) -> None:
    press(phone.page, "rate-4")
    at(phone.page, "rating-tag").first.click()
    fill(phone.page, "rating-comment", "讲得很清楚")
    press(phone.page, "anonymous")


def _pickup_begun(phone: Phone) -> None:
    for field, text in (("name", "王小明"), ("phone", "13800000003"), ("address", "福民路 123 号")):
        fill(phone.page, f"pickup-{field}", text)
    press(phone.page, "pickup-window")


def _searched(phone: Phone) -> None:
    fill(phone.page, "search", "居住证")
    expect(at(phone.page, "item").first).to_contain_text("居住证")


def _place_held(phone: Phone) -> None:
    """On another day than the one that the page opens with: its slots overlap none of this person's."""
    at(phone.page, "day").nth(3).click()
    phone.page.locator('[data-test="slot"][data-state="open"]:visible').first.click()
    see(phone.page, "held-slot")


def _place(phone: Phone) -> str | None:
    """The day and the hour that are kept."""
    held = at(phone.page, "held-slot")
    return held.inner_text() if held.count() else None


def _place_given_back(phone: Phone) -> None:
    press(phone.page, "release")
    expect(at(phone.page, "held-slot")).to_have_count(0)


def _read_to_the_end(phone: Phone) -> None:
    at(phone.page, "commitment-body").evaluate("e => { e.scrollTop = e.scrollHeight }")
    expect(at(phone.page, "sign")).to_have_text("签名")


def _in_the_call(phone: Phone) -> None:
    """Into the web-view; who was there before gets there without a question."""
    if at(phone.page, "enter-call").count():
        press(phone.page, "enter-call")
    expect(phone.page.locator("wx-web-view:visible")).to_be_visible()


def _web_address(phone: Phone) -> str | None:
    """Where the web-view stands once its one-time address was taken; a used one would lead nowhere."""
    path = urlsplit(web.url).path if (web := phone.web()) else ""
    return path if path.startswith("/m/session/") else None


ROOM, PAPER, ITEM = "id={session}", "id={session}&commitment={commitment}", "id={item}"
SCENES = (
    Scene("pages/home/home"),
    Scene("pages/bookings/bookings"),
    Scene("pages/me/me"),
    Scene("packages/me/notices/notices"),
    Scene("packages/me/privacy/privacy"),
    Scene("packages/me/agreement/agreement"),
    Scene("packages/me/scan/scan", "token={scan}"),
    Scene("packages/book/items/items"),
    Scene("packages/book/items/items", act=_searched, never=ENDS_APP),  # a start shows all items
    Scene("packages/book/item/item", ITEM),
    Scene("packages/book/slots/slots", ITEM),
    Scene(
        "packages/book/slots/slots", "id={free}",
        act=_place_held, undo=_place_given_back, also=_place, beside=".main, count-down",  # a start shows the first day
    ),
    Scene("packages/book/done/done", "id={future}"),
    Scene("packages/session/gate/gate", "id={gate}", COMER),
    Scene("packages/session/gate/gate", "id={gate}", COMER, act=_materials_ticked),
    Scene("packages/session/gate/gate", "id={gate}", COMER, act=_both_ticked, never=ENDS_APP),  # consent is asked anew
    Scene("packages/session/wait/wait", "id={other}", WAITER),
    Scene("packages/session/room/room", ROOM),
    Scene("packages/session/room/room", ROOM, act=_half_written, beside=SHEETS),
    Scene("packages/session/device/device", ROOM),
    Scene("packages/session/call/call", ROOM),
    Scene("packages/session/call/call", "id={called}", CALLER, act=_in_the_call, also=_web_address),
    Scene("packages/papers/commitment/commitment", PAPER),
    Scene("packages/papers/commitment/commitment", "id={called}&commitment={unread}", CALLER),
    Scene(
        "packages/papers/commitment/commitment", "id={called}&commitment={unread}", CALLER,
        act=_read_to_the_end, never=ENDS_APP,  # not yet told to the server: it is read to its end again
    ),
    Scene("packages/papers/sign/sign", PAPER),
    Scene(
        "packages/papers/sign/sign", PAPER,
        act=_signed_not_sent, undo=_signature_cleared, also=_strokes, beside="[data-test=message]",
    ),
    Scene("packages/papers/materials/materials", ROOM),
    Scene("packages/papers/preview/preview", "id={session}&material={material}"),
    Scene("packages/papers/pickup/pickup", ROOM),
    Scene("packages/papers/pickup/pickup", ROOM, act=_pickup_begun),
    Scene("packages/papers/rating/rating", "id={ended}", CALLER),
    Scene("packages/papers/rating/rating", "id={ended}", CALLER, act=_rating_begun),
)  # fmt: skip
