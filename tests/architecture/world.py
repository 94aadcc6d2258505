"""One case with everything in it, and the people who try to reach it. Put back to the start before each attempt."""

import base64
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from PIL import Image, ImageDraw
from sqlalchemy import text
from werkzeug.test import TestResponse

from backend.catalog.models import CommitmentTemplate
from backend.identity import service as identity
from backend.identity import tokens
from backend.platform import jobs
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.ids import new_id
from backend.platform.storage import storage
from backend.session import service as sessions
from backend.staff import service as staff
from backend.wechat import codes
from tests.actors import Agent, Applicant, Stage
from tests.architecture.access_matrix import Row
from tests.office import Office, actor

MISSING = "0" * 26


def photo() -> bytes:
    out = BytesIO()
    Image.effect_noise((400, 300), 90).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@dataclass
class World:
    app: APIFlask
    office: Office
    tokens: dict[str, str]
    values: dict[str, Any]  # ids by the names they have in routes, and what bodies refer to
    data: bytes

    # --- the state to come back to ----------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return Path(self.app.extensions["settings"].database_url.removeprefix("sqlite:///"))

    def keep(self) -> None:
        with self.app.app_context():
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.session.remove()
            db.engine.dispose()
        shutil.copyfile(self._file, self._file.with_suffix(".kept"))

    def put_back(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._file.with_suffix(".kept"), self._file)

    # --- an attempt -------------------------------------------------------------------------------------------

    def attempt(self, operation: str, row: Row, person: str, *, missing: bool = False) -> TestResponse:
        """`person` tries `operation` on the case's objects, or on ids that nothing has."""
        sent: dict[str, Any] = {}
        if not operation.startswith("GET"):
            sent = {"data": self._files(row)} if row.files else {"json": self._fill(row.body or {})}
        return self.open(operation, row, person, missing=missing, sent=sent)

    def open(
        self,
        operation: str,
        row: Row,
        person: str,
        *,
        missing: bool = False,
        query: Any = None,
        sent: dict[str, Any],
    ) -> TestResponse:
        """The request itself."""
        method, rule = operation.split(" ", 1)
        headers = {"Authorization": f"Bearer {self.tokens[person]}"} if person in self.tokens else {}
        if method != "GET":
            headers["Idempotency-Key"] = new_id()
        path = self._path(rule, row, missing)
        return self.app.test_client().open(path, method=method, headers=headers, query_string=query, **sent)

    def _path(self, rule: str, row: Row, missing: bool) -> str:
        parts = []
        for part in rule.split("/"):
            if not part.startswith("<"):
                parts.append(part)
                continue
            name = part.strip("<>").rsplit(":", 1)[-1]
            chosen = row.ids.get(name, name)
            if missing and name in self.values:
                parts.append(MISSING)
            else:
                parts.append(str(self.values.get(chosen, chosen)))  # else a step or a date
        return "/".join(parts)

    def _files(self, row: Row) -> dict[str, Any]:
        return {name: (BytesIO(self.data), "材料.jpg") for name in row.files}

    def _fill(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {name: self._fill(value) for name, value in body.items()}
        return self.values[body.strip("{}")] if isinstance(body, str) and body.startswith("{") else body


def build(app: APIFlask) -> World:
    """Owner and agent are in session, with files, a verified material, a signed and an unsigned commitment, a pick-up
    form; an older case of the owner was rated badly. Another applicant is in session with another agent."""
    stage = Stage(app)
    office = Office(stage)
    data = photo()
    owner, other = stage.applicant("张三"), stage.applicant("李四")
    agent, other_agent, third = office.agent("王老师"), office.agent("李老师"), office.agent("陈老师")
    supervisor, admin = stage.agent("班长", roles=("supervisor",)), stage.agent("管理员", roles=("admin",))
    with office.context(), unit_of_work():
        db.session.add(
            CommitmentTemplate(
                version=1, title="承诺书", body="本人承诺 {item}", countdown_seconds=0, effective_at=now()
            )
        )
        staff.load_first_replies()
        storage.put(codes.storage_key(f"i={office.item_id}"), data)  # as drawn before: WeChat is away here
    follow_up = _old_case(office, owner, agent, supervisor)
    session_id = office.in_session(owner, agent)
    other_session = office.in_session(other, third)
    values = {
        "session_id": session_id,
        "follow_up_id": follow_up,
        "item_id": office.item_id,
        "slot_id": office.slot_id,
        "staff_id": other_agent.id,
        "owner_id": owner.id,
        "reply_id": admin.get("/admin/quick-replies")["items"][0]["id"],
        "ticks": [{"text_id": t.text_id, "version": t.version} for t in office.ticks],
        "handwriting": handwriting(),
        **_things(office, owner, agent, session_id, data),
    }
    people: dict[str, Applicant | Agent] = {
        "owner": owner, "other_applicant": other, "agent": agent, "other_agent": other_agent,
        "supervisor": supervisor, "admin": admin,
    }  # fmt: skip
    given = {name: person.token for name, person in people.items()}
    with app.app_context():
        for name, person, case in (("phone", owner, session_id), ("other_phone", other, other_session)):
            given[name] = identity.login_scoped(person.id, f"session:{case}", "phone", "").access_token
        gone = identity.login_user(owner.id)
        tokens.revoke(gone.login_id)
        given["signed_out"] = gone.access_token
    world = World(app, office, given, values, data)
    world.keep()
    return world


def _old_case(office: Office, owner: Applicant, agent: Agent, supervisor: Agent) -> str:
    session_id = office.in_session(owner, agent)
    office.do(lambda: sessions.complete(actor(agent), session_id, "advice").id)
    agent.post("/console/wrap-up/done")
    owner.post(f"/sessions/{session_id}/rating", {"level": 1, "comment": "等待太久"})
    return supervisor.get("/rating/follow-ups")["items"][0]["id"]


def _things(office: Office, owner: Applicant, agent: Agent, session_id: str, data: bytes) -> dict[str, Any]:
    path = f"/sessions/{session_id}"
    said = owner.post(f"{path}/messages", {"client_id": "c0", "text": "您好"})["event"]["seq"]
    file = owner.post(f"{path}/attachments", data={"file": (BytesIO(data), "截图.jpg"), "purpose": "chat"})
    uploaded, verified = (agent.asks_for(session_id, name)[-1]["id"] for name in ("身份证", "学历证书"))
    owner.uploads(uploaded, data)
    owner.uploads(verified, data)
    agent.verifies(verified)
    with office.context():
        jobs.run_pending()
    signed = agent.pushes_commitment(session_id)["id"]
    owner.get(f"/commitments/{signed}")
    owner.reads(signed)
    owner.post(f"/commitments/{signed}/sign", handwriting())
    agent.post(f"{path}/pickup")
    booking = owner.get(path)["booking_id"]
    return {
        "said": said,
        "attachment_id": file["id"], "material_id": uploaded, "verified": verified, "commitment_id": signed,
        "signed": signed, "booking_id": booking,
    }  # fmt: skip


def handwriting() -> dict[str, Any]:
    """Three strokes over the pad, and its picture."""
    strokes = [
        [{"x": 40 + 8 * n, "y": y + 3 * (n % 5), "t": 1000 * y + 16 * n, "p": 0.5} for n in range(28)]
        for y in (40, 75, 110)
    ]
    picture = Image.new("RGB", (300, 150), "white")
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line([(point["x"], point["y"]) for point in stroke], fill="black", width=3)
    out = BytesIO()
    picture.save(out, "PNG")
    image = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    return {"strokes": strokes, "width": 300, "height": 150, "image": image}
