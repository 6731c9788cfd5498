"""How control calls reach an emulator, and their responses."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from emulator.client.errors import ApiError, hide_traceback
from emulator.client.remote import NoStream, Reply

__tracebackhide__ = hide_traceback

_BASE = "/_emulator"
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Channel(Protocol):
    """A connection to an emulator: over HTTP, or to an application in this process."""

    @property
    def url(self) -> str:
        """The emulator's base URL."""
        ...

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The response to one call. Raises Unreachable."""
        ...

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a streamed response."""
        ...


class Control:
    """The control API of one realm; `prefix` is the path that leads to the realm.

    Each method returns the decoded response, and raises ApiError if the call is refused.
    """

    def __init__(self, channel: Channel, prefix: str = "") -> None:
        self._channel = channel
        self._prefix = prefix

    @property
    def url(self) -> str:
        """The base URL of the realm."""
        return f"{self._channel.url}{self._prefix}"

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """GET; query members that are None are left out."""
        return self._json("GET", _with_query(path, query))

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        """PUT."""
        return self._json("PUT", path, body)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """POST."""
        return self._json("POST", path, body)

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """PATCH."""
        return self._json("PATCH", path, body)

    def delete(self, path: str) -> None:
        """DELETE."""
        self._json("DELETE", path)

    def submit(self, path: str, form: Mapping[str, str]) -> Any:
        """POST a form (RFC 7662, RFC 7009)."""
        return _result(self._ask("POST", path, urlencode(form).encode(), _FORM))

    def lines(self, path: str, query: Mapping[str, object] | None = None) -> Iterator[bytes]:
        """The lines of a stream."""
        try:
            yield from self._channel.lines(f"{self._prefix}{_BASE}{_with_query(path, query)}")
        except NoStream as error:
            raise _refused(error.reply) from error

    def _json(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        if body is None:
            return _result(self._ask(method, path))
        return _result(self._ask(method, path, json.dumps(body).encode(), _JSON))

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        return self._channel.ask(method, f"{self._prefix}{_BASE}{path}", body, headers)


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="@")


def _result(reply: Reply) -> Any:
    if reply.status >= HTTPStatus.BAD_REQUEST:
        raise _refused(reply)
    try:
        return json.loads(reply.body) if reply.body else None
    except ValueError:
        raise _refused(reply) from None


def _refused(reply: Reply) -> ApiError:
    """The error of a response; a response of another program is an error too."""
    problem = None
    if reply.headers.get("content-type") == "application/problem+json":
        with suppress(ValueError):
            problem = json.loads(reply.body)
    if not isinstance(problem, dict) or "detail" not in problem:
        problem = {"detail": f"no emulator responds there (HTTP {reply.status})"}
    return ApiError(reply.status, problem)


def _with_query(path: str, query: Mapping[str, object] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
