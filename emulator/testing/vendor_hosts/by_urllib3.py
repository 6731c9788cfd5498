"""Calls of urllib3, and so of requests, to the vendors' hosts, sent to an emulator.

Every pool of urllib3, a PoolManager's and a ProxyManager's too, sends by `urlopen`. Ours hands the
call to a pool of its own, with all that came with it (retries, timeout, stream), which connects to
the emulator and sends the vendor's name. requests is above that and not affected.
"""

from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util import parse_url

from emulator.testing.vendor_hosts.routing import BLOCKS, EmulatorAddress, Patch

_UrlOpen = Callable[..., Any]


def patches() -> list[Patch]:
    """Of the method by which every pool sends, for https as for http."""
    return [Patch(HTTPConnectionPool, "urlopen", _wrap)]


def _wrap(theirs: _UrlOpen) -> _UrlOpen:
    def urlopen(
        self: HTTPConnectionPool, method: str, url: str, *arguments: Any, **named: Any
    ) -> Any:
        host, emulator = _addressed(self, url)
        if emulator is None or self.pool is None:  # theirs says that a pool is closed
            return theirs(self, method, url, *arguments, **named)
        pool = _Pool(self, host, emulator)
        try:
            response = pool.urlopen(method, url, *arguments, **named)
        except BaseException:
            pool.close()
            raise
        if response.closed or response.connection is not None:
            # It is read, or has its connection, which a closed pool closes when it comes back. Else
            # the pool has the connection of an unread answer, and ends with it.
            pool.close()
        return response

    return urlopen


def _addressed(pool: HTTPConnectionPool, url: str) -> tuple[str, EmulatorAddress | None]:
    """The host that a call is for, and the emulator if it is a vendor's."""
    if pool.proxy is not None and not url.startswith("/"):
        # The pool is the proxy's own: for what is not https it gets the whole URL.
        asked = parse_url(url)
        host = asked.host or ""
        return host, BLOCKS.route(asked.scheme or "", host, asked.port)
    return pool.host, BLOCKS.route(pool.scheme, pool.host, pool.port)


class _Connection(HTTPConnection):
    """Sends what the vendor would get, below the path of the emulator's realm."""

    def __init__(self, *arguments: Any, vendor: str, prefix: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._vendor = vendor
        self._prefix = prefix

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,  # noqa: FBT001, FBT002 - the signature is http.client's
        skip_accept_encoding: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        """Begin the request; its path is the realm's, its Host header the vendor's."""
        path = url if url.startswith("/") else parse_url(url).request_uri
        super().putrequest(
            method,
            self._prefix + path,
            skip_host=True,
            skip_accept_encoding=skip_accept_encoding,
        )
        if not skip_host:
            self.putheader("Host", self._vendor)


class _Pool(HTTPConnectionPool):
    """The way to the emulator for one call, with its retries and redirects."""

    ConnectionCls = _Connection

    def __init__(self, vendors: HTTPConnectionPool, host: str, emulator: EmulatorAddress) -> None:
        super().__init__(
            emulator.host,
            emulator.port,
            timeout=vendors.timeout,
            headers=vendors.headers,
            retries=vendors.retries,
            vendor=host,
            prefix=emulator.prefix,
        )
        self._vendors = vendors

    def is_same_host(self, url: str) -> bool:
        """Whether a URL of the client's is of the pool that it called."""
        return self._vendors.is_same_host(url)
