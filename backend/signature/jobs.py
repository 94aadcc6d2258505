"""Periodic work: pictures of signatures that did not come to be."""

from sqlalchemy import select

from backend.platform import leftovers
from backend.platform.db import db
from backend.platform.jobs import periodic
from backend.signature.models import Signature
from backend.signature.service import FOLDER


@periodic(seconds=3600)
def sweep_pictures() -> None:
    known = [
        key for row in db.session.execute(select(Signature.image_key, Signature.drawn_key)) for key in row
    ]
    leftovers.sweep(FOLDER, known)
