"""The mini-program's login goes along into its web-view: a one-time address, a cookie, a clean page (contract 3.8).

The web-view's login belongs to the family of the mini-program's: they end together, whichever is signed out.
"""

from backend.identity import rules, tokens
from backend.identity.errors import ForeignPath, TicketUsed
from backend.identity.tokens import Tokens
from backend.platform import tickets
from backend.platform.settings import settings

SECONDS = 60


def issue(login_id: str, next_path: str) -> str:
    """An address, good once within a minute, that opens `next_path` signed in. Raises ForeignPath."""
    if not rules.is_local_path(next_path):
        raise ForeignPath()
    token = tickets.issue("entry", {"login_id": login_id, "next": next_path}, ttl=SECONDS)
    return f"{settings().public_url.rstrip('/')}/enter/{token}"


def enter(token: str, device: str) -> tuple[Tokens, str]:
    """Use up a ticket: tokens, and the page it was made for. Raises TicketUsed, LoginExpired."""
    value = tickets.take("entry", token)
    if value is None:
        raise TicketUsed()
    return tokens.open_child(value["login_id"], device), value["next"]
