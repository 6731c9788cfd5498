"""Where an emulator answers, if not where it was looked for: the ports of `serve`, at this host."""

import os
import re
from collections.abc import Iterator

from emulator.cli.doctor.bounds import at_once
from emulator.cli.doctor.place import Place

_USUAL_PORTS = {
    "http": ("AUTH_EMULATOR_PORT", 8080),
    "https": ("AUTH_EMULATOR_TLS_PORT", 8443),
}
"""The ports of `serve`, and the variables of the environment that set others."""

_LOOK = 2.0
"""How long a look at another port may take, in seconds."""

_ANOTHER_PROGRAM = "another program has this port: name the emulator's in the URL"


def instead(place: Place, remedy: str = _ANOTHER_PROGRAM) -> str:
    """Where an emulator answers instead, at this host and a usual port; else `remedy`."""
    found = _first([near for scheme in _schemes(place) for near in _usual(place, scheme)])
    return remedy if found is None else f"wrong port: an emulator answers at {found.url}"


def plain(place: Place) -> Place | None:
    """Where the emulator of an HTTPS port answers plain HTTP, if that is known here."""
    usual = list(_usual(place, "http"))
    named = _set_here("http")
    return _first(usual) or (usual[0] if named is not None else None)


def _first(places: list[Place]) -> Place | None:
    """The first of these at which an emulator answers; all are asked at once."""
    looks = {place: place.health for place in places}
    told = at_once(looks, _LOOK)
    return next((near for near in places if isinstance(told[near], dict)), None)


def _schemes(place: Place) -> list[str]:
    """The one that was asked for first."""
    return sorted(_USUAL_PORTS, key=lambda scheme: scheme != place.scheme)


def _usual(place: Place, scheme: str) -> Iterator[Place]:
    """Where `serve` listens at this host: where the environment says so first."""
    for port in dict.fromkeys((_set_here(scheme), _USUAL_PORTS[scheme][1])):
        if port is not None and (scheme, port) != (place.scheme, place.port):
            within = min(place.timeout, _LOOK)
            yield place.moved(scheme=scheme, port=port, path="", timeout=within)


def _set_here(scheme: str) -> int | None:
    named = os.environ.get(_USUAL_PORTS[scheme][0], "")
    port = int(named) if re.fullmatch("[1-9][0-9]{0,4}", named) else 1 << 16
    return port if port < 1 << 16 else None
