"""An emulator without a server: calls are handled in this process."""

import asyncio
from collections.abc import Iterator, Mapping

import httpx
from fastapi import FastAPI

from emulator.client.errors import Unreachable
from emulator.client.remote import Reply


class InProcess:
    """The application of an emulator, called as a server on this machine is."""

    url = "http://127.0.0.1:8080"
    """The default URL of `serve`: the issuer with `issuer: caller`."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The response to one call."""

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=self.url) as client:
                return await client.request(method, path, content=body, headers=headers)

        response = asyncio.run(call())
        return Reply(response.status_code, dict(response.headers), response.content)

    def lines(self, path: str) -> Iterator[bytes]:
        """No command reads a stream. Raises Unreachable."""
        raise Unreachable(f"{path} is a stream, which is not read in this process")

    def close(self) -> None:
        """Nothing is kept open: each call has an event loop of its own."""
