"""Who may drive the emulator: the guard before the control API.

A guarded call is answered where all of this holds:

- No page of another site sent it (`Origin`, `Sec-Fetch-Site`): a browser of somebody who reads a
  foreign page must not drive the emulator beside it.
- Where the network can reach us it brings the admin token (RFC 6750 §2.1). The address that we are
  bound to decides, never the peer's nor what a header says.
- Else its one `Host` is known: a foreign name that was made to lead here (DNS rebinding) is not.
  Who brings the admin token needs no known `Host`.

Under a server that is not ours nobody says what it is bound to: then the address at which the
connection arrived decides. A call without one comes from this process (httpx's ASGITransport) or
through a socket in the file system.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from emulator.core.outcomes import Refusal, printable
from emulator.web.caller import TrustedProxies, base_url
from emulator.web.operation import Api, Endpoint
from emulator.web.visit import Message, Visit, inside

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)")
_USUAL_PORTS = {"http": 80, "https": 443}
_OWN_SITE = frozenset({b"same-origin", b"none"})
_LONGEST_SHOWN = 60

_log = logging.getLogger("emulator")

Headers = Sequence[tuple[bytes, bytes]]


class Door:
    """The guard of one server.

    `bound_to` is the address that the server is bound to; `allowed_hosts` are names besides
    localhost by which it may be reached; `admin_token` is made where it is wanted and not given;
    `proxies` are believed when they say by which address a caller reached us.
    """

    def __init__(
        self,
        *,
        bound_to: str | None = None,
        allowed_hosts: Iterable[str] = (),
        admin_token: str = "",
        proxies: TrustedProxies | None = None,
    ) -> None:
        """ValueError names an allowed host that is none."""
        self.proxies = proxies or TrustedProxies()
        self._bound_to = bound_to
        self._allowed = {_allowed(host) for host in allowed_hosts}
        self._token = admin_token.strip().encode()
        if bound_to is not None and not _is_loopback(bound_to):
            self._make_token()

    def refusal(self, visit: Visit, api: Api, endpoint: Endpoint | None = None) -> Refusal | None:
        """Why a call may not be answered; without `endpoint`, one at a path or method of none.

        At a path that is open to everybody, everybody may also be told that a method is wrong.
        """
        if not api.guarded or (endpoint.is_open if endpoint else not _is_guarded(api, visit)):
            return None
        try:
            self._check(visit.scope)
        except Refusal as refusal:
            return refusal
        return None

    def _check(self, scope: Message) -> None:
        headers: Headers = scope["headers"]
        self._check_site(scope, headers)
        bearer = _sent(headers, b"authorization")
        if self._is_token(bearer):
            return
        bound_to = self._bound_to or _arrived_at(scope)
        if bound_to is None:
            return
        if not _is_loopback(bound_to):
            raise self._no_token(bearer)
        self._check_host(scope, headers, bound_to)

    def _check_site(self, scope: Message, headers: Headers) -> None:
        # Without the path of a proxy's prefix, which no origin has.
        reached = "/".join(base_url(scope, self.proxies).split("/", 3)[:3])
        for origin in _sent(headers, b"origin"):
            theirs = _origin(origin.decode("latin-1"))
            if theirs is None or theirs != _origin(reached):
                raise Refusal("other_site", _from_elsewhere(origin, reached))
        if any(site not in _OWN_SITE for site in _sent(headers, b"sec-fetch-site")):
            raise Refusal(
                "other_site",
                "a page of another site sent this (Sec-Fetch-Site); only the emulator's own pages, "
                "and programs, may drive it",
            )

    def _check_host(self, scope: Message, headers: Headers, bound_to: str) -> None:
        sent = _sent(headers, b"host")
        if len(sent) != 1:
            raise Refusal(
                "host_unknown", f"the request has {len(sent) or 'no'} Host headers; send one"
            )
        # What a trusted proxy says was asked for counts too: it may shut the door, never open it.
        reached = base_url(scope, self.proxies).partition("://")[2].partition("/")[0]
        for host in (sent[0].decode("latin-1"), reached):
            name = _name(host)
            if not (
                name and (_is_local(name) or name == _name_of(bound_to) or name in self._allowed)
            ):
                raise Refusal("host_unknown", _unknown(host))

    def _is_token(self, bearer: list[bytes]) -> bool:
        if len(bearer) != 1 or not self._token:
            return False
        scheme, _, token = bearer[0].strip().partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)

    def _no_token(self, bearer: list[bytes]) -> Refusal:
        self._make_token()
        if bearer and not bearer[0].lower().startswith(b"bearer "):
            return Refusal(
                "admin_token_wrong",
                "Authorization is not of the form Bearer and the admin token, which is "
                "AUTH_EMULATOR_ADMIN_TOKEN, or the one that the log shows",
            )
        if bearer:
            return Refusal(
                "admin_token_wrong",
                "Authorization does not bring the admin token: AUTH_EMULATOR_ADMIN_TOKEN, or the "
                "one that the log shows",
            )
        return Refusal(
            "admin_token_missing",
            "the network can reach it: send Authorization: Bearer with AUTH_EMULATOR_ADMIN_TOKEN, "
            "or the token that the log shows",
        )

    def _make_token(self) -> None:
        """Make the token where none was given. It is the one secret that the log may hold."""
        if not self._token:
            made = secrets.token_urlsafe(32)
            self._token = made.encode()
            _log.warning(
                "the network can reach the control API; it wants Authorization: Bearer %s "
                "(made for this run; AUTH_EMULATOR_ADMIN_TOKEN sets another)",
                made,
            )


def _is_guarded(api: Api, visit: Visit) -> bool:
    path = inside(visit.path)
    return api.owns(path) and not any(e.is_open and e.serves(path) for e in api.endpoints)


def _sent(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _arrived_at(scope: Message) -> str | None:
    """The address of our end of the connection; None where there is no such address."""
    host, _ = scope.get("server") or (None, None)
    return host if isinstance(host, str) and _address(host) is not None else None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address as text, one of IPv4 out of its mapping into IPv6; None for what is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _is_loopback(bound_to: str) -> bool:
    address = _address(bound_to)
    return bound_to == "localhost" if address is None else address.is_loopback


def _is_local(name: str) -> bool:
    """Whether a name leads to the machine that asks, whatever a DNS server says (RFC 6761 §6.3)."""
    address = _address(name)
    if address is not None:
        return address.is_loopback
    labels = name.split(".")
    return labels[-1] == "localhost" and all(labels)


def _name(host: str) -> str | None:
    """The name or address in a `Host`, in its one spelling; None where it is neither."""
    found = _HOST.fullmatch(host)
    return None if found is None else _name_of(found[1])


def _name_of(text: str) -> str | None:
    if text.startswith("["):
        address = _address(text[1:-1]) if ":" in text else None
        return None if address is None else str(address)
    name = text.lower().removesuffix(".")
    address = _address(name)
    return name if address is None else str(address)


def _allowed(host: str) -> str:
    """An allowed host as it is compared."""
    bare = f"[{host}]" if isinstance(_address(host), IPv6Address) else host
    found = _HOST.fullmatch(bare)
    name = None if found is None or found[2] else _name_of(bare)
    if not name:
        raise ValueError(
            f"{printable(host, _LONGEST_SHOWN)!r} is no host; give a name (as xn--... where it is "
            "not ASCII) or an address, without scheme and port"
        )
    return name


def _origin(url: str) -> tuple[str, str, int] | None:
    """The origin of a URL (RFC 6454 §4); None for what has none, such as `null`."""
    found = _ORIGIN.fullmatch(url.lower())
    host = None if found is None else _HOST.fullmatch(found[2])
    if found is None or host is None:
        return None
    name = _name_of(host[1])
    return None if name is None else (found[1], name, int(host[2] or _USUAL_PORTS[found[1]]))


def _unknown(host: str) -> str:
    shown = printable(host.rpartition("@")[2], _LONGEST_SHOWN)  # a password may stand before it
    return f"the control API does not know the Host {shown!r}; --allowed-host makes one known"


def _from_elsewhere(origin: bytes, reached: str) -> str:
    shown = printable(origin.decode("latin-1"), _LONGEST_SHOWN)
    own = _origin(reached)
    theirs = _origin(shown)
    if own and theirs and theirs[1] == own[1]:
        return (
            f"a page of {shown} sent this, and it reached {printable(reached, _LONGEST_SHOWN)}; "
            "name a proxy between them with --trusted-proxy"
        )
    return f"a page of {shown!r} sent this; only the emulator's own pages, and programs, drive it"
