"""Serving: uvicorn with its defaults settled for a server that strangers' tests talk to.

- It believes no `X-Forwarded-*`: by default uvicorn believes them from loopback.
- It sends no `Date` of its own: the realm's clock does, through the stage. No `Server` either.
- What callers send, and how slowly, is bounded (`protocol`).
- It stops with exit status 0 and answers every request that was begun; uvicorn would end itself
  by the signal, and hang up on requests that it has not read yet.
"""

import asyncio
import contextlib
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import uvicorn
from msgspec import Struct

from emulator.web.protocol import BoundedProtocol
from emulator.web.stage import Stage

GRACE = 5
"""How long a stopping server waits for the requests in hand, in seconds."""

LAST_CALL = 0.1
"""How long a stopping server still reads what callers had already sent, in seconds."""

_BACKLOG = 2048

_KEEP_ALIVE = 75
"""How long an idle connection stays open, in seconds: longer than clients keep them pooled."""


class Secured(Struct, frozen=True):
    """Where HTTPS is served: a listening socket, and what callers are shown there."""

    bound: socket.socket
    context: ssl.SSLContext


class Server(uvicorn.Server):
    """A uvicorn server around a stage.

    `on_started` is called once it listens; `last_call` is for how many seconds it still takes in
    whoever comes, when it stops. `secured` is where it also serves HTTPS.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        on_started: Callable[[], object] = lambda: None,
        last_call: float = LAST_CALL,
        secured: Secured | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                stage,
                http=BoundedProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._stage = stage
        self._on_started = on_started
        self._last_call = last_call
        self._secured = secured

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell who waits for it."""
        await super().startup(sockets)
        if self._secured is not None:
            await self._serve_secured(self._secured)
        self._on_started()

    async def _serve_secured(self, secured: Secured) -> None:
        from emulator.web.encrypted import Encrypted

        def connection() -> Encrypted:
            protocol = BoundedProtocol(
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return Encrypted(protocol, secured.context)

        loop = asyncio.get_running_loop()
        self.servers.append(
            await loop.create_server(connection, sock=secured.bound, backlog=_BACKLOG)
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in who is at the door, answer what callers had sent by then, and close."""
        self._stage.closing = True
        listening = [*(sockets or []), *([self._secured.bound] if self._secured else [])]
        for bound in listening:
            bound.listen(0)  # no longer a queue: who still comes is let in at once, or refused
        await asyncio.sleep(self._last_call)
        await super().shutdown(listening)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT stop the server; it does not raise them again when it has stopped."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port` (0: any free one). Raises OSError.

    A name is bound to the first address that it has.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)  # only now is it sure that nobody else has the port
    except OSError:
        bound.close()
        raise
    return bound


def address_of(bound: socket.socket, scheme: str = "http") -> str:
    """The base URL of a bound socket, as a caller on this machine writes it."""
    host, port = bound.getsockname()[:2]
    if bound.family == socket.AF_INET6:
        host = f"[{'::1' if host == '::' else host}]"
    elif host == "0.0.0.0":  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    return f"{scheme}://{host}:{port}"
