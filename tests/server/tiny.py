"""A small application of the tests' own under our server; as a program, until a signal ends it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from emulator.http.connection import connection_of, server_is_stopping
from emulator.server.server import HttpsListener, Server, address_of, listening_socket
from emulator.server.tls import Tls

NAMES = ["localhost", "127.0.0.1", "my_service", "Vault.Test."]


class Broken(Response):
    """Breaks its connection, and sends nothing by ASGI."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        connection = connection_of(scope)
        assert connection is not None
        if self.how == "reset":
            connection.reset()
        else:
            connection.end_with(b"" if self.how == "close" else b"no HTTP")


def tiny_app() -> FastAPI:
    app = FastAPI()

    @app.post("/echo")
    async def echo(request: Request) -> dict[str, object]:
        body = (await request.body()).decode()
        client = request.client.host if request.client else None
        return {"body": body, "scheme": request.url.scheme, "client": client}

    @app.get("/broken/{how}")
    async def broken(how: str) -> Response:
        return Broken(how)

    @app.get("/slow")
    async def slow(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    @app.get("/events")
    async def events(request: Request) -> Response:
        async def forever() -> AsyncIterator[bytes]:
            yield b"data: begun\n\n"
            while not server_is_stopping(request):  # noqa: ASYNC110 - as the journal's stream does
                await asyncio.sleep(0.02)

        return StreamingResponse(forever(), media_type="text/event-stream")

    return app


@dataclass(frozen=True)
class Tiny:
    server: Server
    port: int
    https_port: int
    ca: str

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this server, as strictly as Python 3.13 does."""
        context = ssl.create_default_context(cadata=self.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    def connect_by_tls(
        self, host: str = "localhost", context: ssl.SSLContext | None = None
    ) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.https_port), timeout=10)
        return (context or self.trusting()).wrap_socket(raw, server_hostname=host)


@contextmanager
def serving_tiny() -> Iterator[Tiny]:
    """The application at two ports; when the context ends it has stopped."""
    plain, secure = listening_socket("127.0.0.1", 0), listening_socket("127.0.0.1", 0)
    tls, started = Tls(NAMES), threading.Event()
    server = Server(tiny_app(), https=HttpsListener(secure, tls), on_started=started.set)
    thread = threading.Thread(target=server.run, args=([plain],))
    ports = plain.getsockname()[1], secure.getsockname()[1]
    thread.start()
    try:
        assert started.wait(10)
        yield Tiny(server, *ports, tls.ca_certificate)
    finally:
        server.should_exit = True
        thread.join(20)


def head(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """A request; its body's length stands in the head, and nothing of the body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode()


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def answer(connection: socket.socket) -> bytes:
    """One whole answer with a JSON body."""
    got = b""
    while not got.endswith((b"}", b'"')):
        part = connection.recv(65536)
        assert part, f"closed after {got!r}"
        got += part
    return got


if __name__ == "__main__":
    bound = listening_socket("127.0.0.1", 0)
    print(address_of(bound), flush=True)  # noqa: T201 - read by the test
    Server(tiny_app()).run(sockets=[bound])
