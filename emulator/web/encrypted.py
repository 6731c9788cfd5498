"""An HTTPS connection: OpenSSL between the socket's transport and `protocol`.

By `ssl.SSLObject` and not by asyncio's own layer above it, so that the bounds of `protocol` hold
here too: that one shows a connection only when its handshake is done, so that nobody counts it
before; waits at its end for a farewell that few clients send; knows nobody who closes only its own
side; holds half a megabyte for who does not read; and tells a client no reason.
"""

import asyncio
import contextlib
import logging
import ssl
from typing import Any

from emulator.web import crowd
from emulator.web.early_answers import NOT_HTTPS
from emulator.web.protocol import BoundedProtocol

HANDSHAKE_WITHIN = 15.0
"""A handshake is done so many seconds after the connection came."""

_RECORD = 16 * 1024
"""The most that one TLS record holds, in bytes (RFC 8446 §5.1)."""

_PLAIN = "HTTP_REQUEST"
_HINTS = {
    _PLAIN: "sent http to the port of https; ask it by https://, or the other port",
    "UNSUPPORTED_PROTOCOL": "speaks no TLS from 1.2 on",
}
_MISTRUST = ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE")
_REMEDY = "hand it what `auth-emulator ca` prints"
_NO_TRUST = f"does not trust the certificate that it was shown; {_REMEDY}"
_LEFT = f"hung up when it saw the certificate: perhaps it does not trust it; {_REMEDY}"

_log = logging.getLogger("emulator")


class Encrypted(asyncio.Transport, asyncio.Protocol):
    """The protocol of a socket's transport; and the transport of `protocol`, once TLS is agreed on.

    Until then it is to `crowd` a connection that has asked nothing yet.
    """

    claim = 0

    def __init__(self, protocol: BoundedProtocol, context: ssl.SSLContext) -> None:
        super().__init__()
        self.number = protocol.number
        self._protocol = protocol
        self._connections: set[Any] = protocol.connections  # uvicorn's, of its own protocols
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._agreed = False
        self._has_shown = False  # our certificate
        self._left = False  # its farewell has come
        self._raw: asyncio.Transport
        self._patience: asyncio.TimerHandle | None = None

    def drop(self) -> None:
        """See `crowd.Caller`."""
        self.abort()

    def shutdown(self) -> None:
        """The server stops, and this caller has not asked anything."""
        self.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """A caller has come; it speaks first."""
        self._raw = transport
        self._patience = self._protocol.loop.call_later(HANDSHAKE_WITHIN, self.abort)
        crowd.let_in(self, self._connections)

    def data_received(self, data: bytes) -> None:
        """What came is the handshake's, or for `protocol`."""
        self._incoming.write(data)
        try:
            if not self._agreed:
                self._agree()
            if self._agreed and not self._left:
                self._read()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._give_up(error.reason or "")

    def eof_received(self) -> bool | None:
        """A caller closed its side of the socket; with or without a farewell says the same."""
        if not self._agreed:
            if self._has_shown:
                self._tell(_LEFT)  # as Java's HttpClient and Node do
            return False
        if self._left:
            return True
        self._left = True
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        if self._agreed:
            self._protocol.connection_lost(exc)
        else:
            self._settle()

    def pause_writing(self) -> None:
        """The caller reads more slowly than we write."""
        if self._agreed:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """It has read most of it."""
        if self._agreed:
            self._protocol.resume_writing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        if name == "sslcontext":
            return self._tls.context
        return self._raw.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        if not self.is_closing() and data:
            self._tls.write(data)
            self._flush()

    def get_write_buffer_size(self) -> int:
        """How many bytes have not left us."""
        return self._raw.get_write_buffer_size()

    def can_write_eof(self) -> bool:
        """A farewell is for both sides: it comes with the end."""
        return False

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._raw.resume_reading()

    def is_closing(self) -> bool:
        """Whether it closes, or is closed."""
        return self._raw.is_closing()

    def close(self) -> None:
        """Close; what was written before is still sent, and a farewell, for which none is awaited.

        RFC 8446 §6.1 allows that.
        """
        if not self.is_closing():
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
            self._raw.close()

    def abort(self) -> None:
        """End it at once."""
        self._raw.abort()

    def _agree(self) -> None:
        self._tls.do_handshake()
        self._agreed = True
        self._settle()
        self._flush()
        self._protocol.connection_made(self)

    def _read(self) -> None:
        """Hand on what came, in one piece; then whether that was all that will come."""
        parts: list[bytes] = []
        with contextlib.suppress(ssl.SSLWantReadError):
            while self._incoming.pending or self._tls.pending():
                part = self._tls.read(_RECORD)
                if not part:
                    self._left = True
                    break
                parts.append(part)
        self._flush()
        if parts:
            self._protocol.data_received(b"".join(parts))
        if self._left and not self.is_closing() and not self._protocol.eof_received():
            self.close()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._has_shown = True
            self._raw.write(self._outgoing.read())

    def _settle(self) -> None:
        """It is no longer one that only may become a connection."""
        self._connections.discard(self)
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self, why: str) -> None:
        """End what OpenSSL refuses; it has said so to the caller, where that speaks TLS."""
        hint = _NO_TRUST if why.endswith(_MISTRUST) else _HINTS.get(why)
        if hint is not None:
            self._tell(hint)
        if self._agreed:
            self._protocol.end_with(b"")
            return
        self._flush()
        if why == _PLAIN:
            self._raw.write(NOT_HTTPS)
        self._raw.close()

    def _tell(self, hint: str) -> None:
        peer = self.get_extra_info("peername")
        _log.warning("https: a caller at %s %s", peer[0] if peer else "?", hint)
