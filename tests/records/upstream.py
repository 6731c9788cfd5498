"""A server for resources that are handed on: it answers with what it was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_STATUSES = {"/teapot": "418 I'm a teapot", "/gone": "410 Gone", "/made": "201 Created"}


@asynccontextmanager
async def upstream() -> AsyncIterator[str]:
    """The server, as `HOST:PORT`."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = sorted(line.split(": ", 1) for line in lines)
    length = next((int(v) for n, v in headers if n.lower() == "content-length"), 0)
    body = (await reader.readexactly(length)).decode("latin-1")
    told = {"method": method, "target": target, "headers": [[n.lower(), v] for n, v in headers]}
    answer = json.dumps(told | {"body": body}).encode()
    status = next((s for path, s in _STATUSES.items() if path in target), "200 OK")
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Upstream: yes\r\n"
        f"Set-Cookie: a=b\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode()
        + answer
    )
    await writer.drain()
    writer.close()
