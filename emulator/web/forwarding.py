"""Handing a checked call on to another server, and its answer back."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emulator.core.outcomes import Refusal
from emulator.web.messages import Answer, HeaderPairs, Request

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 30
"""How long the other server may take for its whole answer, in seconds."""

_LARGEST_ANSWER = 16 * 1024 * 1024
"""The largest answer that is handed back, in bytes."""

_OURS_ALONE = frozenset(
    {
        # RFC 9110 §7.6.1, and what each connection says for itself
        *(b"connection", b"proxy-connection", b"keep-alive", b"proxy-authenticate"),
        *(b"proxy-authorization", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade", b"host", b"content-length", b"expect"),
    }
)
_MARK = b"x-emulator-forwarded"
"""Sent along, so that an emulator that forwards to itself notices."""


class Forwarder:
    """Hands calls on. Its connections are made at the first call, and kept."""

    def __init__(self) -> None:
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._name = secrets.token_hex(8).encode()
        """What tells this emulator from others that calls may go through."""

    async def forward(self, base: str, request: Request) -> Answer:
        """The answer of the server at `base` to the same call; Refusal where it gives none."""
        import httpx  # here: only forwarding needs it

        passed = [value for name, value in request.headers if name == _MARK]
        if self._name in passed:
            raise Refusal("forward_failed", f"{base} leads back to this emulator")
        headers = [*_own_hop_left_out(request.headers), (_MARK, self._name)]
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._exchange(base, request, headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Refusal(
                "forward_failed", f"{base} did not answer: {type(error).__name__}"
            ) from error

    async def close(self) -> None:
        """Close its connections."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def _exchange(self, base: str, request: Request, headers: HeaderPairs) -> Answer:
        import httpx

        # The transport and no client: a client keeps cookies, and sends one caller's to all others.
        # The target as it was sent: a URL would have its dots resolved after we have looked at it.
        target = (httpx.URL(base).raw_path.rstrip(b"/")) + request.target.encode("ascii")
        sent = httpx.Request(
            request.method,
            base,
            headers=headers,
            content=request.body,
            extensions={"target": target, "timeout": httpx.Timeout(_TIMEOUT).as_dict()},
        )
        answer = await self._connections().handle_async_request(sent)
        try:
            body = await _whole(answer)
        finally:
            await answer.aclose()
        length = answer.headers.get("content-length", "") if request.method == "HEAD" else ""
        handed_back = [
            (name, value)
            for name, value in _own_hop_left_out(answer.headers.raw)
            if name not in (b"date", b"server")
        ]
        return Answer(
            answer.status_code,
            handed_back,
            body,
            length=int(length) if length.isdigit() else None,
        )

    def _connections(self) -> "httpx.AsyncHTTPTransport":
        import httpx

        loop = asyncio.get_running_loop()
        if self._transport is None or self._loop is not loop:
            # No proxy of the environment: what a fixture names is where the call goes.
            self._transport = httpx.AsyncHTTPTransport(trust_env=False)
            self._loop = loop
        return self._transport


async def _whole(answer: "httpx.Response") -> bytes:
    """The body as it came: an encoded one goes with its Content-Encoding."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_raw():
        size += len(part)
        if size > _LARGEST_ANSWER:
            raise Refusal("forward_failed", f"the answer is larger than {_LARGEST_ANSWER:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _own_hop_left_out(headers: Sequence[tuple[bytes, bytes]]) -> HeaderPairs:
    """Without what each connection says for itself, and what it names as that."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {
        token.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for token in value.split(b",")
    }
    return [(name, value) for name, value in lowered if name not in _OURS_ALONE | named]
