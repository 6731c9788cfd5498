"""How a test's calls reach the control API, and what comes back."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from emulator.driving.errors import Refused, told_enough
from emulator.driving.remote import NoStream, Reply

__tracebackhide__ = told_enough

_BASE = "/_emulator"
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Channel(Protocol):
    """The way to an emulator: through the network, or to one in this process."""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to one call. Raises Unreachable where nobody answers."""
        ...

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of an answer that has no end, as they come."""
        ...


class Control:
    """The control API of one realm; `prefix` is what leads to the realm."""

    def __init__(self, channel: Channel, prefix: str = "") -> None:
        self.channel = channel
        self.prefix = prefix

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """What a call tells. Raises Refused, as all of these do."""
        return self._told("GET", with_query(path, query))

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        """What a call answers that sets something."""
        return self._told("PUT", path, body)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """What a call answers that makes or does something."""
        return self._told("POST", path, body)

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """What a call answers that changes something."""
        return self._told("PATCH", path, body)

    def delete(self, path: str) -> None:
        """Remove something."""
        self._told("DELETE", path)

    def submit(self, path: str, form: Mapping[str, str]) -> Any:
        """What a call answers that takes a form, as RFC 7662 and 7009 have it."""
        return read(self._ask("POST", path, urlencode(form).encode(), _FORM))

    def lines(self, path: str, query: Mapping[str, object] | None = None) -> Iterator[bytes]:
        """The lines of a stream."""
        try:
            yield from self.channel.lines(f"{self.prefix}{_BASE}{with_query(path, query)}")
        except NoStream as refused:
            raise refusal(refused.reply) from refused

    def _told(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        return read(self._ask(method, path, sent, None if sent is None else _JSON))

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Reply:
        return self.channel.ask(method, f"{self.prefix}{_BASE}{path}", body, headers)


def read(reply: Reply) -> Any:
    """What an answer holds; Refused where it is a refusal."""
    if reply.status >= HTTPStatus.BAD_REQUEST:
        raise refusal(reply)
    try:
        return json.loads(reply.body) if reply.body else None
    except ValueError:
        raise refusal(reply) from None


def refusal(reply: Reply) -> Refused:
    """The refusal that an answer is, if an emulator gave it."""
    problem = None
    if reply.headers.get("content-type") == "application/problem+json":
        with suppress(ValueError):
            problem = json.loads(reply.body)
    if not isinstance(problem, dict) or "detail" not in problem:
        problem = {"detail": f"no emulator answers there (HTTP {reply.status})"}
    return Refused(reply.status, problem)


def with_query(path: str, query: Mapping[str, object] | None) -> str:
    """A path with a query of what is not None."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="@")
