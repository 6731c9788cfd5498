"""Handing a checked call on to another server, and its answer back."""

import asyncio
from typing import TYPE_CHECKING

from emulator.core.outcomes import Refusal
from emulator.web.messages import Answer, HeaderPairs, Request

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 30
"""How long the other server may be silent, in seconds."""

_OURS_ALONE = frozenset(
    {
        # RFC 9110 §7.6.1, and what each connection says for itself
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade", b"host", b"content-length", b"expect"),
    }
)
_MARK = b"x-emulator-forwarded"
"""Sent along, so that an emulator that forwards to itself notices."""


class Forwarder:
    """Hands calls on. Its HTTP client is made at the first call, and kept."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def forward(self, base: str, request: Request) -> Answer:
        """The answer of the server at `base` to the same call; Refusal where it gives none."""
        if any(name == _MARK for name, _ in request.headers):
            raise Refusal("forward_failed", f"{base} leads back to this emulator")
        import httpx  # here: only forwarding needs it

        target = base.rstrip("/") + request.target
        headers = [(n, v) for n, v in request.headers if n not in _OURS_ALONE]
        try:
            sent = self._http().build_request(
                request.method, target, headers=[*headers, (_MARK, b"1")], content=request.body
            )
            answer = await self._http().send(sent, stream=True)
            # Raw, so that an encoded body goes with its Content-Encoding.
            body = b"".join([part async for part in answer.aiter_raw()])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refusal(
                "forward_failed", f"{base} did not answer: {type(error).__name__}"
            ) from error
        return Answer(answer.status_code, _handed_back(answer.headers.raw), body)

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _http(self) -> "httpx.AsyncClient":
        import httpx

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # No proxy of the environment: what a fixture names is where the call goes.
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
            self._client.headers.clear()
            self._loop = loop
        return self._client


def _handed_back(headers: list[tuple[bytes, bytes]]) -> HeaderPairs:
    lowered = ((name.lower(), value) for name, value in headers)
    return [(n, v) for n, v in lowered if n not in _OURS_ALONE and n not in (b"date", b"server")]
