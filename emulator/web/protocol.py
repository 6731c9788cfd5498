"""The wire: uvicorn's HTTP protocol, with bounds that hold whatever a caller sends or leaves.

- A request's head, a chunked body's framing and trailers: bytes and lines are bounded (431).
- A request has to be whole soon after its first byte (408); a connection that says nothing goes.
- Requests sent ahead of their answers are few; so are connections (`crowd`).
- Who does not read its answer is hung up on (`outflow`).
"""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator.web import crowd
from emulator.web.connection import CONNECTION
from emulator.web.cycle import Cycle
from emulator.web.early_answers import HEAD_TOO_LARGE, NOT_HTTP, TOO_SLOW, HeadTooLarge, TooFarAhead
from emulator.web.early_bounds import HEAD_LIMIT, HEADER_LINES, MOST_AHEAD
from emulator.web.idle import Idle
from emulator.web.outflow import Outflow
from emulator.web.patience import Patience
from emulator.web.upgrade import head_without_upgrade

REQUEST_WITHIN = 30.0
"""A request is whole so many seconds after its first byte: time for 16 MiB at 4.5 Mbit/s."""

_DEAF_FOR = 2
"""How long a refused caller may still send, in seconds."""

_DISCARDED_AT_MOST = 16 * 1024 * 1024
"""How much of it is read, in bytes."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the bounds above.

    It also answers three kinds of callers that uvicorn loses: who offers an upgrade (Java's
    HttpClient offers h2c with each request, and the parser then takes the body for something
    else), who closes its own side after sending, and who sends nonsense behind a good request.
    """

    _numbers = itertools.count()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = next(self._numbers)
        self._framing = 0
        """Bytes since the request began, or since the last part of its body."""
        self._delivered = 0
        self._in_head = False
        self._receiving = False  # a request has begun and is not whole
        self._upgrading = False
        self._moved_on = False
        """This delivery brought a part of a body, or the end of a request."""
        self._perhaps_gone = False  # the caller closed its side, as who waits no longer does
        self._deaf = False
        self._discarded = 0
        self.cycle: Cycle | None = None  # type: ignore[assignment]  # uvicorn lies about the None
        self._running: Cycle | None = None
        self._patience = Patience(REQUEST_WITHIN, self._too_slow, self.loop)
        self._outflow: Outflow
        self._idle: Idle

    @property
    def claim(self) -> int:
        """See `crowd.Caller`."""
        if self.cycle is None:
            return 0
        sending_body = self._receiving and not self._in_head
        waits = not (self._perhaps_gone or self.flow.write_paused or self.cycle.response_complete)
        return 2 if waits and not sending_body else 1

    def drop(self) -> None:
        """See `crowd.Caller`."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """A connection that says nothing is idle from its first moment."""
        super().connection_made(transport)
        self._outflow = Outflow(transport, self.loop)
        self._idle = Idle(self.timeout_keep_alive, self._end, self.loop)
        self._idle.begin()
        crowd.let_in(self, self.connections)  # type: ignore[arg-type]  # all are of ours

    def connection_lost(self, exc: Exception | None) -> None:
        """No timer outlives a connection, and no call waits for one that is lost."""
        if self._running is not None and not self._running.response_complete:
            self._running.lose()  # uvicorn tells only the last of those that were sent ahead
        self._idle.cease()
        self._patience.end()
        self._outflow.cease()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and hold the bounds while a request is not whole."""
        if self._deaf:
            self._discard(data)
            return
        self._delivered = len(data)
        self._moved_on = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            large = isinstance(error.__context__, HeadTooLarge)
            self._give_up(HEAD_TOO_LARGE if large else NOT_HTTP)
        else:
            if self._receiving:
                self._measure(len(data))

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn never answers True
        """A caller that closes its own side still gets the answer to what it sent."""
        if self.cycle is None or self.cycle.response_complete or self.cycle.disconnected:
            return None
        if self._receiving:
            return None  # it will never be whole
        self._perhaps_gone = True
        self.cycle.keep_alive = False
        return self.half_open

    def whole_body(self) -> bytes | None:
        """See `connection.Connection.whole_body`."""
        return None if self._running is None else self._running.whole_body()

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """See `connection.Connection.answer`."""
        return self._running is not None and self._running.answer(status, headers, body)

    def end_with(self, data: bytes) -> None:
        """See `connection.Connection.end_with`."""
        self._deaf = True
        if data:
            self.transport.write(data)
        self._end()

    def reset(self) -> None:
        """See `connection.Connection.reset`."""
        self._deaf = True
        self._outflow.reset()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._idle.end()
        self._in_head = self._receiving = self.half_open = True
        self._framing = 0
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; a trailer is none (RFC 9110 §6.5.1), and is left out."""
        if self._in_head:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """A head is complete; only a long delivery is measured."""
        if len(self.headers) > HEADER_LINES:
            raise HeadTooLarge
        if self._framing + self._delivered > HEAD_LIMIT:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > HEAD_LIMIT:
                raise HeadTooLarge
        if len(self.pipeline) >= MOST_AHEAD:
            raise TooFarAhead
        self._in_head = False
        self._upgrading = self.parser.should_upgrade()
        if not self._upgrading:
            self._begin()

    def on_body(self, body: bytes) -> None:
        """A part of a body; an upgrade has none."""
        self._moved_on = True
        self._framing = 0
        if self.cycle is not None and not self._upgrading:
            self.cycle.take(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._moved_on = True
        self._receiving = False
        self._patience.end()
        if self.cycle is not None and not self._upgrading:
            self.cycle.take(b"", more=False)

    def on_response_complete(self) -> None:
        """An answer was handed to the system, which may still hold it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._outflow.watch()
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._running = cast("Cycle", cycle)
            self._start_asgi_task(cycle, app)
        else:
            self._idle.begin()

    def pause_writing(self) -> None:
        """The caller reads more slowly than we write."""
        super().pause_writing()
        self._outflow.watch()

    def resume_writing(self) -> None:
        """It has read most of it."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._outflow.cease()

    def _begin(self) -> None:
        """Have a request answered, though its body may still come; or after those before it."""
        before = self.cycle
        self.cycle = cycle = Cycle.of(self, {CONNECTION: self})
        if before is None or before.response_complete:
            self._running = cycle
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _measure(self, size: int) -> None:
        if not self._moved_on:
            # Of bytes that also ended something before, it is not known how many belong here.
            self._framing += size
        if self._framing > HEAD_LIMIT or len(self.headers) > HEADER_LINES:
            self._give_up(HEAD_TOO_LARGE)
        else:
            self._patience.begin()

    def _too_slow(self) -> None:
        if self.pipeline or self.flow.read_paused:
            self._patience.begin()  # it is the caller who waits for us
        else:
            self._give_up(TOO_SLOW)

    def _give_up(self, answer: bytes) -> None:
        """End a request that is not whole. What was asked before it is answered all the same."""
        self._patience.end()
        cycle = self.cycle
        of_one_before = self._in_head or not self._receiving
        if cycle is None or (of_one_before and cycle.response_complete):
            self._refuse(answer)
        elif of_one_before:
            self._deaf = True
            cycle.keep_alive = False  # answer what was asked, and close
        elif self.pipeline:
            self._deaf = True
            self._patience.begin()  # until its turn comes
        elif cycle.response_started:
            self._end()
        else:
            self._refuse(answer)
            cycle.lose()

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the request again as if no upgrade had been offered (RFC 9110 §7.8 allows it)."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._give_up(NOT_HTTP)
            return
        parser, self.parser = self.parser, httptools.HttpRequestParser(self)
        version = parser.get_http_version()
        self.data_received(head_without_upgrade(method, self.url, version, self.headers) + rest)

    def _refuse(self, answer: bytes) -> None:
        """Answer, and read on for a while: who is reset while it sends never reads why."""
        self._deaf = True
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_DEAF_FOR, self._end)

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > _DISCARDED_AT_MOST:
            self._end()

    def _end(self) -> None:
        """Close; what was written before is still sent, to who reads it."""
        if not self.transport.is_closing():
            self.transport.close()
        self._outflow.watch()
