"""Calls of a running emulator over HTTP.

It uses http.client, not a library that tests mock or redirect; it uses no proxy, and is imported
quickly.
"""

import http.client
import os
import re
import selectors
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from emulator.client.errors import Unreachable

TIMEOUT = 75.0
"""The timeout of a response, in seconds: more than the longest `within` and `wait`, of 60 s."""

_TOKEN = re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class Reply:
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoStream(Exception):
    """`reply` was received in place of a stream."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"status {reply.status} in place of a stream")
        self.reply = reply


class Remote:
    """A running emulator, or one of its realms, at its base URL.

    Any number of threads may call it. `admin_token` is sent with each call; `context` says which
    certificates an https URL is trusted with. Raises ValueError if `url` is not a base URL, or if
    the token has a character that is not allowed in a header.
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
        self._parts = _base_url(self.url)
        if not _TOKEN.fullmatch(admin_token):
            raise ValueError(
                "the admin token contains a character that is not allowed in a header; give another"
            )
        self._headers = {"Authorization": f"Bearer {admin_token}"} if admin_token else {}
        self._timeout = timeout
        self._context = context
        self._idle: list[http.client.HTTPConnection] = []
        self._closed = False
        self._lock = threading.Lock()
        self._process = os.getpid()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The response to one call; `path` follows the base URL. Raises Unreachable."""
        connection = self._idle_connection() or self._new_connection()
        sent = {**self._headers, **(headers or {})}
        with self._errors_translated(), ExitStack() as stack:
            stack.callback(connection.close)
            connection.request(method, self._parts.path + path, body, sent)
            response = connection.getresponse()
            reply = _reply(response)
            with self._lock:
                if not response.will_close and not self._closed:
                    stack.pop_all()
                    self._idle.append(connection)
        return reply

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a streamed response. Raises Unreachable, NoStream."""
        with self._errors_translated(), closing(self._new_connection()) as connection:
            connection.request("GET", self._parts.path + path, headers=self._headers)
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                raise NoStream(_reply(response))
            while line := response.readline():
                yield line.rstrip(b"\r\n")

    def close(self) -> None:
        """Close the idle connections, and keep no more."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _idle_connection(self) -> http.client.HTTPConnection | None:
        """An idle connection that the server has not closed.

        It is checked first, as no call is retried: a failed call may have had its effect, and a
        broken connection may be a fault.
        """
        with self._lock:
            if self._process != os.getpid():  # after a fork they are the parent's
                self._idle, self._process = [], os.getpid()
            while self._idle:
                connection = self._idle.pop()
                if not _is_readable(connection):
                    return connection
                connection.close()
        return None

    def _new_connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    @contextmanager
    def _errors_translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(
                f"no emulator responds at {self.url} ({str(error) or type(error).__name__}); "
                "start it, or give another URL"
            ) from error


def _is_readable(connection: http.client.HTTPConnection) -> bool:
    """Whether an idle connection is readable, as the server has closed it."""
    with selectors.DefaultSelector() as selector:  # select() knows no more than 1,024 files
        selector.register(connection.sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _reply(response: http.client.HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def _base_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        good = good and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{url!r} is not a base URL; expected one such as http://127.0.0.1:8080")
    return parts
