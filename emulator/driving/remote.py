"""Asking a running emulator: calls of the control API, over HTTP.

By http.client and not by one of the libraries that tests use: what drives the emulator must reach
it whatever a test does to those (mocks, vendor hosts led elsewhere), goes through no proxy, and
costs nothing to import.
"""

import http.client
import os
import re
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

TIMEOUT = 75.0
"""How long a call may take from its first byte to its answer's last, in seconds.

It is longer than the longest `within` and `wait`, of 60 s.
"""

_NEXT_TIME = 5.0
"""How long a call may take once another was waited for in vain, in seconds."""

_TOKEN = re.compile(r"[\x21-\x7e]*")
_LONGEST_LINE = 1 << 20
LARGEST = 64 * 1024 * 1024
"""The largest answer that is read, in bytes: more than a server's journals hold together."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(ConnectionError):
    """Nothing answers at an address, or what answers does not speak HTTP."""


class NoStream(Exception):
    """Where a stream was asked for, `reply` came."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"status {reply.status} in the place of a stream")
        self.reply = reply


class Remote:
    """A running emulator, or one of its realms, at its base URL.

    Any number of threads may ask. `admin_token` is sent with each call; `context` says which
    certificates an https URL is trusted with. ValueError where `url` is no base URL, or where no
    header can hold the token.
    """

    def __init__(
        self,
        url: str,
        *,
        admin_token: str = "",
        timeout: float = TIMEOUT,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._parts = _parts_of(self.url)
        if not _TOKEN.fullmatch(admin_token):
            raise ValueError("the admin token holds a character that no header may; give another")
        self._headers = {"Authorization": f"Bearer {admin_token}"} if admin_token else {}
        self._timeout = timeout
        self._context = context
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._process = os.getpid()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to one call; `path` follows the base URL. Raises Unreachable."""
        sent = self._headers | dict(headers or {})
        try:
            return self._asked(self._kept() or self._connection(), method, path, body, sent)
        except TimeoutError as error:
            self._timeout = min(self._timeout, _NEXT_TIME)
            raise self._unreachable(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of an answer that has no end, as they come. Raises Unreachable, NoStream."""
        with closing(self._connection()) as connection:
            try:
                connection.request("GET", self._parts.path + path, headers=self._headers)
                answer = connection.getresponse()
                if answer.status != http.HTTPStatus.OK:
                    told = {name.lower(): value for name, value in answer.getheaders()}
                    raise NoStream(Reply(answer.status, told, answer.read()))
                while line := answer.readline(_LONGEST_LINE):
                    yield line.rstrip(b"\r\n")
            except (OSError, http.client.HTTPException) as error:
                raise self._unreachable(error) from error

    def close(self) -> None:
        """Close the connections that are kept open."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _asked(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Reply:
        try:
            with _bounded(connection, self._timeout):
                connection.request(method, self._parts.path + path, body=body, headers=headers)
                answer = connection.getresponse()
                told = {name.lower(): value for name, value in answer.getheaders()}
                reply = Reply(answer.status, told, _whole(answer))
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return reply

    def _kept(self) -> http.client.HTTPConnection | None:
        """A connection that was kept open, and that the server has not closed meanwhile.

        It is looked at beforehand: a call that failed is not made again, as it may have been heard,
        and as a fault that broke its connection is not to go unnoticed.
        """
        while True:
            with self._lock:
                if self._process != os.getpid():  # forked off: they are the other process's
                    self._idle, self._process = [], os.getpid()
                kept = self._idle.pop() if self._idle else None
            if kept is None or not _says_something(kept):
                return kept
            kept.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _unreachable(self, error: Exception) -> Unreachable:
        told = str(error) or type(error).__name__
        return Unreachable(
            f"no emulator answers at {self.url} ({told}); start it, or give another URL"
        )


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        good = good and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{url!r} is no base URL; expected one such as http://127.0.0.1:8080")
    return parts


def _whole(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise http.client.HTTPException(f"its answer has more than {LARGEST:,} bytes")
    if answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    return body


@contextmanager
def _bounded(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """A call that is cut off after so many seconds; a socket's own timeout is for each read."""
    if connection.sock is None:
        connection.connect()
    bound, over = connection.sock, threading.Event()

    def cut_off() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(bound, socket.SHUT_RDWR)  # as an SSLSocket's is for its reader

    timer = threading.Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not over.is_set():
            raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError("timed out")


def _says_something(idle: http.client.HTTPConnection) -> bool:
    """Whether a connection that was left alone was closed, or says what nobody asked."""
    with selectors.DefaultSelector() as selector:
        selector.register(idle.sock, selectors.EVENT_READ)
        return bool(selector.select(0))
