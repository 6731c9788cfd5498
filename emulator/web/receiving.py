"""Reading a request's body, up to a limit."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from emulator.web.connection import Connection

BODY_LIMIT = 64 * 1024
"""The largest body that is read, in bytes."""

FORWARDED_LIMIT = 16 * 1024 * 1024
"""The same of a body that is handed on to another server, in bytes."""

_DRAINED = 16 * 1024 * 1024
"""How much of a body over the limit is read and thrown away, in bytes.

A server that answers and closes while the caller still sends resets the connection, and the
caller never reads why it was refused.
"""


class BodyTooLarge(Exception):
    """The body is over the limit."""


class CallerGone(Exception):
    """The caller hung up before its request was whole: nobody is there to answer."""


def body_at_hand(connection: Connection | None, limit: int = BODY_LIMIT) -> bytes | None:
    """The body of a request where it came with its head; BodyTooLarge past `limit`.

    None where `whole_body` may have to wait for it.
    """
    body = None if connection is None else connection.whole_body()
    if body is not None and len(body) > limit:
        raise BodyTooLarge
    return body


async def whole_body(
    headers: Sequence[tuple[bytes, bytes]],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    limit: int = BODY_LIMIT,
) -> bytes:
    """The body of a request; BodyTooLarge past `limit`, CallerGone where it breaks off."""
    if b"expect" in dict(headers) and _awaits_permission(headers) and _announced(headers) > limit:
        raise BodyTooLarge  # before `receive`, which would say "100 Continue"
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge
        return body
    return await _gathered(message, receive, limit)


async def _gathered(
    message: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    limit: int,
) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise CallerGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if not message.get("more_body", False) or size > limit + _DRAINED:
            break
        message = await receive()
    if size > limit:
        raise BodyTooLarge
    return b"".join(parts)


def _announced(headers: Sequence[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _awaits_permission(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"expect":
            return value.lower() == b"100-continue"
    return False
