"""`flask courier sandbox`: the courier's stand-in as a server of its own (development and tests only)."""

import click
from flask.cli import AppGroup, with_appcontext

from backend.platform.settings import settings

group = AppGroup("courier", help="The courier.")


@group.command("sandbox")
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8002, type=int)
@with_appcontext
def sandbox(host: str, port: int) -> None:
    """Serve the sandbox until stopped."""
    from werkzeug.serving import run_simple

    from backend.courier.sandbox import create_sandbox

    if settings().production:
        raise click.ClickException("the courier sandbox does not run in production")
    click.echo(f"courier sandbox on http://{host}:{port}")
    run_simple(host, port, create_sandbox(settings().courier_key), threaded=True)
