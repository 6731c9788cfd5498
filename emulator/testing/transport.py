"""httpx, answered by an emulator in this process: no port, no socket."""

import asyncio
from collections.abc import Callable

import anyio.to_thread
import httpx

from emulator.testing.in_process import Loop, result_of
from emulator.web.exchange import Exchange, exchange
from emulator.web.stage import Stage


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """For `httpx.Client(transport=...)` and `httpx.AsyncClient(transport=...)` alike.

    Whatever host a client addresses, the emulator answers. A connection fault raises what httpx
    raises where a real connection breaks so. Answers without an end cannot be read.
    """

    def __init__(self, stage: Stage, loop: Callable[[], Loop]) -> None:
        self._stage = stage
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a Client."""
        request.read()
        future = self._loop().submit(self._exchanged(request))
        return _response(result_of(future), request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an AsyncClient, whatever runs its tasks."""
        await request.aread()
        future = self._loop().submit(self._exchanged(request))
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # trio runs it
            return _response(await anyio.to_thread.run_sync(result_of, future), request)
        # Shielded, and waited for: what ended with the emulator is not this task cancelled.
        waiting = asyncio.wrap_future(future)
        try:
            await asyncio.wait((waiting,))
        finally:
            waiting.cancel()
        return _response(result_of(future) if future.cancelled() else waiting.result(), request)

    async def _exchanged(self, request: httpx.Request) -> Exchange:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        limit = _timeout(request)
        try:
            async with asyncio.timeout(limit):
                return await exchange(
                    self._stage, request.method, _sent(request.url), headers, request.content
                )
        except TimeoutError as error:
            raise httpx.ReadTimeout("the emulator did not answer in time") from error


def _sent(url: httpx.URL) -> str:
    """The URL as a connection would carry it: httpx's own text of it drops nothing of the path."""
    target = url.raw_path.decode("ascii")
    return f"{url.scheme}://{url.netloc.decode('ascii')}{target}"


def _timeout(request: httpx.Request) -> float | None:
    limit: float | None = request.extensions.get("timeout", {}).get("read")
    return limit


def _response(told: Exchange, request: httpx.Request) -> httpx.Response:
    if told.was_reset:
        raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    if told.cut is not None:
        raise httpx.RemoteProtocolError(_broken(told.cut), request=request)
    return httpx.Response(
        told.status, headers=told.headers, content=bytes(told.content), request=request
    )


def _broken(cut: bytes) -> str:
    """What httpx says of a connection that ends so."""
    if not cut:
        return "Server disconnected without sending a response."
    if cut.startswith(b"HTTP/"):
        return "peer closed connection without sending complete message body"
    return "illegal status line"
