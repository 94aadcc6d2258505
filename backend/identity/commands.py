"""`flask staff add|list|password|totp`: staff accounts from the command line."""

import click
import qrcode
from flask.cli import with_appcontext

from backend.identity import staff_accounts
from backend.platform.errors import DomainError


@click.group("staff")
def group() -> None:
    """Staff accounts."""


@group.command("add")
@click.argument("username")
@click.option("--name", "display_name", required=True, help="name shown to applicants, e.g. 王老师")
@click.option("--number", required=True, help="staff number (工号)")
@click.option("--role", "roles", multiple=True, type=click.Choice(staff_accounts.ROLES), default=("agent",))
@click.option("--region", "region_code", default=None, help="region code the account belongs to")
@click.option("--totp/--no-totp", default=True, help="set up the second factor and show its QR code")
@click.password_option(help="asked for when left out")
@with_appcontext
def add(
    username: str,
    display_name: str,
    number: str,
    roles: tuple[str, ...],
    region_code: str | None,
    totp: bool,
    password: str,
) -> None:
    """Add an account and show the QR code for its second factor, once."""
    try:
        staff = staff_accounts.add(
            username, password, display_name, number, list(roles), region_code=region_code
        )
    except DomainError as fault:
        raise click.ClickException(fault.message) from None
    click.echo(f"{username} added ({', '.join(roles)})")
    if totp:
        _show(staff_accounts.new_totp(staff.id))


@group.command("list")
@with_appcontext
def show_all() -> None:
    """List the accounts."""
    for staff in staff_accounts.everyone():
        state = "active" if staff.active else "inactive"
        factor = "totp" if staff.totp_secret_enc else "no second factor"
        click.echo(
            f"{staff.number}\t{staff.username}\t{staff.display_name}\t{','.join(staff.roles)}\t{state}\t{factor}"
        )


@group.command("password")
@click.argument("username")
@click.password_option()
@with_appcontext
def set_password(username: str, password: str) -> None:
    """Set a new password; ends the account's logins and its lock."""
    try:
        staff_accounts.change(_find(username), password=password)
    except DomainError as fault:
        raise click.ClickException(fault.message) from None
    click.echo("password set")


@group.command("totp")
@click.argument("username")
@with_appcontext
def reset_totp(username: str) -> None:
    """Give the account a new second factor."""
    _show(staff_accounts.new_totp(_find(username)))


def _find(username: str) -> str:
    staff = staff_accounts.find(username)
    if staff is None:
        raise click.ClickException(f"no account {username}")
    return staff.id


def _show(uri: str) -> None:
    code = qrcode.QRCode(border=1)
    code.add_data(uri)
    click.echo("scan with an authenticator app:")
    code.print_ascii()
    click.echo(uri)
