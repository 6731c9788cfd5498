"""`auth-emulator serve`: the server. It needs no Typer, which would take longer than a sign-in."""

import gc
import logging
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.cli.complaint import complain
from emulator.cli.listening import listening
from emulator.cli.serve_options import LogFormat, ServeOptions

if TYPE_CHECKING:
    from emulator.cli.https import Https
    from emulator.cli.watching import Watch
    from emulator.web.stage import Stage

_log = logging.getLogger("emulator")


def serve(told: ServeOptions) -> None:
    """Serve until a signal ends it; exits with 1 where something is in the way."""
    # Until it listens, all that is made stays: looking for garbage in it would find next to none.
    gc.disable()
    from emulator.web.logs import log_to_stderr

    log_to_stderr(as_json=told.log_format is LogFormat.JSON)
    bound = listening(told.host, told.port, "--port")
    https = _https(bound, told.tls_port, told.tls_host, told.ca_file) if told.tls else None
    watcher = _watch(told.fixture) if told.watch else None
    stage = _stage(
        {
            "fixture": told.fixture or None,
            "reasons": not told.no_reasons,
            "dated": True,
            "show_codes": told.show_codes,
            "trusted_proxies": told.trusted_proxy,
            "bound_to": bound.getsockname()[0],
            "allowed_hosts": told.allowed_host,
            "admin_token": os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", ""),
            "cors_origins": told.cors_origin,
            "ca_certificate": None if https is None else https.ca_certificate,
            "journal_entries": told.journal_entries,
            "journal_mib": told.journal_size,
        }
    )
    if https is not None:
        https.write()
    _run(stage, bound, told.fixture, watcher, https)


def _https(plain: socket.socket, port: int, hosts: Sequence[str], ca_file: Path | None) -> "Https":
    from emulator.cli.https import https

    return https(plain, port, hosts, ca_file)


def _watch(fixture: Sequence[Path]) -> "Watch":
    from emulator.cli.watching import Watch

    return Watch(fixture or None)


def _stage(settings: dict[str, Any]) -> "Stage":
    from emulator.app import Config, create_app
    from emulator.core.fixture import FixtureError
    from emulator.web.caller import TrustedProxies

    try:
        TrustedProxies(settings["trusted_proxies"])
    except ValueError as error:
        complain(f"--trusted-proxy: {error}; give an address or a network")
        sys.exit(1)
    try:
        return create_app(Config(**settings))
    except FixtureError as error:
        complain(error)
        complain("not started: the fixture has mistakes")
    sys.exit(1)


def _run(
    stage: "Stage",
    bound: socket.socket,
    fixture: Sequence[Path],
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
    gc.freeze()  # nor is it looked through again, which would hold up a sign-in
    gc.enable()
    Server(stage, on_started=on_started, secured=secured).run(sockets=[bound])
