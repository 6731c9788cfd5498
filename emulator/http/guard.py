"""Who may use the control API.

A guarded call is allowed if all of this holds:

- No page of another site sent it (`Origin`, `Sec-Fetch-Site`): a browser that shows a foreign page
  must not control the emulator beside it.
- If the network can reach us, it brings the admin token (RFC 6750 §2.1). The address that we are
  bound to decides, never the peer's nor what a header says.
- Else its one `Host` is known: a foreign name that was made to lead here (DNS rebinding) is not.
  Who brings the admin token needs no known `Host`.

Under a server that is not ours it is not known what that is bound to: then the address at which the
connection arrived decides. A call without one comes from this process (httpx's ASGITransport) or
through a socket in the file system.
"""

import hmac
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator.addresses import (
    TrustedProxies,
    host_name,
    is_local_name,
    is_loopback,
    normalized,
    parse_address,
    parse_origin,
)
from emulator.core.outcomes import Refused, printable
from emulator.http.caller import base_url

_OWN_SITE = frozenset({b"same-origin", b"none"})
_SHOWN = 60

_log = logging.getLogger("emulator")

Headers = Sequence[tuple[bytes, bytes]]


class ControlGuard:
    """The guard of one server.

    `bound_to` is the address that the server is bound to; `allowed_hosts` are names in addition to
    localhost by which it may be reached; `admin_token` is made if it is needed and not given;
    `proxies` are trusted for the address that a caller used.
    """

    def __init__(
        self,
        *,
        bound_to: str | None,
        allowed_hosts: Iterable[str],
        admin_token: str,
        proxies: TrustedProxies,
    ) -> None:
        self._proxies = proxies
        self._bound_to = bound_to
        self._allowed = frozenset(allowed_hosts)
        self._token = admin_token.strip().encode()
        if bound_to is not None and not is_loopback(bound_to):
            self._make_token()

    def check(self, scope: Mapping[str, Any]) -> None:
        """Raise Refused if a call is not allowed."""
        headers: Headers = scope["headers"]
        self._check_site(scope, headers)
        bearer = _sent(headers, b"authorization")
        if self._is_token(bearer):
            return
        bound_to = self._bound_to or _arrived_at(scope)
        if bound_to is None:
            return
        if not is_loopback(bound_to):
            raise self._no_token(bearer)
        self._check_host(scope, headers, bound_to)

    def _check_site(self, scope: Mapping[str, Any], headers: Headers) -> None:
        # Without a path, which no origin has.
        reached = "/".join(base_url(scope, self._proxies).split("/", 3)[:3])
        for origin in _sent(headers, b"origin"):
            theirs = parse_origin(origin.decode("latin-1"))
            if theirs is None or theirs != parse_origin(reached):
                raise Refused("cross_site_request", _from_elsewhere(origin, reached))
        if any(site not in _OWN_SITE for site in _sent(headers, b"sec-fetch-site")):
            raise Refused(
                "cross_site_request",
                "a page of another site sent this (Sec-Fetch-Site); only the emulator's own pages, "
                "and programs, may call the control API",
            )

    def _check_host(self, scope: Mapping[str, Any], headers: Headers, bound_to: str) -> None:
        sent = _sent(headers, b"host")
        if len(sent) != 1:
            raise Refused(
                "unknown_host", f"the request has {len(sent) or 'no'} Host headers; send one"
            )
        # The host that a trusted proxy forwards must be allowed as well.
        reached = base_url(scope, self._proxies).partition("://")[2].partition("/")[0]
        for host in (sent[0].decode("latin-1"), reached):
            name = host_name(host)
            known = name and (
                is_local_name(name) or name == normalized(bound_to) or name in self._allowed
            )
            if not known:
                raise Refused("unknown_host", _unknown(host))

    def _is_token(self, bearer: list[bytes]) -> bool:
        if len(bearer) != 1 or not self._token:
            return False
        scheme, _, token = bearer[0].strip().partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)

    def _no_token(self, bearer: list[bytes]) -> Refused:
        self._make_token()
        if bearer and not bearer[0].lower().startswith(b"bearer "):
            return Refused(
                "admin_token_wrong",
                "the Authorization header is not of the form Bearer and the admin token, which is "
                "AUTH_EMULATOR_ADMIN_TOKEN, or the one in the log",
            )
        if bearer:
            return Refused(
                "admin_token_wrong",
                "the Authorization header does not hold the admin token: "
                "AUTH_EMULATOR_ADMIN_TOKEN, or the one in the log",
            )
        return Refused(
            "admin_token_missing",
            "the network can reach the control API: send Authorization: Bearer with "
            "AUTH_EMULATOR_ADMIN_TOKEN, or the token in the log",
        )

    def _make_token(self) -> None:
        """Make the token if none was given. It is the only secret in the log."""
        if not self._token:
            made = secrets.token_urlsafe(32)
            self._token = made.encode()
            _log.warning(
                "the network can reach the control API, which requires Authorization: Bearer %s "
                "(made for this run; set AUTH_EMULATOR_ADMIN_TOKEN to choose one)",
                made,
            )


def _sent(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _arrived_at(scope: Mapping[str, Any]) -> str | None:
    """The address of our end of the connection; None if there is no such address."""
    host, _ = scope.get("server") or (None, None)
    return host if isinstance(host, str) and parse_address(host) is not None else None


def _unknown(host: str) -> str:
    shown = printable(host.rpartition("@")[2], _SHOWN)  # a password may precede it
    return f"the control API does not allow the Host {shown!r}; allow it with --allowed-host"


def _from_elsewhere(origin: bytes, reached: str) -> str:
    shown = printable(origin.decode("latin-1"), _SHOWN)
    own, theirs = parse_origin(reached), parse_origin(shown)
    if own and theirs and theirs[1] == own[1]:
        return (
            f"a page of {shown} sent this to {printable(reached, _SHOWN)}; "
            "if a proxy is between them, name it with --trusted-proxy"
        )
    return (
        f"a page of {shown!r} sent this; only the emulator's own pages, and programs, may call the "
        "control API"
    )
