"""Calls of an emulator in this process, on its own event loop: no port, no socket."""

import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

import anyio
import httpx
from anyio.from_thread import BlockingPortal
from anyio.to_thread import run_sync

from emulator.client.errors import NotRunning, Unreachable
from emulator.client.remote import TIMEOUT, Reply
from emulator.http.connection import ConnectionFaultTriggered

IN_PROCESS_URL = "http://auth-emulator.localhost"

_OVER = "the emulator has stopped"

T = TypeVar("T")


class EventLoop:
    """An event loop in a thread of its own, on which any thread can start work."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        ready: Future[BlockingPortal] = Future()
        # A daemon thread: Python can exit although the emulator was not closed.
        self._thread = threading.Thread(
            target=anyio.run, args=(_serve, ready), name="auth-emulator", daemon=True
        )
        self._thread.start()
        self._portal: BlockingPortal | None = ready.result()

    def start(self, work: Callable[..., Awaitable[T]], *args: object) -> "Future[T]":
        """Start a coroutine. Raises NotRunning once the loop is closed, and in a forked process."""
        if self._process != os.getpid():  # the thread stayed in the parent
            raise NotRunning("the emulator runs in the parent process")
        with self._lock:  # so that no work is started behind the end of the loop
            if self._portal is not None:
                return self._portal.start_task_soon(work, *args)
        raise NotRunning(_OVER)

    def close(self) -> None:
        """Cancel what is running, and end the loop."""
        if self._process != os.getpid():
            return
        with self._lock:
            portal, self._portal = self._portal, None
        if portal is not None:
            portal.call(portal.stop, True)
            self._thread.join()


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """For `httpx.Client(transport=...)` and `httpx.AsyncClient(transport=...)` alike.

    The emulator responds for any host. A connection fault raises httpx's error for a broken
    connection. Endless streams cannot be read.
    """

    def __init__(self, app: Callable[..., Any], loop: Callable[[], EventLoop]) -> None:
        self._asgi = httpx.ASGITransport(app)
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a Client."""
        request.read()
        return _result(self._loop().start(self._answer, request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an AsyncClient, with asyncio or trio."""
        await request.aread()
        future = self._loop().start(self._answer, request)
        limiter = anyio.CapacityLimiter(1)  # not the caller's own, which lets 40 wait
        try:
            return await run_sync(_result, future, abandon_on_cancel=True, limiter=limiter)
        finally:
            future.cancel()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        with anyio.move_on_after(request.extensions.get("timeout", {}).get("read")):
            try:
                response = await self._asgi.handle_async_request(request)
            except ConnectionFaultTriggered as fault:
                raise _httpx_error(fault, request) from None
            raw = b"".join([part async for part in response.aiter_raw()])
            return httpx.Response(
                response.status_code,
                headers=response.headers,
                stream=httpx.ByteStream(raw),  # for sync and async clients alike
                request=request,
            )
        raise httpx.ReadTimeout("the emulator did not respond in time", request=request)


class AppChannel:
    """The channel to an application in this process."""

    url = IN_PROCESS_URL

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The response to one call. Raises Unreachable."""
        request = httpx.Request(
            method,
            f"{self.url}{path}",
            headers=headers,
            content=body,
            extensions={"timeout": {"read": TIMEOUT}},
        )
        try:
            response = self._transport.handle_request(request)
        except httpx.TransportError as error:
            raise Unreachable(f"the emulator did not respond ({error})") from error
        return Reply(response.status_code, response.headers, response.read())

    def lines(self, path: str) -> Iterator[bytes]:
        """Raises NotRunning: a stream needs a connection."""
        raise NotRunning(
            f"{path} is a stream, and an emulator that runs in process has no connection to send "
            "it through; run it in a thread"
        )


async def _serve(ready: "Future[BlockingPortal]") -> None:
    async with BlockingPortal() as portal:
        ready.set_result(portal)
        await portal.sleep_until_stopped()


def _result(future: "Future[T]") -> T:
    """The result of a coroutine. Raises NotRunning if the emulator was closed meanwhile."""
    try:
        return future.result()
    except CancelledError:
        raise NotRunning(_OVER) from None


def _httpx_error(fault: ConnectionFaultTriggered, request: httpx.Request) -> httpx.TransportError:
    """The error of httpx for such a broken connection."""
    if fault.kind == "reset":
        return httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    messages = {
        "close": "Server disconnected without sending a response.",
        "truncate": "peer closed connection without sending complete message body",
        "garbage": "illegal status line",
    }
    return httpx.RemoteProtocolError(messages[fault.kind], request=request)
