"""`flask timeline verify [SESSION]`: is every chain whole?"""

import sys

import click
from flask.cli import AppGroup
from sqlalchemy import select

from backend.platform.db import db
from backend.session import timeline
from backend.session.models import ServiceSession

group = AppGroup("timeline", help="The evidence of sessions.")


@group.command("verify")
@click.argument("session_id", required=False)
def verify(session_id: str | None) -> None:
    """Recompute the hash chain of one session, or of all; exit code 1 and the place when one was tampered with."""
    query = select(ServiceSession.id).order_by(ServiceSession.id)
    ids = [session_id] if session_id else list(db.session.scalars(query))
    faults = 0
    for id in ids:
        verdict = timeline.verify(id)
        if not verdict.ok:
            faults += 1
            click.echo(f"{id}: {verdict.fault}")
    click.echo(f"{len(ids)} sessions verified, {faults} with a fault")
    sys.exit(1 if faults else 0)
