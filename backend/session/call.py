"""Call, screen sharing and remote help inside an active session (S18, S20, S21, S29, S41).

The media goes from browser to browser; here is only who started what. Each start of a call is an epoch: signalling
of an older epoch is dropped by the socket, so a reload or a second device never meets the remains of an old call.
Screen and control are two small tables of steps: every view of the applicant's screen is asked for, every time, and
either side stops it at any moment.
"""

import base64
import hashlib
import hmac
from enum import StrEnum
from typing import Any

from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.settings import settings
from backend.session.access import get_as, get_for
from backend.session.errors import WrongSurface
from backend.session.machine import State
from backend.session.models import ServiceSession
from backend.session.timeline import record


class Call(StrEnum):
    IDLE = "idle"
    CALLING = "calling"  # the agent invites, the applicant has not pressed + yet (S41)
    ON = "on"


class Share(StrEnum):
    NONE = "none"
    REQUESTED = "requested"  # the agent asked
    GRANTED = "granted"  # the applicant agreed
    ON = "on"  # the picture is there


# step → (from, to, who). Reads: "request" takes none to requested, by the agent.
SCREEN: dict[str, tuple[tuple[Share, ...], Share, tuple[str, ...]]] = {
    "request": ((Share.NONE,), Share.REQUESTED, ("agent",)),
    "grant": ((Share.NONE, Share.REQUESTED), Share.GRANTED, ("applicant",)),
    "refuse": ((Share.REQUESTED, Share.GRANTED), Share.NONE, ("applicant",)),
    "started": ((Share.GRANTED,), Share.ON, ("applicant",)),
    "stopped": ((Share.REQUESTED, Share.GRANTED, Share.ON), Share.NONE, ("applicant", "agent")),
}
CONTROL: dict[str, tuple[tuple[Share, ...], Share, tuple[str, ...]]] = {
    "request": ((Share.NONE,), Share.REQUESTED, ("agent",)),
    "grant": ((Share.NONE, Share.REQUESTED), Share.ON, ("applicant",)),
    "refuse": ((Share.REQUESTED,), Share.NONE, ("applicant",)),
    "stopped": ((Share.REQUESTED, Share.ON), Share.NONE, ("applicant", "agent")),
}
EVENT = {"request": "requested", "grant": "granted", "refuse": "refused", "started": "started", "stopped": "stopped"}
WHOLE_SCREEN = "monitor"  # MediaTrackSettings.displaySurface (S21)


# --- the call ----------------------------------------------------------------------------------------------


def start(actor: Actor, session_id: str, endpoint: str) -> ServiceSession:
    """Start, join or renew the call with `endpoint`; each time a new epoch.

    The applicant's endpoint carries the media from now on (S30: it moves). An agent alone can't open the applicant's
    camera: before the applicant has started, an agent's start is an invitation.
    """
    with unit_of_work():
        session, side = get_as(actor, session_id, "applicant", "agent")
        _must_be_active(session)
        if side == "applicant":
            _begin(session, actor, endpoint)
        elif session.call_state == Call.ON:
            _begin(session, actor, session.media_endpoint or endpoint)
        elif session.call_state == Call.IDLE:
            session.call_state = Call.CALLING
            record(session, "call.invited", actor)
    return session


def end(actor: Actor, session_id: str) -> ServiceSession:
    """Hang up; the session goes on in writing. Hanging up twice is no error."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant", "agent")
        _must_be_active(session)
        _end(session, actor)
    return session


def begin_by_itself(session: ServiceSession, actor: Actor, endpoint: str) -> None:
    """On answer from a PC: the call starts and the agent's request for the screen is there at once (S18)."""
    _begin(session, actor, endpoint)
    session.screen_state = Share.REQUESTED
    record(session, "screen.requested", None, {"automatic": True})


