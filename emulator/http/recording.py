"""The end of a call: its reason in header and log, its entry in the journal.

Secrets are redacted before anything is written. The values of a request's `open_members` are shown,
and the names of the others; of a response the body, without tokens. An unreadable body, or one of
another server, is shown by size and media type.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Response

from emulator.core.clock import http_date, iso_milliseconds, machine_time, perf_counter
from emulator.core.fields import MASK
from emulator.core.journal import Entry
from emulator.core.outcomes import Refused, printable
from emulator.core.realm import Realm
from emulator.core.redaction import (
    is_principal,
    looks_like_body,
    looks_secret,
    passwords_among,
    redacted_answer,
    redacted_members,
    redacted_name,
    redacted_text,
    without_tokens,
)
from emulator.http.context import CallContext
from emulator.http.faults import BrokenResponse, Work, apply_fault

_MAX_HEADER = 1000
"""How much of a header is looked at, in bytes."""

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}")
_SCHEMES = frozenset({"basic", "bearer", "digest", "dpop", "negotiate"})

_SHORTEST_SECRET = 4
"""A shorter value is not taken for a password: `1` is too common."""

_SEPARATORS = re.compile(r"[\s,:;/]+")

_calls = logging.getLogger("emulator.calls")
_refusals = logging.getLogger("emulator.refusals")


async def answer_call(context: CallContext, work: Work, members: Mapping[str, object]) -> Response:
    """The finished response to a call: that of `work`, which may raise Refused, or of a fault.

    `members` are those that a fault may match.
    """

    async def work_or_refuse(realm: Realm) -> Response:
        try:
            return await work(realm)
        except Refused as refused:
            return context.refuse(refused)

    fault = None
    if context.vendor is not None and context.realm.faults:
        fault = await context.realm.matching_fault(
            machine_time(), context.vendor.name, context.operation, context.principal, members
        )
    if fault is None:
        return await finish(context, await work_or_refuse(context.realm))
    return await finish(context, await apply_fault(context, fault, work_or_refuse))


async def finish(context: CallContext, response: Response) -> Response:
    """Add reason and date to a response, and write log and journal."""
    took = perf_counter() - context.began
    if context.reason is not None:
        _redact_misplaced(context)
        if context.server.show_reasons:
            response.headers["x-emulator-reason"] = context.reason
    if context.reason is not None or context.is_recorded:
        _log(context, response, took)
    if context.server.date_header:
        response.headers["date"] = http_date(int(context.realm.clock.now()))
    if context.is_recorded and not context.realm.closed:
        await context.realm.journal.write(_entry(context, response, took))
    return response


def _status(response: Response) -> int | None:
    """The status that reaches the client, if one does."""
    broken = isinstance(response, BrokenResponse) and not response.reaches_client
    return None if broken else response.status_code


def _log(context: CallContext, response: Response, took: float) -> None:
    """One line: a refusal with its reason, another call without."""
    log = _calls if context.reason is None else _refusals
    if not log.isEnabledFor(logging.INFO):
        return
    what = context.operation or f"{context.request.method} {context.path}"
    members = {
        "realm": context.realm.name,
        "vendor": None if context.vendor is None else context.vendor.name,
        "operation": printable(what),
        "principal": printable(redacted_name(context.principal)) or None,
        "status": _status(response),
        "outcome": context.outcome,
        "duration_ms": round(took * 1_000, 1),
    }
    shown = " ".join("-" if value is None else str(value) for value in members.values())
    if context.reason is None:
        log.info("%s ms", shown, extra={"call": members})
        return
    reason = context.reason.partition("; ")[2]
    log.info("%s ms: %s", shown, reason, extra={"call": members | {"reason": reason}})


def _entry(context: CallContext, response: Response, took: float) -> Entry:
    real_at = iso_milliseconds(machine_time())
    clock = context.realm.clock
    request, query = context.request, context.request.scope.get("query_string", b"")
    body = bytes(response.body)
    shows_answer = context.is_ours and body
    return {
        "at": iso_milliseconds(clock.now()) if clock.moved else real_at,
        "real_at": real_at,
        "vendor": None if context.vendor is None else context.vendor.name,
        "operation": context.operation or None,
        "principal": redacted_name(context.principal) or None,
        "outcome": context.outcome,
        "reason": context.reason,
        "status": _status(response),
        "duration_ms": int(took * 1_000_000) / 1_000,
        "fault": context.fault,
        "request": {
            "method": request.method
            if request.method in _METHODS
            else redacted_text(request.method),
            "path": context.path,
            "query": _query(query) if query else {},
            "headers": _shown_headers(request.headers.raw, _REQUEST_HEADERS),
            "body": _members(context),
            "body_bytes": context.body_bytes,
        },
        "response": {
            "headers": _shown_headers(response.raw_headers, _ANSWER_HEADERS),
            "body": redacted_answer(body, context.secrets, is_text=context.is_text)
            if shows_answer
            else None,
            "body_bytes": len(body),
        },
    }


def _redact_misplaced(context: CallContext) -> None:
    """Redact secrets that were sent in the wrong member.

    A reason repeats unknown names and scopes, but not a password in their place.
    """
    secrets = _misplaced_secrets(context)
    if secrets:
        has_body = any(looks_like_body(value) for value in secrets)
        members = context.members or {}
        context.members = {
            name: MASK if isinstance(value, str) and value in secrets else value
            for name, value in members.items()
        }
        context.principal = MASK if context.principal in secrets else context.principal
        context.secrets = (*context.secrets, *secrets)
        what = "more than a name" if has_body else "a password"
        context.reason = f"{context.outcome}; {what} was sent where a name or a scope belongs"
    context.reason = without_tokens(context.reason or "")


def _misplaced_secrets(context: CallContext) -> list[str]:
    """The secrets among the values that would be shown."""
    vendor, realm, members = context.vendor, context.realm, context.members or {}
    if vendor is None:
        return []
    state = realm.vendors[vendor.name]
    # A user's password may have been sent to another vendor.
    states = [state, *(other for other in realm.vendors.values() if other is not state)]
    shown = {context.principal} | {
        value
        for name, value in members.items()
        if name in vendor.open_members and isinstance(value, str)
    }
    unknown = {
        value
        for value in shown
        if len(value) >= _SHORTEST_SECRET and not is_principal(state, value)
    }
    if not unknown:
        return []
    sent = {
        value for name, value in members.items() if isinstance(value, str) and looks_secret(name)
    }
    bodies = {value for value in unknown if looks_like_body(value)}
    # A password may be among other words: two values in one field.
    words = {value: {value, *_SEPARATORS.split(value)} for value in unknown - sent}
    known = set(passwords_among(states, set().union(*words.values())))
    holding = (value for value, parts in words.items() if parts & known)
    return [*unknown & sent, *bodies - sent, *known, *holding]


def _members(context: CallContext) -> dict[str, Any] | None:
    if not context.body_bytes or context.members is None or context.vendor is None:
        return None
    return redacted_members(context.members, context.vendor.open_members)


def _query(query: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {MASK: MASK}
    return redacted_members(dict(pairs))  # no vendor reads a query: none of it is known


def _shown_headers(
    headers: Iterable[tuple[bytes, bytes]],
    shown: Mapping[bytes, Callable[[bytes], str]],
) -> dict[str, str]:
    return {
        name.decode("ascii"): shown[name](value[:_MAX_HEADER])
        for name, value in headers
        if name in shown
    }


@lru_cache(maxsize=256)
def _media_type(value: bytes) -> str:
    kind = value.decode("latin-1").partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else MASK


@lru_cache(maxsize=256)
def _text(value: bytes) -> str:
    return redacted_text(value.decode("latin-1"))


def _scheme(value: bytes) -> str:
    scheme, space, _ = value.partition(b" ")
    known = space and scheme.decode("latin-1").lower() in _SCHEMES
    return f"{scheme.decode('latin-1')} {MASK}" if known else MASK


def _location(value: bytes) -> str:
    where = value.decode("latin-1")
    base = re.split("[?#]", where, maxsplit=1)[0]
    return redacted_text(base) + (f"?{MASK}" if base != where else "")


_REQUEST_HEADERS: Mapping[bytes, Callable[[bytes], str]] = {
    b"content-type": _media_type,
    b"user-agent": _text,
    b"authorization": _scheme,
}
_ANSWER_HEADERS: Mapping[bytes, Callable[[bytes], str]] = {
    b"content-type": _media_type,
    b"www-authenticate": _text,
    b"retry-after": _text,
    b"location": _location,
    b"allow": _text,
}
