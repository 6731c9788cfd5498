"""Calls of httpx to the vendors' hosts, sent to an emulator.

The client, its hooks, its authentication and its redirects are above the transport and not
affected. Each call has a connection of its own, which ends with its response: so an AsyncClient
can be used in one event loop after another, and nothing is left open.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import cast

import httpx

from emulator.testing.vendor_hosts.routing import BLOCKS, EmulatorAddress, Patch

_Handle = Callable[[httpx.HTTPTransport, httpx.Request], httpx.Response]
_HandleAsync = Callable[[httpx.AsyncHTTPTransport, httpx.Request], Awaitable[httpx.Response]]

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""A transport without one reads the machine's certificates, which takes 10 ms and more."""


def patches() -> list[Patch]:
    """Of httpx's two transports over the network, also of those that lead to a proxy."""
    return [
        Patch(httpx.HTTPTransport, "handle_request", _wrap),
        Patch(httpx.AsyncHTTPTransport, "handle_async_request", _wrap_async),
    ]


def _wrap(theirs: _Handle) -> _Handle:
    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        emulator = _route(request)
        if emulator is None:
            return theirs(self, request)
        transport = httpx.HTTPTransport(verify=_NO_TLS, trust_env=False)
        try:
            response = transport.handle_request(_rerouted(request, emulator))
        except BaseException:
            transport.close()
            raise
        response.stream = _Stream(cast("httpx.SyncByteStream", response.stream), transport)
        return response

    return handle_request


def _wrap_async(theirs: _HandleAsync) -> _HandleAsync:
    async def handle_async_request(
        self: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        emulator = _route(request)
        if emulator is None:
            return await theirs(self, request)
        transport = httpx.AsyncHTTPTransport(verify=_NO_TLS, trust_env=False)
        try:
            response = await transport.handle_async_request(_rerouted(request, emulator))
        except BaseException:
            await transport.aclose()
            raise
        response.stream = _AsyncStream(cast("httpx.AsyncByteStream", response.stream), transport)
        return response

    return handle_async_request


def _route(request: httpx.Request) -> EmulatorAddress | None:
    return BLOCKS.route(request.url.scheme, request.url.host, request.url.port)


def _rerouted(request: httpx.Request, emulator: EmulatorAddress) -> httpx.Request:
    """The same request at the emulator; its Host header is still the vendor's."""
    prefix = emulator.prefix.encode()
    extensions = dict(request.extensions)
    if "target" in extensions:  # httpx's way to send another path than the URL's
        extensions["target"] = prefix + extensions["target"]
    url = httpx.URL(
        scheme="http",
        host=emulator.host,
        port=emulator.port,
        raw_path=prefix + request.url.raw_path,
    )
    return httpx.Request(
        request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
    )


class _Stream(httpx.SyncByteStream):
    """The body of an answer; with it ends the connection that it came by."""

    def __init__(self, body: httpx.SyncByteStream, transport: httpx.HTTPTransport) -> None:
        self._body = body
        self._transport = transport

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            self._body.close()
        finally:
            self._transport.close()


class _AsyncStream(httpx.AsyncByteStream):
    """The same for an AsyncClient."""

    def __init__(self, body: httpx.AsyncByteStream, transport: httpx.AsyncHTTPTransport) -> None:
        self._body = body
        self._transport = transport

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            await self._transport.aclose()
