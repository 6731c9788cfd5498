"""The base URL that is checked, and requests to it, each with a timeout."""

import asyncio
import ssl
from dataclasses import dataclass, replace
from typing import Any

import httpx

from emulator.client.remote import Remote
from emulator.client.vendors import NbcGate, OmniOmni, Vault

HEALTH = "/_emulator/health"
VENDORS = (OmniOmni, NbcGate, Vault)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A base URL as a client is configured with it; `timeout` is seconds per check."""

    base_url: httpx.URL
    timeout: float

    def __str__(self) -> str:
        return str(self.base_url).rstrip("/")

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self.base_url.scheme

    @property
    def host(self) -> str:
        """A name or an address, without brackets."""
        return self.base_url.host

    @property
    def port(self) -> int:
        """The port, also if the URL leaves it out."""
        return self.base_url.port or _DEFAULT_PORTS[self.scheme]

    @property
    def authority(self) -> str:
        """Host and port, as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def moved(self, **parts: Any) -> "Target":
        """The same with other parts of the URL, as `httpx.URL.copy_with` takes them."""
        return replace(self, base_url=self.base_url.copy_with(**parts))

    def client(self, context: ssl.SSLContext | None = None, **options: Any) -> httpx.AsyncClient:
        """A client that uses no proxy unless `options` name one."""
        return httpx.AsyncClient(
            base_url=self.base_url,
            verify=context or ssl.create_default_context(),
            timeout=None,  # noqa: S113 - `ask` has one for the whole of a call
            trust_env=False,
            **options,
        )

    async def ask(
        self, client: httpx.AsyncClient, method: str, path: str, **options: Any
    ) -> httpx.Response:
        """The answer to a call. Raises TimeoutError and httpx.HTTPError."""
        async with asyncio.timeout(self.timeout):
            return await client.request(method, path, **options)

    async def health(self, **options: Any) -> dict[str, Any] | None:
        """The health of the emulator there; its certificate is not verified."""
        try:
            async with self.client(unverified(), **options) as client:
                return health_in(await self.ask(client, "GET", HEALTH))
        # A proxy of the environment may be no URL, or one of SOCKS, which needs another package.
        except (OSError, ValueError, ImportError, httpx.HTTPError, httpx.InvalidURL):
            return None


def target_of(url: str, timeout: float) -> Target:
    """The target of a base URL; `http://` may be left out. Raises ValueError if it is none.

    The path that a vendor's client appends, `/ecrop-command`, is not part of it.
    """
    base_url = Remote(url if "://" in url else f"http://{url}").url
    for vendor in VENDORS:
        base_url = base_url.removesuffix(vendor.base_path)
    return Target(httpx.URL(base_url), timeout)


def unverified() -> ssl.SSLContext:
    """A context that trusts every certificate. No secret is sent by it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def health_in(response: httpx.Response) -> dict[str, Any] | None:
    """The health in an emulator's answer; None in that of another program."""
    members = members_of(response)
    is_healthy = response.status_code == httpx.codes.OK and members.get("status") == "ok"
    return members if is_healthy and isinstance(members.get("realms"), list) else None


def members_of(response: httpx.Response) -> dict[str, Any]:
    """The members of an answer in JSON; none if it is no object."""
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
