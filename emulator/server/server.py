"""The server: uvicorn, configured for tests.

It does not trust `X-Forwarded-*` from loopback, and sends neither `Server` nor `Date`: the realm's
clock sets it.
"""

import asyncio
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from emulator.server.protocol import HttpProtocol
from emulator.server.tls import Tls

GRACE = 5
"""How long a stopping server waits for the requests in hand, in seconds."""

_ABORT_AFTER = GRACE - 0.5
"""When remaining connections are closed, in seconds, before uvicorn responds with 500."""

_TLS_HANDSHAKE = 15
"""The timeout of a TLS handshake, in seconds."""

_TLS_FAREWELL = 1
"""The timeout of a TLS shutdown, in seconds; by default 30."""

_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class HttpsListener:
    """The HTTPS listener: a listening socket and its certificate."""

    socket: socket.socket
    tls: Tls


class Server(uvicorn.Server):
    """A uvicorn server that exits with status 0, and can serve HTTPS beside HTTP.

    `on_started` is called on the running loop once it listens. `app.state.stopping` is an
    `asyncio.Event` that is set when the server begins to stop: streams watch it.
    """

    def __init__(
        self,
        app: FastAPI,
        *,
        https: HttpsListener | None = None,
        on_started: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(_config(app))
        self._stopping = app.state.stopping = asyncio.Event()
        self._https = https
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, at both ports."""
        await super().startup(sockets)
        if self._https is not None:
            self.servers.append(await self._serve_https(self._https))
        self._on_started()

    async def _serve_https(self, https: HttpsListener) -> asyncio.Server:
        with https.tls.certificate_file() as path:
            config = _config(self.config.app, ssl_certfile=path, lifespan="off")
            config.load()

        def protocol() -> HttpProtocol:
            return HttpProtocol(config, self.server_state, self.lifespan.state)

        return await asyncio.get_running_loop().create_server(
            protocol,
            sock=https.socket,
            ssl=config.ssl,
            backlog=config.backlog,
            ssl_handshake_timeout=_TLS_HANDSHAKE,
            ssl_shutdown_timeout=_TLS_FAREWELL,
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End event streams, finish requests in progress, and close."""
        self._stopping.set()
        abort = asyncio.get_running_loop().call_later(_ABORT_AFTER, self._abort_connections)
        https = [self._https.socket] if self._https is not None else []
        await super().shutdown([*(sockets or []), *https])
        abort.cancel()

    def _abort_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Stop; at a second SIGINT at once. uvicorn's own raises the signal again at the end."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=75,  # longer than clients keep connections in their pools
        timeout_graceful_shutdown=GRACE,
        **more,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port` (0: any free one). Raises OSError.

    A name is bound to the first address that it has.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)  # only now is it certain that no other process has the port
    except OSError:
        listening.close()
        raise
    return listening


def address_of(listening: socket.socket, scheme: str = "http") -> str:
    """The base URL of a listening socket, as a client on this machine writes it."""
    host, port = listening.getsockname()[:2]
    if listening.family == socket.AF_INET6:
        host = f"[{'::1' if host == '::' else host}]"
    elif host == "0.0.0.0":  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    return f"{scheme}://{host}:{port}"
