"""An emulator without a server: a call is answered in this process."""

import asyncio
from collections.abc import Iterator, Mapping

from emulator.driving.remote import Reply, Unreachable
from emulator.web.exchange import exchange
from emulator.web.stage import Stage

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
        named = {"Host": _SERVED_AT, **(headers or {})}
        sent = [(name.lower().encode(), text.encode()) for name, text in named.items()]
        url = f"http://{_SERVED_AT}{path}"
        told = asyncio.run(exchange(self._stage, method, url, sent, body or b""))
        answered = {name.decode(): value.decode("latin-1") for name, value in told.headers}
        return Reply(told.status, answered, bytes(told.content))

    def lines(self, path: str) -> Iterator[bytes]:
        """No command reads a stream."""
        raise Unreachable(f"{path} is a stream, and no connection is there to send it through")

    def close(self) -> None:
        """Nothing was begun: each call has a loop of its own."""
