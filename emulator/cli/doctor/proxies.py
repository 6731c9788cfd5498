"""Proxies that the environment names: clients go through them, also to this machine."""

import http.client
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the last
    getproxies_environment,
    proxy_bypass,
    proxy_bypass_environment,
)

from emulator.cli.doctor.bounds import within
from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.place import HEALTH, Place, health_in, unverified
from emulator.driving.remote import Reply

_ABOUT = "proxy"
_LARGEST = 1 << 20
"""No more of what comes through a proxy is read, in bytes."""


def proxy_findings(place: Place) -> Iterator[Finding]:
    """What the variables of the environment make of a client's calls (httpx, requests, curl)."""
    named = getproxies_environment()
    proxy = named.get(place.scheme) or named.get("all")
    if not proxy:
        yield ok(_ABOUT, "no variable of the environment names one")
    elif proxy_bypass(place.host):
        yield ok(_ABOUT, f"NO_PROXY keeps {place.host} out of it")
    elif (entry := _read_by_some(place, named.get("no", ""))) is not None:
        yield warning(
            _ABOUT,
            Kind.PROXY_IN_THE_WAY,
            f"NO_PROXY has {entry}, which not every client reads: some go through {_shown(proxy)}",
            f"name the host alone too: NO_PROXY={place.host} (and no_proxy, for some)",
        )
    else:
        yield _in_the_way(place, proxy)


def _read_by_some(place: Place, no_proxy: str) -> str | None:
    """The entry that keeps some clients out of the proxy.

    With the port: httpx and urllib, and not curl. A network: requests, curl and Go, and neither
    httpx nor urllib.
    """
    for entry in filter(None, map(str.strip, no_proxy.split(","))):
        if proxy_bypass_environment(place.at, {"no": entry}):
            return entry
        with suppress(ValueError):
            if "/" in entry and ip_address(place.host) in ip_network(entry, strict=False):
                return entry
    return None


def _in_the_way(place: Place, proxy: str) -> Finding:
    variable = (
        f"{place.scheme}_proxy" if getproxies_environment().get(place.scheme) else "all_proxy"
    )
    names = [name for name in (variable, variable.upper()) if os.environ.get(name)]
    seen = f"calls to {place.host} go through {_shown(proxy)}, by {' and '.join(names)}"
    remedy = f"set NO_PROXY={place.host} (and no_proxy, for some) where the client runs"
    if _reached_through(proxy, place):
        return warning(_ABOUT, Kind.PROXY_IN_THE_WAY, f"{seen}; it does reach the emulator", remedy)
    return wrong(_ABOUT, Kind.PROXY_IN_THE_WAY, f"{seen}; it does not reach the emulator", remedy)


def _shown(proxy: str) -> str:
    """A proxy's address, without the password that may stand before it."""
    return proxy.rpartition("@")[2] if "@" in proxy else proxy


def _reached_through(proxy: str, place: Place) -> bool:
    """Whether a call through the proxy finds an emulator; one of SOCKS is not tried."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme != "http":
            return False
        return bool(health_in(within(place.timeout, partial(_asked, parts, place))))
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _asked(proxy: SplitResult, place: Place) -> Reply:
    """The answer to who asks for health through a proxy (RFC 9110 §9.3.6 where it is https)."""
    host, port = proxy.hostname or "", proxy.port or 80
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        context = unverified()
        connection = http.client.HTTPSConnection(host, port, timeout=place.timeout, context=context)
        connection.set_tunnel(place.host, place.port)
        target = place.path + HEALTH
    else:
        connection = http.client.HTTPConnection(host, port, timeout=place.timeout)
        target = place.url + HEALTH
    with closing(connection):
        connection.request("GET", target, headers={"Host": place.at})
        answer = connection.getresponse()
        return Reply(answer.status, {}, answer.read(_LARGEST))
