"""Pitfalls 15 to 18: what happens on the phone, in WeChat's web-view and in the mini-program."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from apiflask import APIFlask

from backend.platform.clock import now
from backend.platform.db import db
from backend.session import jobs
from backend.session.models import ServiceSession
from tests.actors import Stage
from tests.conftest import until
from tests.identity.conftest import Browser
from tests.office import Office
from tests.session.conftest import office
from tests.session.test_sockets import Line, port
from tests.web.rig import _node, bundle

__all__ = ["office", "port"]


@pytest.fixture
def app(make_app: Any) -> APIFlask:
    return make_app(public_url="http://localhost")


def in_node(entry: str, folder: Path, script: str) -> Any:
    """Run `script` with the module `entry` (a path from web/) as `it`; what it prints as JSON."""
    bundle(entry, folder / "it.mjs")
    (folder / "run.mjs").write_text(f"import * as it from './it.mjs'\n{script}", encoding="utf-8")
    done = subprocess.run([_node(), str(folder / "run.mjs")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_15_the_web_view_is_signed_in_by_a_ticket_that_works_once(stage: Stage) -> None:
    """Its cookies are not the mini-program's, and postMessage is no live channel: a one-time address it is."""
    person = stage.applicant(entry="mp")
    url = person.post("/auth/tickets", {"next": "/m/session/1?call=1"})["url"]
    view, another = Browser(stage.app), stage.app.test_client()
    entered = view.client.get(url)
    assert (entered.status_code, entered.headers["Location"]) == (302, "/m/session/1?call=1")
    assert view.post("/auth/refresh").json["user"]["id"] == person.id
    again = another.get(url)
    assert again.status_code == 410
    assert "Set-Cookie" not in again.headers


def test_15_the_ticket_leads_to_our_own_pages_only(stage: Stage) -> None:
    person, view = stage.applicant(entry="mp"), stage.app.test_client()
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        status, made = person.try_("POST", "/auth/tickets", {"next": foreign})
        if status < 400:  # then it leads home
            assert view.get(made["url"]).headers["Location"].startswith("/m/")


PLAY = """
const told = []
class Video {
  refuses = false
  muted = false
  setAttribute(name) { told.push(name) }
  set srcObject(stream) { told.push('stream') }
  async play() {
    told.push('play')
    if (this.refuses && !this.muted) throw { name: 'NotAllowedError' }
  }
}
const done = it.showStream(new Video(), {})
const inThePress = [...told]
await done
told.length = 0
const refused = Object.assign(new Video(), { refuses: true })
let asked = 0
await it.showStream(refused, {}, { onBlocked: () => asked++ })
console.log(JSON.stringify({ inThePress, plays: told.filter((t) => t === 'play').length, muted: refused.muted, asked }))
"""


def test_16_the_picture_is_played_within_the_press(tmp_path: Path) -> None:
    """iOS draws nothing until play() is called after the stream is set, and lets only a press do so."""
    told = in_node("common/call/playback.ts", tmp_path, PLAY)
    press = told["inThePress"]  # before anything is awaited
    assert press.index("stream") < press.index("play")
    assert {"playsinline", "webkit-playsinline"} <= set(press)
    assert (told["plays"], told["muted"], told["asked"]) == (2, True, 1)  # refused: silent, and asks for a press


def test_17_a_sleeping_phone_loses_its_socket_and_not_its_session(office: Office, port: int) -> None:
    """Beyond the grace the session waits, suspended; the person reconnects with the same booking."""
    who, agent = office.applicant(), office.agent()
    session_id = office.in_session(who, agent, "applicant-phone")
    booked = [b["id"] for b in who.get("/bookings")["items"]]
    phone = Line(port, who, session_id, "applicant-phone")
    until(lambda: phone.of("hello"))
    phone.cut()
    until(lambda: office.do(lambda: db.session.get_one(ServiceSession, session_id).applicant_lost_at))
    with time_machine.travel(now() + timedelta(seconds=125)):
        office.do(jobs.end_grace)
    view = who.get(f"/sessions/{session_id}")
    assert view["state"] == "suspended"
    assert who.post(f"/sessions/{session_id}/reconnect")["state"] in ("waiting", "ringing")
    assert [b["id"] for b in who.get("/bookings")["items"]] == booked


MEND = """
const shown = []
const showModal = (asked) => {
  shown.push(asked.title + asked.content)
  asked.success?.({ confirm: false })
  asked.complete?.()
}
globalThis.wx = { showModal }
const about = { what: '拍摄材料', instead: '也可以在电脑上传。' }
const errors = [{ errno: 104 }, { errno: 112 }, { errMsg: 'chooseMedia:fail privacy permission is not authorized' }]
const reasons = errors.map(it.reasonOf)
for (const error of errors.slice(0, 2)) await it.permitted(() => Promise.reject(error), about)
console.log(JSON.stringify({ reasons, shown }))
"""


def test_18_privacy_refusals_are_told_with_what_to_do(tmp_path: Path) -> None:
    """104: the person has not agreed; 112: the console's privacy guideline does not declare it."""
    told = in_node("../miniprogram/services/permission.js", tmp_path, MEND)
    assert told["reasons"] == ["privacy", "undeclared", "privacy"]
    refused, undeclared = told["shown"]
    assert "隐私保护指引" in refused
    assert "同意后才能拍摄材料" in refused
    assert "暂时不能拍摄材料" in undeclared
    assert "也可以在电脑上传" in undeclared
