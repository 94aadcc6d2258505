"""`flask items import FILE`: the catalogue from a spreadsheet."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from backend.catalog.demo import load_regions
from backend.catalog.errors import BadSheet
from backend.catalog.importer import Fault, import_file

group = click.Group("items", help="The catalogue of items.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_(file: Path) -> None:
    """Take in an .xlsx or .csv FILE: all rows or none. Bad rows are listed with row number and column."""
    load_regions()
    try:
        report = import_file(file)
    except BadSheet as bad:
        for row in bad.details.get("rows", []):  # type: ignore[attr-defined]
            click.echo(str(Fault(**row)), err=True)
        raise click.ClickException(bad.message) from bad
    click.echo(f"导入完成：新增 {report.added} 项，更新 {report.changed} 项，未变 {report.unchanged} 项")
