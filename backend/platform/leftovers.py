"""Files that no row names: an upload that broke off between the disk and the database (file without row: 0)."""

from collections.abc import Iterable
from datetime import timedelta

from backend.platform.clock import now
from backend.platform.ids import made_at
from backend.platform.storage import storage

AFTER = timedelta(hours=1)  # no request lasts longer: what has no row by then never gets one


def sweep(folder: str, known: Iterable[str]) -> int:
    """Delete the files in `folder` (keys `folder/<id>…`) that are older than an hour and not `known`; how many."""
    before, keep = now() - AFTER, set(known)
    old = [key for key in storage.keys(folder) if made_at(key.removeprefix(folder)[:26]) < before]
    left = [key for key in old if key not in keep]
    for key in left:
        storage.delete(key)
    return len(left)
