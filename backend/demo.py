"""`flask demo load`: everything a demonstration needs, in the order of the layers. Loading twice changes nothing."""

from importlib import import_module
from importlib.util import find_spec

import click
from flask.cli import with_appcontext

FEATURES = ("catalog", "identity", "booking", "staff")

group = click.Group("demo", help="Data of the demonstration.")


def load() -> list[str]:
    """Let each feature load its part (`backend/<feature>/demo.py: load()`); their reports."""
    reports = []
    for name in FEATURES:
        if find_spec(f"backend.{name}.demo"):
            reports.append(import_module(f"backend.{name}.demo").load())
    return [report for report in reports if report]


@group.command("load")
@with_appcontext
def load_command() -> None:
    """Regions, 335 items, slots for every hour, accounts of the demonstration."""
    for report in load():
        click.echo(report)
