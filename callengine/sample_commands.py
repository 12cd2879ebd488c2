"""`callengine sample`: the files that ship with callengine, written out to be put in place."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from callengine.command_options import fail, settings_or_fail
from callengine.monitoring_files import RUNBOOKS, SYSTEMS, MonitoringFilesError, write_monitoring_files
from callengine.sample import SampleError, SampleOptions, write_sample, write_service
from config.example import write_example
from config.policies import dialplan_lines
from config.settings import DEFAULT_PATH


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
@click.option("--runbooks", default=RUNBOOKS, show_default=True, help="Where the alerts' links lead.")
@click.option(
    "--config", "config", type=click.Path(path_type=Path), help="Take the lines from these settings."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--agents", default=20, show_default=True, help="How many phones: 1001, 1002, …")
@click.option("--sip-port", default=5060, show_default=True)
@click.option("--ami-port", default=5038, show_default=True)
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address of SIP, RTP and AMI.")
@click.option(
    "--trunk-match", default="127.0.0.1", show_default=True, help="Where residents' calls come from."
)
@click.option(
    "--trunk-contact", default="sip:127.0.0.1:5070", show_default=True, help="Where callbacks are sent."
)
@click.option("--watch", is_flag=True, help="The engine may also watch queues of Asterisk's own (app_queue).")
@click.option("--no-event-filter", is_flag=True, help="For Asterisk before 20.11, 21.6 and 22.1.")
def sample(
    target: Path,
    system: str,
    runbooks: str,
    config: Path | None,
    force: bool,
    agents: int,
    sip_port: int,
    ami_port: int,
    bind: str,
    trunk_match: str,
    trunk_contact: str,
    watch: bool,
    no_event_filter: bool,
) -> None:
    """Write a complete Asterisk configuration with fresh passwords into TARGET.

    With it come callengine.toml, an annotated example, and callengine.service for systemd.
    """
    if system in SYSTEMS:
        try:
            files = write_monitoring_files(system, target, runbooks=runbooks, force=force)
        except (MonitoringFilesError, OSError) as problem:
            fail(str(problem))
        click.echo(f"{len(files)} files written to {target}; docs/prometheus.md tells where they belong.")
        return
    lines = None if config is None else dialplan_lines(settings_or_fail(config))
    options = SampleOptions(
        agents=agents,
        sip_port=sip_port,
        ami_port=ami_port,
        bind=bind,
        trunk_match=trunk_match,
        trunk_contact=trunk_contact,
        lines=lines,
        watch=watch,
        event_filter=not no_event_filter,
    )
    try:
        result = write_sample(target, options=options, force=force)
        settings_file = target / "callengine.toml"
        if config is None and (force or not settings_file.exists()):
            write_example(settings_file)
            write_service(target / "callengine.service", program=_program(), settings=DEFAULT_PATH.parent)
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
