"""Hosts, origins and networks as settings and requests write them. Pure rules, no I/O."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

ANY_ORIGIN = "*"

_PORT = r"(?::([0-9]{1,5}))?"
_HOST = re.compile(rf"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{{1,253}}){_PORT}")
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)")
_CORS_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHOWN = 60
"""How much of a wrong value an error repeats, in characters."""


class TrustedProxies:
    """The proxies whose `X-Forwarded-*` headers are trusted: addresses and networks."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        """Raises ValueError for what is neither an address nor a network."""
        self._networks: list[IPv4Network | IPv6Network] = [
            ip_network(name, strict=False) for name in named
        ]

    def __contains__(self, address: object) -> bool:
        if not self._networks or not isinstance(address, str):
            return False
        found = parse_address(address)
        return found is not None and any(found in network for network in self._networks)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address, an IPv4-mapped one as IPv4; None if the text is no address."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def is_loopback(bound_to: str) -> bool:
    """Whether a server bound to this address can be reached from this machine only."""
    address = parse_address(bound_to)
    return bound_to == "localhost" if address is None else address.is_loopback


def is_local_name(name: str) -> bool:
    """Whether a host name means the machine that asks, whatever DNS says (RFC 6761 §6.3)."""
    address = parse_address(name)
    if address is not None:
        return address.is_loopback
    labels = name.split(".")
    return labels[-1] == "localhost" and all(labels)


def host_name(host: str) -> str | None:
    """The normalized name or address in a `Host` header; None if it is neither."""
    found = _HOST.fullmatch(host)
    return None if found is None else normalized(found[1])


def normalized(text: str) -> str | None:
    """A normalized host name or address: lower case, no brackets, no trailing dot."""
    if text.startswith("["):
        address = parse_address(text[1:-1]) if ":" in text else None
        return None if address is None else str(address)
    name = text.lower().removesuffix(".")
    address = parse_address(name)
    return name if address is None else str(address)


def parse_origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin (RFC 6454 §4); None for `null` and the like."""
    found = _ORIGIN.fullmatch(url.lower())
    host = None if found is None else _HOST.fullmatch(found[2])
    if found is None or host is None:
        return None
    name = normalized(host[1])
    return None if name is None else (found[1], name, int(host[2] or _DEFAULT_PORTS[found[1]]))


def allowed_host(host: str) -> str:
    """A host of `--allowed-host` as it is compared; Raises ValueError."""
    bare = f"[{host}]" if isinstance(parse_address(host), IPv6Address) else host
    found = _HOST.fullmatch(bare)
    name = None if found is None or found[2] else normalized(bare)
    if not name:
        raise ValueError(
            f"{_shown(host)!r} is not a host; give a name (as xn--... where it is not ASCII) or an "
            "address, without scheme and port"
        )
    return name


def cors_origin(origin: str) -> str:
    """An origin of `--cors-origin` as browsers write it; ValueError says what is wrong."""
    wanted = origin.strip().lower()
    if wanted != ANY_ORIGIN and not _CORS_ORIGIN.fullmatch(wanted):
        raise ValueError(
            f"{_shown(origin)!r} is not an origin; give it as http://localhost:3000, without a "
            "path or a trailing slash, or * for all"
        )
    return wanted


def _shown(text: str) -> str:
    line = re.sub(r"[^\x20-\x7e]", "?", text)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
