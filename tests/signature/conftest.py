"""Two people in session, a commitment between them, handwriting to sign it with."""

import base64
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from backend.catalog.models import CommitmentTemplate
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from tests.actors import Agent, Applicant, Stage
from tests.invariants import broken
from tests.office import Office

COUNTDOWN = 12
Strokes = list[list[dict[str, Any]]]


@dataclass
class Signing:
    """One applicant and one agent in session, about a commitment."""

    office: Office
    applicant: Applicant
    agent: Agent
    session_id: str

    @property
    def app(self) -> APIFlask:
        return self.office.app

    def pushed(self) -> str:
        return self.agent.pushes_commitment(self.session_id)["id"]

    def read(self, commitment_id: str | None = None) -> str:
        """A commitment that is read in full and may be signed."""
        commitment_id = commitment_id or self.pushed()
        self.applicant.get(f"/commitments/{commitment_id}")
        with later(seconds=COUNTDOWN):
            self.applicant.reads(commitment_id)
        return commitment_id

    def view(self, person: Applicant | Agent | None = None) -> dict[str, Any]:
        return (person or self.applicant).get(f"/sessions/{self.session_id}")

    def kinds(self) -> list[str]:
        events = self.agent.get(f"/sessions/{self.session_id}/events")["events"]
        return [e["kind"] for e in events if e["kind"].startswith(("sign.", "commitment."))]

    def new_template(self, body: str, version: int) -> None:
        with self.app.app_context(), unit_of_work():
            db.session.add(
                CommitmentTemplate(
                    item_id=None, version=version, title="“信用+视频办”承诺书", body=body,
                    countdown_seconds=COUNTDOWN, effective_at=now() - timedelta(seconds=1),
                )
            )  # fmt: skip


class Phone:
    """A phone that holds a code and nothing else. Its cookies are its own."""

    def __init__(self, signing: Signing, token: str) -> None:
        self.token = token
        self.client: FlaskClient = signing.app.test_client()

    def opens(self) -> tuple[int, dict[str, Any]]:
        response = self.client.get(f"/api/sign/{self.token}")
        return response.status_code, response.get_json()

    def signs(self, **changed: Any) -> tuple[int, dict[str, Any]]:
        response = self.client.post(f"/api/sign/{self.token}", json={**handwriting(), **changed})
        return response.status_code, response.get_json()


@contextmanager
def later(**by: int) -> Iterator[None]:
    with time_machine.travel(now() + timedelta(**by)):
        yield


def name_strokes(width: int = 600, height: int = 200) -> Strokes:
    """Forty points in four strokes, wide enough for a name of two characters."""
    strokes: Strokes = []
    for n in range(4):
        points = []
        for i in range(10):
            x = width * (0.2 + 0.15 * n + 0.05 * math.sin(i / 2))
            y = height * (0.25 + i / 20)
            points.append({"x": round(x, 1), "y": round(y, 1), "t": n * 300 + i * 16, "p": 0.5})
        strokes.append(points)
    return strokes


def picture(
    strokes: Strokes, width: int = 600, height: int = 200, ratio: float = 2, transparent: bool = True
) -> str:
    """What signature_pad makes of the strokes at a device pixel ratio: black on nothing."""
    size = (round(width * ratio), round(height * ratio))
    image = Image.new("RGBA", size, (0, 0, 0, 0) if transparent else (255, 255, 255, 255))
    pen = ImageDraw.Draw(image)
    for stroke in strokes:
        pen.line(
            [(p["x"] * ratio, p["y"] * ratio) for p in stroke], fill=(17, 17, 17, 255), width=round(3 * ratio)
        )
    return data_url(image)


def data_url(image: Image.Image, fmt: str = "PNG") -> str:
    out = BytesIO()
    image.save(out, fmt)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def handwriting(width: int = 600, height: int = 200, ratio: float = 2) -> dict[str, Any]:
    strokes = name_strokes(width, height)
    return {
        "strokes": strokes,
        "width": width,
        "height": height,
        "image": picture(strokes, width, height, ratio),
    }


def signing_of(stage: Stage) -> Signing:
    office = Office(stage)
    applicant, agent = office.applicant(), office.agent()
    made = Signing(office, applicant, agent, office.in_session(applicant, agent))
    made.new_template("本人承诺就{item}提交的材料真实、完整、有效。", 1)
    return made


@pytest.fixture
def signing(stage: Stage) -> Iterator[Signing]:
    yield from sound(signing_of(stage))


@pytest.fixture
def any_signing(any_stage: Stage) -> Iterator[Signing]:
    yield from sound(signing_of(any_stage))


def sound(signing: Signing) -> Iterator[Signing]:
    """The two; after the test every invariant holds."""
    yield signing
    assert signing.office.do(broken) == []
