"""`flask wechat …`"""

import json

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from backend.platform.errors import DomainError
from backend.wechat import check, real
from backend.wechat import menu as menus
from backend.wechat.gateway import gateway


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

    stand_in = create_sandbox(settings, product=settings.public_url, menu=menus.menu(settings))
    server = make_server(host, port, stand_in, threaded=True)
    click.echo(f"微信沙箱 http://{host}:{port}/sandbox")
    server.serve_forever()


@group.command("check")
@with_appcontext
def check_command() -> None:
    """Say line by line what is wrong with the accounts, addresses, menu and templates; exit code 1 if anything is."""
    wrong = 0
    for line in check.run(current_app.extensions["settings"], current_app.extensions["wechat"]):
        click.echo(str(line))
        wrong += line.mark == "✗"
    if wrong:
        raise click.ClickException(f"{wrong} 处需要处理（docs/wechat.md）")
    click.echo("全部正常")


@group.group("menu")
def menu_group() -> None:
    """The official account's menu."""


@menu_group.command("push")
@click.option("--dry-run", is_flag=True, help="show and check it, send nothing")
@with_appcontext
def menu_push(dry_run: bool) -> None:
    """Send the menu to the official account."""
    menu = menus.menu(current_app.extensions["settings"])
    click.echo(json.dumps(menu, ensure_ascii=False, indent=2))
    if found := menus.faults(menu):
        raise click.ClickException("; ".join(found))
    if dry_run:
        click.echo("检查通过，未发送")
        return
    try:
        gateway().call("oa", "/cgi-bin/menu/create", menu)
    except DomainError as fault:
        raise click.ClickException(f"{fault.message} {fault.details}") from None
    click.echo("菜单已发布；取消关注再关注，或五分钟后重新进入公众号即可看到")


def init_app(app: Flask) -> None:
    app.extensions["wechat"] = real.make(app, app.extensions["settings"])
