"""What may stand at an address instead of an emulator, or between it and its callers."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import trustme

HOST = "127.0.0.1"


@dataclass
class Front:
    """A server that hands calls on to `behind`, as a proxy does, or answers by itself.

    `kept` are answers that it gives by itself, by path: status and body. `asked` are the paths that
    it was asked for, `bearers` the Authorization that came along.
    """

    behind: str | None = None
    kept: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def https(self) -> str:
        return f"https://{HOST}:{self.port}"


@contextmanager
def fronting(front: Front, context: ssl.SSLContext | None = None) -> Iterator[Front]:
    """A front on a free port; with `context` it speaks TLS."""

    class Handler(BaseHTTPRequestHandler):
        def version_string(self) -> str:
            return "Other/1.0"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle_one_request(self) -> None:
            with suppress(OSError):
                super().handle_one_request()

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            front.asked.append(self.path)
            front.bearers += self.headers.get_all("Authorization") or []
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content, kind = 404, b"<h1>Not here</h1>", "text/html"
            if self.path in front.kept:
                status, content = front.kept[self.path]
            elif front.behind is not None:
                # As a proxy is asked, the whole URL; as a server, a path.
                url = self.path if "://" in self.path else front.behind + self.path
                passed = {"Content-Type": self.headers.get("Content-Type") or "text/plain"}
                answer = httpx.request(
                    self.command, url, content=body, headers=passed, trust_env=False
                )
                status, content = answer.status_code, answer.content
                kind = answer.headers.get("Content-Type", kind)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        front.port = server.server_port
        thread = threading.Thread(target=lambda: server.serve_forever(0.02))
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join(10)


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A server's side of TLS with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a program that does what it likes with whoever connects."""
    ending = threading.Event()

    def serve(bound: socket.socket) -> None:
        while not ending.is_set():
            with suppress(OSError):
                connection, _ = bound.accept()
                with connection:
                    answer(connection)

    with socket.create_server((HOST, 0)) as bound:
        bound.settimeout(0.05)
        thread = threading.Thread(target=serve, args=(bound,))
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            ending.set()
            thread.join(10)


@contextmanager
def not_accepting() -> Iterator[int]:
    """The port of a program whose queue is full: whoever connects waits (Linux)."""
    with socket.create_server((HOST, 0), backlog=0) as bound:
        port = bound.getsockname()[1]
        waiting = []
        try:
            for _ in range(4):
                waiting.append(connection := socket.socket())
                connection.setblocking(False)
                with suppress(BlockingIOError):
                    connection.connect((HOST, port))
            yield port
        finally:
            for connection in waiting:
                connection.close()


@contextmanager
def nobody_listening() -> Iterator[int]:
    """A port at which nobody listens. It is held: who connects could else get it, and itself."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield held.getsockname()[1]
