"""`callengine token`: make, list and revoke the tokens that are wanted from whoever looks over the network."""

from __future__ import annotations

from pathlib import Path

import click

from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.http.auth.token_file import token_file
from callengine.http.auth.tokens import Role, TokenError, TokenFile
from callengine.platform.clock import SystemClock


@click.group(invoke_without_command=True)
@config_option
@click.option("--name", default="wallboard", show_default=True, help="Whose it is, to revoke it by.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.WALLBOARD.value,
    show_default=True,
    help="wallboard: the board; metrics: what Prometheus scrapes; look: all that is shown, the API included.",
)
@click.pass_context
def token(context: click.Context, config: Path | None, name: str, role: str) -> None:
    """Make a token for whoever looks over the network, and print it once; only its SHA-256 is kept."""
    settings = settings_or_fail(config)
    context.obj = token_file(settings)
    if context.invoked_subcommand is not None:
        return
    file: TokenFile = context.obj
    try:
        made = file.add(name, Role(role), SystemClock().now())
    except TokenError as problem:
        fail(str(problem))
    click.echo(made)
    click.echo(f"{name}: shown this once; {file.path.absolute()} holds its SHA-256.", err=True)
    if role == Role.METRICS:
        click.echo("Put it into a file that Prometheus reads as authorization.credentials_file.", err=True)
    else:
        click.echo(f"Open http://<this machine>:{settings.http.port}/wallboard and paste it there.", err=True)


@token.command("list")
@click.pass_obj
def token_list(file: TokenFile) -> None:
    """Name, role and age of every token."""
    try:
        for one in file.tokens():
            click.echo(f"{one.name:20} {one.role:10} made {one.made_at:%Y-%m-%d %H:%M} UTC")
    except TokenError as problem:
        fail(str(problem))


@token.command("revoke")
@click.argument("name")
@click.pass_obj
def token_revoke(file: TokenFile, name: str) -> None:
    """Refuse the token NAME from now on, and the browsers that signed in with it."""
    try:
        file.revoke(name)
    except TokenError as problem:
        fail(str(problem))
    click.echo(f"{name} is revoked.")
