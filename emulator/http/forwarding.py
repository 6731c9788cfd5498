"""Forwarding a checked request to another server, and its response back."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from emulator.core.outcomes import Refused

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 30
"""The timeout of the other server's whole response, in seconds."""

_MAX_ANSWER = 16 * 1024 * 1024
"""The largest response that is returned, in bytes."""

_HOP_BY_HOP = frozenset(
    {
        # RFC 9110 §7.6.1, and what each connection says for itself
        *(b"connection", b"proxy-connection", b"keep-alive", b"proxy-authenticate"),
        *(b"proxy-authorization", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade", b"host", b"content-length", b"expect"),
    }
)
_MARK = b"x-emulator-forwarded"
"""Sent in forwarded requests, so that a loop is noticed."""


class Forwarder:
    """Forwards requests, over connections that are kept.

    httpx is imported when it is used, as it takes a twentieth of the start.
    """

    def __init__(self) -> None:
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._id = secrets.token_hex(8).encode()
        """Identifies this emulator in requests that pass through several."""

    async def forward(self, base: str, request: Request, target: bytes, body: bytes) -> Response:
        """The response of the server at `base` to the same request. Raises Refused.

        `target` is path and query as they were sent.
        """
        import httpx

        passed = [value for name, value in request.headers.raw if name == _MARK]
        if self._id in passed:
            raise Refused("forward_failed", f"{base} is this emulator itself")
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._exchange(base, request, target, body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Refused(
                "forward_failed", f"{base} did not respond: {type(error).__name__}"
            ) from error

    async def _exchange(self, base: str, request: Request, target: bytes, body: bytes) -> Response:
        import httpx

        # The transport, not a client: a client would share cookies between callers.
        # The target as it was sent: httpx would resolve dots in a URL.
        sent = httpx.Request(
            request.method,
            base,
            headers=[*_end_to_end(request.headers.raw), (_MARK, self._id)],
            content=body,
            extensions={
                "target": httpx.URL(base).raw_path.rstrip(b"/") + target,
                "timeout": httpx.Timeout(_TIMEOUT).as_dict(),
            },
        )
        answer = await self._connections().handle_async_request(sent)
        try:
            content = await _content(answer)
        finally:
            await answer.aclose()
        response = Response(content, answer.status_code)
        length = answer.headers.get("content-length", "") if request.method == "HEAD" else ""
        response.raw_headers = [
            (name, value)
            for name, value in _end_to_end(answer.headers.raw)
            if name not in (b"date", b"server")
        ]
        if answer.status_code not in (204, 304):
            size = length if length.isdigit() else str(len(content))
            response.raw_headers.append((b"content-length", size.encode()))
        return response

    async def close(self) -> None:
        """Close the connections; the next call makes new ones."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    def _connections(self) -> "httpx.AsyncHTTPTransport":
        import httpx

        loop = asyncio.get_running_loop()
        if self._transport is None or self._loop is not loop:
            # No proxy of the environment.
            self._transport = httpx.AsyncHTTPTransport(trust_env=False)
            self._loop = loop
        return self._transport


async def _content(answer: "httpx.Response") -> bytes:
    """The body as received, with its Content-Encoding."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_raw():
        size += len(part)
        if size > _MAX_ANSWER:
            raise Refused("forward_failed", f"the answer is larger than {_MAX_ANSWER:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _end_to_end(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without hop-by-hop headers, and those that Connection names."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {
        token.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for token in value.split(b",")
    }
    return [(name, value) for name, value in lowered if name not in _HOP_BY_HOP | named]
