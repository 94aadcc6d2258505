"""An office in session, and the corpus of odd and hostile files, made once in a temporary folder."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from PIL import Image, ImageDraw

from backend.platform import jobs
from tests.actors import Agent, Applicant, Stage
from tests.invariants import broken
from tests.office import Office


@dataclass
class Desk:
    """One applicant and one agent in session."""

    office: Office
    applicant: Applicant
    agent: Agent
    session_id: str

    @property
    def app(self) -> APIFlask:
        return self.office.app

    def material(self, name: str = "学历证书") -> str:
        """A material that the agent has asked for; its id."""
        return self.agent.asks_for(self.session_id, name)[-1]["id"]

    def uploaded(self, data: bytes, name: str = "材料.jpg") -> dict[str, Any]:
        return self.applicant.uploads(self.material(), data, name)

    def verified(self, data: bytes, name: str = "材料.jpg") -> dict[str, Any]:
        """A verified material whose copy is made."""
        material = self.uploaded(data, name)
        self.agent.verifies(material["id"])
        self.run_jobs()
        return self.of(material["id"])

    def of(self, material_id: str, person: Applicant | Agent | None = None) -> dict[str, Any]:
        items = (person or self.applicant).get(f"/sessions/{self.session_id}/materials")["items"]
        return next(m for m in items if m["id"] == material_id)

    def events(self) -> list[dict[str, Any]]:
        return self.agent.get(f"/sessions/{self.session_id}/events")["events"]

    def run_jobs(self) -> None:
        with self.app.app_context():
            jobs.run_pending()

    def files(self) -> list[Path]:
        root = Path(self.app.extensions["settings"].storage_url.removeprefix("file://"))
        return [p for p in root.rglob("*") if p.is_file()]


def desk_of(stage: Stage) -> Desk:
    office = Office(stage)
    applicant, agent = office.applicant(), office.agent()
    return Desk(office, applicant, agent, office.in_session(applicant, agent))


@pytest.fixture
def desk(stage: Stage) -> Iterator[Desk]:
    yield from sound(desk_of(stage))


@pytest.fixture
def any_desk(any_stage: Stage) -> Iterator[Desk]:
    yield from sound(desk_of(any_stage))


def sound(desk: Desk) -> Iterator[Desk]:
    """The desk; after the test every invariant holds."""
    yield desk
    assert desk.office.do(broken) == []


class Case:
    """One file of the corpus."""

    def __init__(self, folder: Path, entry: dict[str, Any]) -> None:
        self.folder, self.__dict__ = folder, {**entry, "folder": folder}

    @cached_property
    def data(self) -> bytes:
        return (self.folder / "files" / self.disk_name).read_bytes()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def form(self) -> dict[str, Any]:
        """The multipart request as a browser writes it: quote and line ends of a name escaped (WHATWG)."""
        name = self.filename.replace("\n", "%0A").replace("\r", "%0D").replace('"', "%22").encode()
        if raw := self.__dict__.get("filename_raw_latin1"):
            name = raw.encode("latin-1")
        kind = f"\r\nContent-Type: {self.declared_mime}".encode() if self.declared_mime else b""
        head = b'Content-Disposition: form-data; name="file"; filename="' + name + b'"' + kind
        body = b"--part--of--form\r\n" + head + b"\r\n\r\n" + self.data + b"\r\n--part--of--form--\r\n"
        return {"data": body, "content_type": "multipart/form-data; boundary=part--of--form"}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("corpus")
    maker = Path(__file__).with_name("make_corpus.py")
    subprocess.run([sys.executable, str(maker), str(folder)], check=True, stdout=subprocess.DEVNULL)
    cases = json.loads((folder / "manifest.json").read_text())["cases"]
    assert len(cases) == 91
    return {entry["id"]: Case(folder, entry) for entry in cases}


def photo(width: int = 640, height: int = 400, mark: int = 0, fmt: str = "JPEG") -> bytes:
    """A light picture with a red block in the top-left corner; `mark` makes each one different."""
    image = Image.new("RGB", (width, height), (235, 235, 225))
    pen = ImageDraw.Draw(image)
    pen.rectangle([0, 0, width // 4, height // 4], fill=(220, 30, 30))
    pen.text((width // 2, height // 2), f"No. {mark}", fill="black")
    out = BytesIO()
    image.save(out, fmt)
    return out.getvalue()