def end_all(session: ServiceSession, actor: Actor | None) -> None:
    """The session pauses or ends: nothing of call, screen or control stays on."""
    if session.control_state != Share.NONE:
        session.control_state = Share.NONE
        record(session, "control.stopped", actor)
    if session.screen_state != Share.NONE:
        session.screen_state, session.screen_surface = Share.NONE, None
        record(session, "screen.stopped", actor)
    _end(session, actor)


def _begin(session: ServiceSession, actor: Actor, endpoint: str) -> None:
    session.call_epoch += 1
    session.call_state, session.media_endpoint = Call.ON, endpoint
    record(session, "call.started", actor, {"epoch": session.call_epoch, "endpoint": endpoint})


def _end(session: ServiceSession, actor: Actor | None) -> None:
    if session.call_state == Call.IDLE:
        return
    session.call_state, session.media_endpoint = Call.IDLE, None
    record(session, "call.ended", actor, {"epoch": session.call_epoch})


# --- screen and control -----------------------------------------------------------------------------------


def screen(actor: Actor, session_id: str, step: str, surface: str | None = None) -> ServiceSession:
    """One step of screen sharing. `surface` is what the browser says is shared: anything but the whole screen is
    refused with a hint, and the grant stays, so that the applicant chooses again (S21).
    """
    with unit_of_work():
        session, side = get_as(actor, session_id, "applicant", "agent")
        _must_be_active(session)
        if step == "started" and surface != WHOLE_SCREEN:
            raise WrongSurface(surface=surface)
        session.screen_state = _step(SCREEN, step, session.screen_state, side)
        session.screen_surface = surface if step == "started" else None
        payload = {"surface": surface} if step == "started" else {}
        record(session, f"screen.{EVENT[step]}", actor, payload)
        if session.screen_state == Share.NONE and session.control_state != Share.NONE:
            session.control_state = Share.NONE  # nobody points at a screen that is not shown
            record(session, "control.stopped", actor)
    return session


def control(actor: Actor, session_id: str, step: str) -> ServiceSession:
    """One step of remote help (pointer and marks on the shared screen); the applicant agrees every time (S20)."""
    with unit_of_work():
        session, side = get_as(actor, session_id, "applicant", "agent")
        _must_be_active(session)
        session.control_state = _step(CONTROL, step, session.control_state, side)
        record(session, f"control.{EVENT[step]}", actor)
    return session


def _step(table: dict[str, Any], step: str, state: str, side: str) -> Share:
    sources, target, who = table[step]
    if side not in who or state not in sources:
        raise NotAllowedNow(step=step, state=state)
    return target


def steps_allowed(table: dict[str, Any], state: str, side: str) -> list[str]:
    return [step for step, (sources, _, who) in table.items() if state in sources and side in who]


# --- devices and addresses ---------------------------------------------------------------------------------


def check_devices(actor: Actor, session_id: str, found: dict[str, Any]) -> None:
    """Note what the hardware check found (S29), so that the agent sees why there is no picture."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant", "agent")
        record(session, "device.checked", actor, found)


def ice_servers(actor: Actor, session_id: str) -> list[dict[str, Any]]:
    """STUN and TURN addresses with credentials that run out.

    coturn's REST scheme (draft-uberti-behave-turn-rest-00): the user name is "expiry:login", the password its
    HMAC-SHA1 under the shared secret.
    """
    get_for(actor, session_id)
    config = settings()
    servers: list[dict[str, Any]] = []
    if config.stun_urls:
        servers.append({"urls": config.stun_urls})
    if config.turn_urls:
        name = f"{int(now().timestamp()) + config.turn_ttl_seconds}:{actor.login_id}"
        digest = hmac.new(config.turn_secret.encode(), name.encode(), hashlib.sha1).digest()
        servers.append(
            {"urls": config.turn_urls, "username": name, "credential": base64.b64encode(digest).decode()}
        )
    return servers


def _must_be_active(session: ServiceSession) -> None:
    if session.state != State.ACTIVE:
        raise NotAllowedNow(state=session.state)
