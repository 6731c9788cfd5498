"""An emulator without a server: a call is answered in this process."""

import asyncio
from collections.abc import Mapping

from emulator.driving.remote import Reply
from emulator.web.stage import Stage
from emulator.web.visit import Message

_SERVED_AT = "127.0.0.1:8080"
"""Where `serve` answers by default: what `issuer: caller` makes the issuer of."""


class InThisProcess:
    """An emulator without a server."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to one call."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        named = {"Host": _SERVED_AT, **(headers or {})}
        scope: Message = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.lower().encode(), text.encode()) for name, text in named.items()],
        }
        asyncio.run(self._stage(scope, receive, send))
        start, *rest = sent
        told = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], told, b"".join(part.get("body", b"") for part in rest))

    def close(self) -> None:
        """Nothing was begun: each call has a loop of its own."""
