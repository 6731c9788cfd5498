"""`auth-emulator serve`: the server."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emulator.cli.listening import listening

if TYPE_CHECKING:
    from emulator.cli.https import Https
    from emulator.cli.watching import Watch
    from emulator.web.stage import Stage

_log = logging.getLogger("emulator")


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


def _hosts(value: list[str] | None) -> list[str] | None:
    from emulator.web.door import Door

    return _checked(value, lambda hosts: Door(allowed_hosts=hosts))


def _origins(value: list[str] | None) -> list[str] | None:
    from emulator.web.cors import Cors

    return _checked(value, Cors)


def _names(value: list[str] | None) -> list[str] | None:
    if not value:
        return value
    from emulator.web.tls import check_names

    return _checked(value, check_names)


def _checked(value: list[str] | None, check: Callable[[list[str]], object]) -> list[str] | None:
    """An option's values, once they pass; what is wrong with them is wrong usage."""
    try:
        check(value or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return value


def serve(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    fixture: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A YAML file, or a folder of them; several are merged. Without one: the demo.",
            envvar="AUTH_EMULATOR_FIXTURE",
            show_default=False,
        ),
    ] = None,
    *,
    host: Annotated[
        str, typer.Option(help="The address to bind to.", envvar="AUTH_EMULATOR_HOST")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="The port; 0 takes any free one.", envvar="AUTH_EMULATOR_PORT", min=0, max=65535
        ),
    ] = 8080,
    log_format: Annotated[
        LogFormat,
        typer.Option(help="How log lines are written.", envvar="AUTH_EMULATOR_LOG_FORMAT"),
    ] = LogFormat.TEXT,
    no_reasons: Annotated[
        bool,
        typer.Option(
            "--no-reasons", help="Send no X-Emulator-Reason.", envvar="AUTH_EMULATOR_NO_REASONS"
        ),
    ] = False,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="An address or network whose X-Forwarded-* is believed; may be repeated.",
            envvar="AUTH_EMULATOR_TRUSTED_PROXY",
            show_default=False,
        ),
    ] = None,
    show_codes: Annotated[
        bool,
        typer.Option(
            "--show-codes",
            help="Log one-time codes as they are mailed.",
            envvar="AUTH_EMULATOR_SHOW_CODES",
        ),
    ] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A host, besides localhost, at which the control API answers; may be repeated.",
            envvar="AUTH_EMULATOR_ALLOWED_HOST",
            callback=_hosts,
            show_default=False,
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="An origin whose pages may call the vendors (* for all); may be repeated.",
            envvar="AUTH_EMULATOR_CORS_ORIGIN",
            callback=_origins,
            show_default=False,
        ),
    ] = None,
    journal_entries: Annotated[
        int,
        typer.Option(
            help="How many calls the journal of a realm keeps.",
            envvar="AUTH_EMULATOR_JOURNAL_ENTRIES",
            min=1,
        ),
    ] = 10_000,
    journal_size: Annotated[
        int,
        typer.Option(
            help="How many MiB the journals of all realms take together.",
            envvar="AUTH_EMULATOR_JOURNAL_SIZE",
            min=1,
        ),
    ] = 32,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Take up the fixture when it changes.", envvar="AUTH_EMULATOR_WATCH"
        ),
    ] = False,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls",
            help="Serve HTTPS too, as the vendors' own hosts.",
            envvar="AUTH_EMULATOR_TLS",
        ),
    ] = False,
    tls_port: Annotated[
        int,
        typer.Option(
            help="The port of HTTPS; 0 takes any free one.",
            envvar="AUTH_EMULATOR_TLS_PORT",
            min=0,
            max=65535,
        ),
    ] = 8443,
    tls_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name or address that HTTPS has a certificate for, besides the vendors' hosts "
            "and localhost; may be repeated.",
            envvar="AUTH_EMULATOR_TLS_HOST",
            callback=_names,
            show_default=False,
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            help="Write the CA certificate of HTTPS there (PEM), never its key.",
            envvar="AUTH_EMULATOR_CA_FILE",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the three vendors at one address.

    AUTH_EMULATOR_ADMIN_TOKEN is what opens the control API where the network can reach it;
    AUTH_EMULATOR_CACHE_DIR is where made keys are kept.

    Example: auth-emulator serve my-fixture.yaml --port 9000
    """
    # Until the server listens for them; as process 1 of a container they would be ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    from emulator.web.logs import log_to_stderr

    log_to_stderr(as_json=log_format is LogFormat.JSON)
    port_source = context.get_parameter_source("tls_port")
    port_given = port_source is not None and port_source.name == "COMMANDLINE"
    if (port_given or tls_host or ca_file) and not tls:
        raise typer.BadParameter("--tls-port, --tls-host and --ca-file are for --tls; give it too")
    bound = listening(host, port, "--port")
    https = _https(bound, tls_port, tls_host or (), ca_file) if tls else None
    watcher = _watch(fixture) if watch else None
    stage = _stage(
        {
            "fixture": fixture or None,
            "reasons": not no_reasons,
            "dated": True,
            "show_codes": show_codes,
            "trusted_proxies": trusted_proxy or (),
            "bound_to": bound.getsockname()[0],
            "allowed_hosts": allowed_host or (),
            "admin_token": os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", ""),
            "cors_origins": cors_origin or (),
            "ca_certificate": None if https is None else https.ca_certificate,
            "journal_entries": journal_entries,
            "journal_mib": journal_size,
        }
    )
    if https is not None:
        https.write()
    _run(stage, bound, fixture, watcher, https)


def _https(plain: socket.socket, port: int, hosts: Sequence[str], ca_file: Path | None) -> "Https":
    from emulator.cli.https import https

    return https(plain, port, hosts, ca_file)


def _watch(fixture: list[Path] | None) -> "Watch":
    from emulator.cli.watching import Watch

    return Watch(fixture)


def _stage(settings: dict[str, Any]) -> "Stage":
    from emulator.app import Config, create_app
    from emulator.core.fixture import FixtureError

    try:
        return create_app(Config(**settings))
    except FixtureError as error:
        typer.echo(error, err=True)
        typer.echo("not started: the fixture has mistakes", err=True)
    except ValueError as error:
        typer.echo(f"--trusted-proxy: {error}; give an address or a network", err=True)
    raise typer.Exit(1)


def _run(
    stage: "Stage",
    bound: socket.socket,
    fixture: list[Path] | None,
    watcher: "Watch | None",
    https: "Https | None",
) -> None:
    from emulator.web.server import Server, address_of

    url = address_of(bound)
    named = ", ".join(map(str, fixture)) if fixture else "the demo fixture"
    address = ip_address(bound.getsockname()[0])
    reach = "" if address.is_loopback else f", and to the network at {address}"
    _log.info("serving %s at %s (docs: %s/docs)%s", named, url, url, reach)
    if https is not None:
        _log.info("%s", https.told)
    on_started = (lambda: None) if watcher is None else partial(watcher.start, stage)
    secured = None if https is None else https.secured
    Server(stage, on_started=on_started, secured=secured).run(sockets=[bound])
