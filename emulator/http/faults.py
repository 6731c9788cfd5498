"""Applying a fault to a call."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import Response
from starlette.types import Receive, Scope, Send

from emulator.core.clock import monotonic
from emulator.core.defects import DefectiveIssuer
from emulator.core.faults import FAULT_RESPONSE, ConnectionFault
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm, TriggeredFault
from emulator.http.connection import (
    ConnectionFaultTriggered,
    connection_of,
    server_is_stopping,
)
from emulator.http.context import CallContext

Work = Callable[[Realm], Awaitable[Response]]
"""The vendor's operation without a fault."""

_LOOK_EVERY = 0.5
"""The polling interval of a delayed call, in seconds."""

_GARBAGE = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is not HTTP \xff\xfe\x00\r\n\r\n"


async def apply_fault(context: CallContext, triggered: TriggeredFault, work: Work) -> Response:
    """The response of a call with a fault; `work` makes the vendor's own."""
    fault = triggered.fault
    sentence = f"the fault {triggered.id} was applied"
    response: Response | None = None
    if fault.is_after:
        response = await work(_with_defect(context, triggered))
    await _delay(context, triggered.delay)
    context.fault = triggered.id
    if fault.connection is not None:
        context.outcome = f"connection_{fault.connection}"
        context.reason = f"{context.outcome}; {sentence}"
        return BrokenResponse(fault.connection, response, context.reason)
    if fault.outcome is not None:
        principal = context.principal or None
        return context.refuse(Refused(fault.outcome, sentence, principal=principal))
    if fault.response is not None:
        context.outcome = FAULT_RESPONSE
        context.reason = f"{FAULT_RESPONSE}; {sentence}"
        return context.render(fault.response, context.values(reason=sentence))
    return response or await work(context.realm)


def _with_defect(context: CallContext, triggered: TriggeredFault) -> Realm:
    """The realm, issuing tokens with the fault's defect if it has one."""
    realm, token = context.realm, triggered.fault.token
    if token is None or context.vendor is None:
        return realm
    vendor = context.vendor.name
    issuer = DefectiveIssuer(realm.vendors[vendor].issuer, token.defect, realm.clock)
    return realm.issuing_with(vendor, issuer)


async def _delay(context: CallContext, seconds: float) -> None:
    """Wait in real time, until the realm ends or the server stops."""
    ends = monotonic() + seconds
    while (left := ends - monotonic()) > 0:
        if server_is_stopping(context.request):
            return
        if not await context.server.realms.is_current(context.realm):
            return
        await asyncio.sleep(min(left, _LOOK_EVERY))


class BrokenResponse(Response):
    """What is sent in place of a response when a fault breaks the connection.

    `whole` is the vendor's own response, if it did its work. The status is 0 if nothing of a
    response reaches the client.
    """

    def __init__(self, kind: ConnectionFault, whole: Response | None, reason: str) -> None:
        super().__init__()
        truncates = kind is ConnectionFault.TRUNCATE and whole is not None
        if whole is not None:
            self.body, self.raw_headers = whole.body, whole.raw_headers
        if truncates and whole is not None:
            self.status_code = whole.status_code
        self.reaches_client = truncates
        self._kind = kind
        self._reason = reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break the connection. Raises ConnectionFaultTriggered under another server."""
        del send
        connection = connection_of(scope)
        data = self._data(scope)
        if connection is None:
            raise ConnectionFaultTriggered(self._kind, data, self._reason)
        if self._kind is ConnectionFault.RESET:
            connection.reset()
        else:
            connection.end_with(data)
        while (await receive())["type"] != "http.disconnect":
            pass

    def _data(self, scope: Scope) -> bytes:
        if self._kind is ConnectionFault.GARBAGE:
            return _GARBAGE
        if self._kind is not ConnectionFault.TRUNCATE:
            return b""
        head = self._head()
        body = b"" if scope["method"] == "HEAD" else bytes(self.body)
        # If there is no body to cut, the head is cut.
        return head + body[: len(body) // 2] if len(body) > 1 else head[: len(head) // 2]

    def _head(self) -> bytes:
        try:
            phrase = HTTPStatus(self.status_code).phrase
        except ValueError:
            phrase = f"Status {self.status_code}"
        lines = [f"HTTP/1.1 {self.status_code} {phrase}".encode("ascii")]
        lines += [b"%s: %s" % header for header in self.raw_headers]
        return b"\r\n".join(lines) + b"\r\n\r\n"
