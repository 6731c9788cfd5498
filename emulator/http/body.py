"""Bodies: reading one up to a limit, and its members as JSON or as a form.

An invalid body is a `BodyUnreadable`, which each vendor answers in its own way. FastAPI's
`max_body_size` is not used, as it answers 413 in its own words.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pydantic_core import from_json
from starlette.requests import Request

BODY_LIMIT = 64 * 1024
"""The largest body that is read, in bytes."""

FORWARDED_LIMIT = 16 * 1024 * 1024
"""The same for a body that is forwarded, in bytes."""

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

_MAX_FIELDS = 100
_MAX_CONTENT_TYPE = 1000
"""How much of a Content-Type is read, in characters."""


class BodyTooLarge(Exception):
    """The body is larger than the limit."""


class BodyUnreadable(Exception):
    """The body is invalid; the message is one clause, and repeats nothing of it."""


class ParsedRequest(Request):
    """A request whose body was read and parsed before FastAPI validates it."""

    def __init__(self, request: Request, body: bytes, members: Any = None) -> None:
        scope = request.scope
        if members is not None:
            # FastAPI takes a body without a Content-Type for JSON (`strict_content_type=False`).
            # So a form's members are validated in the same way.
            headers = [header for header in scope["headers"] if header[0] != b"content-type"]
            scope = {**scope, "headers": headers}
        super().__init__(scope, request.receive)
        self._content = body if members is None else body or b"{}"
        self._members = members

    async def body(self) -> bytes:
        """The body, which was already read."""
        return self._content

    async def json(self) -> Any:
        """The members, which were already parsed."""
        return self._members


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The body of a request.

    Raises BodyTooLarge if it is larger than `limit` bytes; the rest is read and dropped, as clients
    that send all of it before they read would otherwise not get the response.
    """
    announced = request.headers.get("content-length", "")
    if "expect" in request.headers and announced.isdecimal() and int(announced) > limit:
        raise BodyTooLarge  # before anything is read, which would say "100 Continue"
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > FORWARDED_LIMIT:
            break
    if size > limit:
        raise BodyTooLarge
    return b"".join(parts)


def media_type(request: Request) -> str:
    """The request's media type in lower case, without parameters; empty if it has none."""
    sent = request.headers.get("content-type", "")[:_MAX_CONTENT_TYPE]
    return sent.partition(";")[0].strip().lower()


def json_members(request: Request, body: bytes) -> dict[str, Any]:
    """The members of a JSON object; else BodyUnreadable.

    Another Content-Type is refused although the body may be JSON: the vendors document
    `application/json`.
    """
    kind = media_type(request)
    if kind != JSON and kind and not kind.endswith("+json"):
        raise BodyUnreadable(f"the Content-Type is {kind}, not {JSON}")
    if not body:
        raise BodyUnreadable("the request has no body")
    try:
        members = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise BodyUnreadable(f"the body is not JSON: {error}") from error
    if not isinstance(members, dict):
        raise BodyUnreadable(f"the body is {kind_of(members)}, not an object")
    return members


def form_members(body: bytes) -> dict[str, Any]:
    """The parameters of a form-encoded body (RFC 6749 appendix B); else BodyUnreadable."""
    looks_json = body.lstrip().startswith(b"{")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        hint = "; it looks like JSON" if looks_json else ""
        raise BodyUnreadable(f"the body is not form-encoded{hint}") from error
    members: dict[str, Any] = dict(pairs)
    if len(members) < len(pairs):
        raise BodyUnreadable("a parameter is sent twice (RFC 6749 section 3.2)")
    if looks_json:
        raise BodyUnreadable("the Content-Type says form-encoded, but the body looks like JSON")
    return members


def kind_of(value: object) -> str:
    """The kind of a JSON value, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def text_problem(members: Mapping[str, Any], name: str) -> str | None:
    """What is wrong with a member that must be a non-empty string: a clause, or None."""
    value = members.get(name)
    if value is None:
        return "is absent"
    if not isinstance(value, str):
        return f"is {kind_of(value)}, not a string"
    return None if value else "is empty"
