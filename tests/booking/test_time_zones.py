"""S06, P4: the product started under three time zones on one data set says the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.booking.rules import at_minute
from tests.booking.conftest import Hall

ROOT = Path(__file__).resolve().parents[2]

# Run in a process of its own: TZ is read when a process starts.
READ = """
import json, sys, time
from datetime import datetime, timedelta
import time_machine
from backend.app import create_app
from backend.booking import service, views
from backend.booking.errors import NotInSlot
asked = json.loads(sys.argv[1])
app = create_app(mode="test", database_url=asked["database"], redis_url=asked["redis"], log_level="ERROR")
start = datetime.fromisoformat(asked["start"])

def queue():
    try:
        return service.for_queue(asked["user"], asked["booking"]).state
    except NotInSlot as early:
        return early.message

with app.app_context():
    day = datetime.fromisoformat(asked["day"]).date()
    said = {"local": time.strftime("%z"), "slots": views.slots(asked["item"], day),
            "days": views.days(asked["item"])[:3]}
    row = views.booking(service.get_for(asked["user"], asked["booking"]))
    said["booking"] = {k: row[k] for k in ("slot", "queue")}
    for name, moment in (("early", start - timedelta(seconds=1)), ("open", start)):
        with time_machine.travel(moment, tick=False):
            said[name] = queue()
print(json.dumps(said, default=str, ensure_ascii=False))
"""


def read(zone: str, asked: dict[str, str]) -> dict:
    env = {**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", READ, json.dumps(asked)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_three_time_zones_one_text(kind: str, request: pytest.FixtureRequest, redis_url: str) -> None:
    from tests.actors import Stage

    app = request.getfixturevalue("app" if kind == "sqlite" else "pg_app")
    hall = Hall(Stage(app))
    person = hall.stage.applicant()
    booking = person.books(hall.slot(9, capacity=3), hall.x)
    asked = {
        "database": app.extensions["settings"].database_url, "redis": redis_url, "user": person.id, "item": hall.x,
        "booking": booking["id"], "start": at_minute(hall.day, 540).isoformat(), "day": hall.day.isoformat(),
    }  # fmt: skip
    said = [read(zone, asked) for zone in ("UTC", "Asia/Shanghai", "America/New_York")]
    assert len({s.pop("local") for s in said}) == 3  # the zones were really different
    assert said[0] == said[1] == said[2]
    assert said[0]["booking"]["slot"]["time"] == "09:00-10:00"
    assert said[0]["booking"]["slot"]["date"] == hall.day.isoformat()
    assert said[0]["slots"][0]["time"] == "09:00-10:00"
    assert said[0]["early"].endswith("09:00 起可以排队")
    assert said[0]["open"] == "booked"
