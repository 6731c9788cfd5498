"""The address by which a caller reached us: what links and issuers that follow it are made of.

It is the caller's own `Host`. `X-Forwarded-*` counts only when the connection comes from a proxy
that the operator named: anybody else could write there what they like.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

_PORT = r"(:[1-5]?\d{1,4}|:6[0-4]\d{3}|:65[0-4]\d{2}|:655[0-2]\d|:6553[0-5])?"
_HOST = re.compile(rf"([A-Za-z0-9._-]{{1,253}}|\[[0-9A-Fa-f:.]{{2,45}}\]){_PORT}")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


class TrustedProxies:
    """Who may say by which address a caller reached us: addresses and networks."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        """ValueError names what is neither an address nor a network."""
        self._networks: list[IPv4Network | IPv6Network] = [
            ip_network(n, strict=False) for n in named
        ]

    def __contains__(self, address: object) -> bool:
        if not self._networks or not isinstance(address, str):
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)


def base_url(scope: Mapping[str, Any], proxies: TrustedProxies) -> str:
    """The base URL of an ASGI scope's caller, without a slash at its end."""
    headers = {name: value.decode("latin-1") for name, value in reversed(list(scope["headers"]))}
    scheme, host, prefix = scope.get("scheme", "http"), headers.get(b"host", ""), ""
    peer = scope.get("client")
    if peer and peer[0] in proxies:
        scheme = _first(headers.get(b"x-forwarded-proto")) or scheme
        host = _first(headers.get(b"x-forwarded-host")) or host
        prefix = _first(headers.get(b"x-forwarded-prefix")).rstrip("/")
    if not _HOST.fullmatch(host):
        host = _own(scope)
    if not _PREFIX.fullmatch(prefix):
        prefix = ""
    return f"{scheme if scheme in ('http', 'https') else 'http'}://{host}{prefix}"


def _first(value: str | None) -> str:
    """The first of a list of values: what the outermost proxy said."""
    return (value or "").partition(",")[0].strip()


def _own(scope: Mapping[str, Any]) -> str:
    host, port = scope.get("server") or ("localhost", None)
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown
