"""Where the doctor looks, and what answers there."""

import http.client
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import orjson

from emulator.cli.doctor.bounds import within
from emulator.driving.remote import Remote, Reply, Unreachable
from emulator.driving.vendors import NbcGate, OmniOmni, Vault

HEALTH = "/_emulator/health"
_VENDORS_PATHS = tuple(v.base_path for v in (OmniOmni, NbcGate, Vault) if v.base_path)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """A base URL taken apart; `timeout` is how long each call may take, in seconds.

    What a vendor's own client has behind it, `/ecrop-command`, is no part of it.
    """

    scheme: str
    host: str
    port: int
    path: str
    timeout: float

    @classmethod
    def of(cls, url: str, timeout: float) -> "Place":
        """The place of a base URL; one without a scheme is HTTP's. ValueError where it is none."""
        parts = urlsplit(Remote(url if "://" in url else f"http://{url}").url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        path = parts.path
        for vendors in _VENDORS_PATHS:
            path = path.removesuffix(vendors)
        return cls(parts.scheme, parts.hostname or "", port, path, timeout)

    @property
    def at(self) -> str:
        """Host and port, as a URL has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL."""
        usual = self.port == _DEFAULT_PORTS[self.scheme]
        at = self.at.rpartition(":")[0] if usual else self.at
        return f"{self.scheme}://{at}{self.path}"

    def moved(self, **other: Any) -> "Place":
        """Another place like this one."""
        return replace(self, **other)

    def remote(self, admin_token: str = "", context: ssl.SSLContext | None = None) -> Remote:
        """Whoever answers there."""
        return _Patient(self.url, admin_token=admin_token, timeout=self.timeout, context=context)

    def health(self) -> dict[str, Any] | None:
        """The health of the emulator that answers there; of a certificate nothing is asked."""
        context = unverified() if self.scheme == "https" else None
        with closing(self.remote(context=context)) as remote:
            try:
                return health_in(remote.ask("GET", HEALTH))
            except Unreachable:
                return None


class _Patient(Remote):
    """Whoever answers within the timeout; of that, connecting is a part."""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """See `Remote.ask`."""
        ask = super().ask
        try:
            return within(self._timeout, lambda: ask(method, path, body, headers))
        except TimeoutError as error:
            raise self._unreachable(error) from error


def health_in(reply: Reply) -> dict[str, Any] | None:
    """What an emulator tells of its health; None where this is no emulator's answer."""
    told = members_of(reply)
    good = reply.status == http.client.OK and told.get("status") == "ok"
    return told if good and isinstance(told.get("realms"), list) else None


def members_of(reply: Reply) -> dict[str, Any]:
    """The members of a JSON answer; none where it is no object."""
    return object_in(reply) or {}


def object_in(reply: Reply) -> dict[str, Any] | None:
    """The object that a JSON answer is, if it is one."""
    try:
        told = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None


def unverified() -> ssl.SSLContext:
    """For looking at a certificate, whoever signed it. No secret goes through it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
