"""`callengine sample`: the files that ship with callengine, written out to be put in place."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from callengine.cli.options import fail, settings_or_fail
from callengine.http.auth.middleware import is_loopback
from callengine.sample.arguments import ADDRESS, CONTACT, LISTENING, MATCHED, NETWORK, PHONES, PORT, WEB
from callengine.sample.asterisk_config import (
    SampleError,
    SampleOptions,
    engine_reaches,
    write_sample,
    write_services,
)
from callengine.sample.monitoring_files import RUNBOOKS, SYSTEMS, MonitoringFilesError, write_monitoring_files
from config.example import write_example
from config.loading import DEFAULT_PATH
from config.policies import dialplan_lines
from config.schema.codes import Codes


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--for",
    "system",
    type=click.Choice(["asterisk", *SYSTEMS]),
    default="asterisk",
    show_default=True,
    help="prometheus: scrape example, rules, alerts, runbooks; grafana: dashboards and their provisioning.",
)
@click.option(
    "--runbooks", type=WEB, default=RUNBOOKS, show_default=True, help="Where the alerts' links lead."
)
@click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    help="Take lines and agents' codes from these settings.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--keep-passwords", is_flag=True, help="Take the passwords of the files that are there.")
@click.option("--agents", type=PHONES, default=20, show_default=True, help="How many phones: 1001, 1002, …")
@click.option("--sip-port", type=PORT, default=5060, show_default=True)
@click.option("--ami-port", type=PORT, help="AMI's port; default: 5038, with --config that of the settings.")
@click.option("--bind", type=ADDRESS, default="127.0.0.1", show_default=True, help="Address of SIP and RTP.")
@click.option(
    "--ami-bind",
    type=LISTENING,
    default="127.0.0.1",
    show_default=True,
    help="Address of AMI. Off this machine only where the engine runs on another one.",
)
@click.option(
    "--ami-permit", type=NETWORK, multiple=True, help="Who else may log in to AMI: the engine's address."
)
@click.option(
    "--trunk-match",
    type=MATCHED,
    default="127.0.0.1",
    show_default=True,
    help="Where residents' calls come from.",
)
@click.option(
    "--trunk-contact",
    type=CONTACT,
    default="sip:127.0.0.1:5070",
    show_default=True,
    help="Where callbacks are sent.",
)
@click.option("--watch", is_flag=True, help="The engine may also watch queues of Asterisk's own (app_queue).")
@click.option("--no-event-filter", is_flag=True, help="For Asterisk before 20.11, 21.6 and 22.1.")
def sample(
    target: Path,
    system: str,
    runbooks: str,
    config: Path | None,
    force: bool,
    keep_passwords: bool,
    agents: int,
    sip_port: int,
    ami_port: int | None,
    bind: str,
    ami_bind: str,
    ami_permit: tuple[str, ...],
    trunk_match: str,
    trunk_contact: str,
    watch: bool,
    no_event_filter: bool,
) -> None:
    """Write a complete Asterisk configuration with fresh passwords into TARGET.

    With it come callengine.toml, an annotated example, and for systemd the services of engine and desk and their users.
    """
    if system in SYSTEMS:
        try:
            files = write_monitoring_files(system, target, runbooks=runbooks, force=force)
        except (MonitoringFilesError, OSError) as problem:
            fail(str(problem))
        click.echo(f"{len(files)} files written to {target}; docs/prometheus.md tells where they belong.")
        return
    settings = None if config is None else settings_or_fail(config)
    port = ami_port or (5038 if settings is None else settings.pbx.port)
    if settings is not None and not is_loopback(settings.pbx.host) and not ami_permit:
        fail(
            f"pbx.host = {settings.pbx.host} is another machine: --ami-permit must name the engine's own address"
        )
    options = SampleOptions(
        agents=agents,
        sip_port=sip_port,
        ami_port=port,
        bind=bind,
        ami_bind=ami_bind,
        ami_permit=ami_permit,
        trunk_match=trunk_match,
        trunk_contact=trunk_contact,
        lines=None if settings is None else dialplan_lines(settings),
        codes=Codes() if settings is None else settings.codes,
        watch=watch,
        event_filter=not no_event_filter,
    )
    try:
        result = write_sample(target, options=options, force=force, keep_passwords=keep_passwords)
        settings_file = target / "callengine.toml"
        if config is None and (force or not settings_file.exists()):
            write_example(settings_file, host=engine_reaches(ami_bind), port=port)
            write_services(target, program=_program(), settings=DEFAULT_PATH.parent)
    except (SampleError, OSError) as problem:
        fail(str(problem))
    click.echo(
        f"{len(result.files)} files written to {target}, readable by you alone; passwords are in them only."
    )


def _program() -> Path:
    """How this program was called: what PATH's own link leads to, in which …/current/bin/callengine stays a link."""
    called = Path(sys.argv[0]).absolute()
    if called.is_symlink():
        called = called.parent / called.readlink()
    return called if called.name == "callengine" else Path(sys.prefix) / "bin" / "callengine"
