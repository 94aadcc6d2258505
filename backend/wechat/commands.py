"""`flask wechat …`"""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from backend.wechat import real


@click.group("wechat")
def group() -> None:
    """The mini-program and the official account."""


@group.command("sandbox")
@click.option("--port", default=8001, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@with_appcontext
def sandbox(port: int, host: str) -> None:
    """Run the stand-in for WeChat's hosts. Refused in production."""
    settings = current_app.extensions["settings"]
    if settings.production:
        raise click.ClickException("the WeChat sandbox does not run in production")
    from werkzeug.serving import make_server

    from backend.wechat.sandbox.app import create_sandbox

    server = make_server(host, port, create_sandbox(settings), threaded=True)
    click.echo(f"微信沙箱 http://{host}:{port}/")
    server.serve_forever()


def init_app(app: Flask) -> None:
    app.extensions["wechat"] = real.make(app, app.extensions["settings"])
