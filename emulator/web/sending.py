"""Sending an answer: as ASGI messages, or as what a fault makes of the connection."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

from emulator.core.clock import http_date
from emulator.core.faults import ConnectionFault
from emulator.core.outcomes import status_phrase
from emulator.core.realm import Realm
from emulator.web.messages import Answer, HeaderPairs
from emulator.web.visit import Message, Send, Visit

_BODILESS = frozenset({204, 304})

_NOTICES_WITHIN = 0.1
"""Within how many seconds a stream notices that the server stops."""

_GARBAGE = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is not HTTP \xff\xfe\x00\r\n\r\n"


class ConnectionFaultStruck(ConnectionError):
    """A connection fault struck, and another server than ours holds the connection.

    httpx's ASGITransport raises it in the client, as a broken connection would be.
    """


async def send_answer(
    answer: Answer, visit: Visit, send: Send, *, dated: bool, closing: Callable[[], bool]
) -> None:
    """Send an answer, `dated` by its realm's clock.

    Where the server is `closing`, the connection ends with it; a stream ends once it is.
    """
    headers = answer.headers
    if answer.status in _BODILESS:
        answer.body = b""
    elif answer.stream is None:
        length = len(answer.body) if answer.length is None else answer.length
        headers.append((b"content-length", b"%d" % length))
    if dated:
        headers.append((b"date", date_of(visit.realm)))
    ends = closing()
    if ends:
        headers.append((b"connection", b"close"))
    if answer.connection is not None:
        await _break(answer, answer.connection, visit)
        return
    if answer.ours and answer.stream is None and not (ends or visit.method == "HEAD"):
        connection = visit.connection
        if connection is not None and connection.answer(answer.status, headers, answer.body):
            return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.stream is not None and visit.method != "HEAD":
        await _stream(answer.stream, visit, send, closing)
    else:
        if answer.stream is not None:
            await answer.stream.aclose()
        await send({"type": "http.response.body", "body": answer.body})


def date_of(realm: Realm) -> bytes:
    """What `Date` says in a realm."""
    return http_date(int(realm.clock.now()))


def dating(send: Send, realm: Realm) -> Send:
    """`send`, with `Date` by the realm's clock."""

    async def send_dated(message: Message) -> None:
        headers = message.get("headers", ())
        if message["type"] == "http.response.start" and b"date" not in dict(headers):
            message["headers"] = [*headers, (b"date", date_of(realm))]
        await send(message)

    return send_dated


async def _stream(
    stream: AsyncGenerator[bytes, None], visit: Visit, send: Send, closing: Callable[[], bool]
) -> None:
    """Send what comes until it ends, nobody listens any more, or the server stops."""
    connection = visit.connection
    if connection is not None:
        connection.half_open = False  # else who left would be noticed only at the next event
    sent = asyncio.ensure_future(_sent(stream, send))
    left = asyncio.ensure_future(_gone(visit))
    try:
        while not closing():
            done, _ = await asyncio.wait(
                (sent, left), timeout=_NOTICES_WITHIN, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                break
    finally:
        somebody_listens = not left.done()
        for task in (sent, left):
            task.cancel()
        ended = await asyncio.gather(sent, left, return_exceptions=True)
        await stream.aclose()
    if isinstance(ended[0], Exception):
        raise ended[0]
    if somebody_listens:
        await _end(visit, send)


async def _sent(stream: AsyncGenerator[bytes, None], send: Send) -> None:
    async for data in stream:
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def _end(visit: Visit, send: Send) -> None:
    """End a stream."""
    await or_cut_off(send({"type": "http.response.body", "body": b""}), visit)


async def or_cut_off(sending: Awaitable[None], visit: Visit) -> None:
    """Send something last; who does not read what was sent before is cut off."""
    try:
        async with asyncio.timeout(_NOTICES_WITHIN):
            await sending
    except TimeoutError:
        connection = visit.connection
        if connection is not None:
            connection.reset()


async def _gone(visit: Visit) -> None:
    """Return once the caller has hung up."""
    while (await visit.receive())["type"] != "http.disconnect":
        pass


async def _break(answer: Answer, how: ConnectionFault, visit: Visit) -> None:
    connection = visit.connection
    if connection is None:
        raise ConnectionFaultStruck(answer.reason)
    if how is ConnectionFault.RESET:
        connection.reset()
    elif how is ConnectionFault.CLOSE:
        connection.end_with(b"")
    elif how is ConnectionFault.GARBAGE:
        connection.end_with(_GARBAGE)
    else:
        head = _head(answer.status, answer.headers)
        body = b"" if visit.method == "HEAD" else answer.body
        # Where there is no body to cut, the head is cut.
        connection.end_with(head + _half(body) if len(body) > 1 else _half(head))
    with contextlib.suppress(asyncio.CancelledError):
        await _gone(visit)


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _head(status: int, headers: HeaderPairs) -> bytes:
    lines = [b"%s: %s" % pair for pair in headers]
    first = f"HTTP/1.1 {status} {status_phrase(status)}".encode("ascii")
    return b"\r\n".join([first, *lines]) + b"\r\n\r\n"
