"""What every vendor's wire does with a body: is it JSON, is it an object, what is wrong in it.

What a fault of these means (which status, which words) is each vendor's own to say.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import unquote_to_bytes

import orjson
from msgspec import Meta, Struct, ValidationError, convert

from emulator.web.messages import Request

Text: TypeAlias = Annotated[str, Meta(min_length=1)]
"""A member that must be a text and not empty."""

S = TypeVar("S", bound=Struct)

_MOST_FIELDS = 100
_READ_OF_A_KIND = 1000
"""How much of a Content-Type is read, in bytes."""


class BodyUnreadable(Exception):
    """The body is not what its endpoint reads; the text is one clause, and repeats none of it."""


class FieldFault(Struct, frozen=True):
    """A member that is absent, or not what it must be. `fault` is a clause like `is absent`."""

    field: str
    fault: str


def media_type(request: Request) -> str:
    """The request's media type in lower case, without parameters; empty where it has none."""
    for name, value in request.headers:
        if name == b"content-type":
            return _media_type(value[:_READ_OF_A_KIND])
    return ""


@lru_cache(maxsize=256)
def _media_type(value: bytes) -> str:
    return value.decode("latin-1").partition(";")[0].strip().lower()


def json_object(request: Request, kind: str | None = None) -> dict[str, Any]:
    """The members of a JSON body; else BodyUnreadable. `kind` is its media type, where it is known.

    A body that is called something other than JSON is refused although it may be JSON: the
    vendors document `application/json`, and a client that says otherwise would fail with them.
    """
    kind = media_type(request) if kind is None else kind
    if kind != "application/json" and kind and not kind.endswith("+json"):
        raise BodyUnreadable(f"the Content-Type is {kind}, not application/json")
    if not request.body:
        raise BodyUnreadable("the request has no body")
    try:
        members = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise BodyUnreadable(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from error
    if not isinstance(members, dict):
        raise BodyUnreadable(f"the body is {_kind(members)}, not an object")
    return members


def form(request: Request) -> dict[str, Any]:
    """The parameters of a form-encoded body (RFC 6749 appendix B); else BodyUnreadable."""
    try:
        pairs = _pairs(request.body)
    except ValueError as error:
        looks_json = request.body.lstrip().startswith(b"{")
        hint = "; it looks like JSON" if looks_json else ""
        raise BodyUnreadable(f"the body is not form-encoded{hint}") from error
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BodyUnreadable("a parameter is given twice (RFC 6749 section 3.2)")
    if request.body.lstrip().startswith(b"{"):
        raise BodyUnreadable("the Content-Type says form-encoded, but the body looks like JSON")
    return members


def _pairs(body: bytes) -> list[tuple[str, str]]:
    """Names and values of a form; ValueError where it is none.

    `urllib.parse.parse_qsl` takes twice the time, a twentieth of a sign-in.
    """
    sent = body.split(b"&")
    if not body.isascii() or len(sent) > _MOST_FIELDS:
        raise ValueError("no form, or a long one")
    parted = (pair.partition(b"=") for pair in sent if pair)
    return [(_text(name), _text(value)) for name, _, value in parted]


def _text(escaped: bytes) -> str:
    spaced = escaped.replace(b"+", b" ")
    return (unquote_to_bytes(spaced) if b"%" in spaced else spaced).decode()


def fitting(members: Mapping[str, Any], shape: type[S]) -> S | None:
    """The members as a wire's shape; None where they do not fit, which `text_faults` explains."""
    try:
        return convert(members, shape)
    except ValidationError:
        return None


def text_fault(members: Mapping[str, Any], name: str) -> FieldFault | None:
    """What is wrong with a member that must be a text and not empty, or None."""
    value = members.get(name)
    if value is None:
        return FieldFault(name, "is absent")
    if not isinstance(value, str):
        return FieldFault(name, f"is {_kind(value)}, not a string")
    return None if value else FieldFault(name, "is empty")


def text_faults(
    members: Mapping[str, Any], names: Iterable[str], optional: Iterable[str] = ()
) -> list[FieldFault]:
    """The same of several members; an `optional` one may be absent or empty (RFC 6749 §3.2)."""
    given = [name for name in optional if members.get(name) not in (None, "")]
    faults = [text_fault(members, name) for name in (*names, *given)]
    return [fault for fault in faults if fault is not None]


def sentence(faults: list[FieldFault]) -> str:
    """The faults in one sentence."""
    return ", ".join(f"{fault.field} {fault.fault}" for fault in faults)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"
