"""A server that writes down what reaches it: in an emulator's place, a proxy's or a vendor's."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_SECONDS = 2
"""How long an answer of /slow takes, unless its caller leaves before."""


@dataclass(frozen=True)
class Received:
    line: str
    headers: Message
    body: bytes


@dataclass
class Recorder:
    url: str
    received: list[Received] = field(default_factory=list)
    left: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released as often as a connection was closed."""

    @property
    def lines(self) -> list[str]:
        """The request lines, without their HTTP version."""
        return [request.line.rpartition(" ")[0] for request in self.received]


@contextmanager
def recording(location: str = "") -> Iterator[Recorder]:
    """A server for a while. What ends in /moved leads to `location`; /slow and /parts are so."""
    recorder = Recorder("")
    leave = threading.Event()

    class Handler(_Handler):
        def finish(self) -> None:
            super().finish()
            recorder.left.release()

        def received(self, body: bytes) -> None:
            recorder.received.append(Received(self.requestline, self.headers, body))

        def handle_slow(self) -> None:
            leave.wait(SLOW_SECONDS)

    Handler.location = location
    server = _Server(("127.0.0.1", 0), Handler)
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield recorder
    finally:
        leave.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a caller that leaves is no error
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    location = ""

    def received(self, body: bytes) -> None:
        raise NotImplementedError

    def handle_slow(self) -> None:
        raise NotImplementedError

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.received(self._body())
        if self.path.endswith("/slow"):
            self.handle_slow()
        if self.path.endswith("/parts"):
            self._answer_in_parts()
        elif self.path.endswith("/moved"):
            self._answer(307, b"", Location=self.location)
        else:
            self._answer(200, json.dumps({"line": self.requestline}).encode())

    do_POST = do_GET  # noqa: N815 - http.server's name

    def do_CONNECT(self) -> None:
        self.received(b"")
        self._answer(502, b"")
        self.close_connection = True

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _answer_in_parts(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b"one", b"two", b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            time.sleep(0.01)

    def _body(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body
