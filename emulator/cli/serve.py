"""`auth-emulator serve`: the server."""

import gc
import logging
import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emulator.cli.calls import on_command_line

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emulator.server.server import HttpsListener
    from emulator.settings import Settings

_log = logging.getLogger("emulator")


class Logged(StrEnum):
    """Which calls have a log line."""

    CALLS = "calls"
    REFUSALS = "refusals"
    NONE = "none"


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


def _check_names(hosts: list[str] | None) -> list[str] | None:
    """The hosts of `--tls-host`; one that cannot be in a certificate is wrong usage."""
    if hosts:
        from emulator.server.tls import check_names

        try:
            check_names(hosts)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return hosts


def serve(  # noqa: PLR0913 - an option each
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
    log: Annotated[
        Logged,
        typer.Option(
            help="Which calls have a log line: calls to vendors and refusals, refusals, or none.",
            envvar="AUTH_EMULATOR_LOG",
        ),
    ] = Logged.CALLS,
    log_format: Annotated[
        LogFormat,
        typer.Option(help="How log lines are written.", envvar="AUTH_EMULATOR_LOG_FORMAT"),
    ] = LogFormat.TEXT,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="An address or network whose X-Forwarded-* is believed; may be repeated.",
            envvar="AUTH_EMULATOR_TRUSTED_PROXY",
            show_default=False,
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A further host (with localhost) that the control API allows; may be repeated.",
            envvar="AUTH_EMULATOR_ALLOWED_HOST",
            show_default=False,
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="An origin whose pages may call the vendors (* for all); may be repeated.",
            envvar="AUTH_EMULATOR_CORS_ORIGIN",
            show_default=False,
        ),
    ] = None,
    no_reasons: Annotated[
        bool,
        typer.Option(
            "--no-reasons", help="Send no X-Emulator-Reason.", envvar="AUTH_EMULATOR_NO_REASONS"
        ),
    ] = False,
    show_codes: Annotated[
        bool,
        typer.Option(
            "--show-codes",
            help="Log one-time codes as they are mailed.",
            envvar="AUTH_EMULATOR_SHOW_CODES",
        ),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Reload the fixture when it changes.", envvar="AUTH_EMULATOR_WATCH"
        ),
    ] = False,
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
            help="How many MiB the journals and outboxes of all realms take together.",
            envvar="AUTH_EMULATOR_JOURNAL_SIZE",
            min=1,
        ),
    ] = 32,
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
            show_default=False,
            callback=_check_names,
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

    AUTH_EMULATOR_ADMIN_TOKEN is the token of the control API if the network can reach it;
    AUTH_EMULATOR_CACHE_DIR is the folder of generated keys.

    Example: auth-emulator serve my-fixture.yaml --port 9000
    """
    from emulator.cli.listening import listen, listen_for_https, write_ca_file
    from emulator.cli.running import recorded
    from emulator.server.logs import log_to_stderr
    from emulator.server.server import Server, address_of

    if not tls and (on_command_line(context, "tls_port") or tls_host or ca_file):
        raise typer.BadParameter("--tls-port, --tls-host and --ca-file need --tls")
    settings = _settings(
        fixture=fixture or None,
        no_reasons=no_reasons,
        date_header=True,
        trusted_proxy=trusted_proxy or (),
        show_codes=show_codes,
        allowed_host=allowed_host or (),
        admin_token=os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", ""),
        cors_origin=cors_origin or (),
        journal_entries=journal_entries,
        journal_size=journal_size,
    )
    log_to_stderr(as_json=log_format is LogFormat.JSON, calls=log.value)
    bound = listen(host, port, "--port")
    https = listen_for_https(bound, tls_port, tls_host or ()) if tls else None
    app, start_watching = _app(settings, bound, https, watch=watch)
    if https is not None and ca_file is not None:
        write_ca_file(ca_file, https.tls.ca_certificate)
    _log_addresses(settings, bound)
    if https is not None:
        _log_https(bound, https, tls_host or (), ca_file)
    gc.freeze()  # the application and its fixture stay as long as the server
    gc.enable()
    with recorded(address_of(bound)):
        Server(app, https=https, on_started=start_watching).run(sockets=[bound])


def _settings(**given: Any) -> "Settings":
    """The settings of the options. An invalid value is an error of its option."""
    from pydantic import ValidationError

    from emulator.settings import Settings

    try:
        return Settings(**given)
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        name = str(mistake["loc"][0])
        hint = f"'--{name.replace('_', '-')}' (env var: 'AUTH_EMULATOR_{name.upper()}')"
        message = mistake["msg"].removeprefix("Value error, ")
        raise typer.BadParameter(message, param_hint=hint) from error


def _app(
    settings: "Settings", bound: socket, https: "HttpsListener | None", *, watch: bool
) -> tuple["FastAPI", Callable[[], object]]:
    """The application, and a function that starts watching its fixture."""
    from emulator.app import create_app, parts_of
    from emulator.cli.listening import fail
    from emulator.fixture.errors import FixtureError

    certificate = None if https is None else https.tls.ca_certificate
    updates = {"bound_to": bound.getsockname()[0], "ca_certificate": certificate}
    watcher = None
    if watch:  # before the fixture is read: what changes from now on is found
        from emulator.server.watching import FixtureWatcher

        files = [part for part in parts_of(settings.fixture) if isinstance(part, Path)]
        watcher = FixtureWatcher(files)
    try:
        app = create_app(settings.model_copy(update=updates))
    except FixtureError as error:
        typer.echo(error, err=True)
        fail("not started: the fixture has mistakes")
    return app, (lambda: None) if watcher is None else partial(watcher.start, app)


def _log_addresses(settings: "Settings", bound: socket) -> None:
    from emulator.server.server import address_of

    fixture = ", ".join(map(str, settings.fixture)) if settings.fixture else "the demo fixture"
    url, address = address_of(bound), ip_address(bound.getsockname()[0])
    reach = "" if address.is_loopback else f", and to the network at {address}"
    _log.info("serving %s at %s (docs: %s/docs)%s", fixture, url, url, reach)


def _log_https(
    bound: socket, https: "HttpsListener", hosts: Sequence[str], ca_file: Path | None
) -> None:
    from emulator.cli.listening import vendor_hosts
    from emulator.server.server import address_of

    url, names = address_of(https.socket, "https"), ", ".join([*vendor_hosts(), *hosts])
    place = f"{address_of(bound)}/_emulator/ca.pem"
    if ca_file is not None:
        place = f"{place}, and in {ca_file}"
    _log.info("https: %s as %s; its CA certificate is at %s", url, names, place)
