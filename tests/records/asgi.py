"""Calling an ASGI application by hand: every byte of path and headers goes as it stands."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

from records.calls import Call, body_bytes

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


_LONGEST = 20
"""How long an answer may take, in seconds."""


@dataclass
class Answer:
    """What came back; `raised` where the connection broke instead."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    raised: str = ""


async def answer_to(app: AsgiApp, call: Call) -> Answer:
    """The answer of an application to a call."""
    body = body_bytes(call.body)
    sent, answer = [False], Answer()

    async def receive() -> Message:
        if sent[0]:
            return {"type": "http.disconnect"}
        sent[0] = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            pairs = message.get("headers", ())
            answer.headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in pairs]
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    try:
        async with asyncio.timeout(_LONGEST):
            await app(_scope(call, len(body)), receive, send)
    except ConnectionError:
        answer.raised = "ConnectionError"
    except Exception as error:  # noqa: BLE001 - a difference too, which is to be told
        answer.raised = type(error).__name__
    if answer.status is None and not answer.raised:
        answer.raised = "no answer"
    return answer


def _scope(call: Call, length: int) -> Message:
    path, _, query = call.target.partition("?")
    names = {name.lower() for name, _ in call.headers}
    headers = [(name.lower().encode(), _latin(value)) for name, value in call.headers]
    if "host" not in names:
        headers.insert(0, (b"host", b"emulator"))
    if length and not {"content-length", "transfer-encoding"} & names:
        headers.append((b"content-length", str(length).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": tuple(call.server) if call.server is not None else ("emulator", None),
        "client": (call.client, 123),
        "scheme": "http",
        "method": call.method,
        "root_path": "",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name, value) for name, value in headers if value != b"<<none>>"],
    }


def _latin(value: str) -> bytes:
    return value.encode("latin-1", "replace")
