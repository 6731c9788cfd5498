"""Parsing a token as it was pasted from a header, a response or a terminal.

Nothing is verified, and nothing raises: an inspection uses whatever can be read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from emulator.core.fields import nested_deeper
from emulator.core.keys.encoding import decode_segment
from emulator.core.signatures import SEGMENTS
from emulator.core.vendor import VendorState

_JWE_SEGMENTS = 5
"""Header, key, initialization vector, ciphertext and tag (RFC 7516 §3.1)."""

_MAX_DEPTH = 200
"""The maximum nesting of JSON here, so that a response can show it."""

_PREFIXES = (
    (re.compile(r"authorization\s*:", re.IGNORECASE), "Authorization:"),
    (re.compile(r"bearer\s+", re.IGNORECASE), "Bearer"),
)
_QUOTES = "\"'`"
_MAX_LAYERS = 10
_SEGMENTED = re.compile(r"[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]*)+")


class Format(StrEnum):
    """The format of a text."""

    JWT = "jwt"
    ENCRYPTED = "encrypted_jwt"
    OPAQUE = "opaque_refresh_token"
    NONE = "not_a_token"


@dataclass
class ParsedToken:
    """A parsed text.

    `jwt` is the JWT that it is or wraps; `wrapped_by` is the vendor that wraps its refresh tokens
    so. `problem` is why it is not a whole JWT, `notes` are what was removed; neither repeats it.
    """

    format: Format
    jwt: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] | None = None
    problem: str | None = None
    notes: list[str] = field(default_factory=list)
    wrapped_by: str | None = None


def parse_token(text: str, states: Iterable[VendorState[Any]]) -> ParsedToken:
    """The token in a text; the vendors of `states` may wrap their refresh tokens."""
    token, notes = _bare(text)
    for state in states:
        jwt = state.jwt_of(token)
        inner = _read(jwt) if jwt != token else None
        if inner is not None and inner.format is Format.JWT:
            inner.format, inner.wrapped_by, inner.notes = Format.OPAQUE, state.vendor, notes
            return inner
    found = _read(token)
    found.notes = notes
    return found


def _bare(text: str) -> tuple[str, list[str]]:
    """The text without what surrounds the token, and notes on what was removed."""
    notes: dict[str, None] = {}
    for _ in range(_MAX_LAYERS):
        before, text = text, text.strip()
        if text != before:
            notes["whitespace around it was removed"] = None
        for pattern, what in _PREFIXES:
            if found := pattern.match(text):
                text = text[found.end() :]
                notes[f"{what} before it was removed"] = None
        if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
            text = text[1:-1]
            notes["quotes around it were removed"] = None
        if text == before:
            break
    joined = "".join(text.split())
    if joined != text and _SEGMENTED.fullmatch(joined):
        text = joined
        notes["whitespace inside it was removed"] = None
    return text, list(notes)


def _read(token: str) -> ParsedToken:
    segments = token.split(".")
    header, _ = _json_in(segments[0])
    if header is None:
        return ParsedToken(Format.NONE, problem=_why_no_token(token))
    if len(segments) == _JWE_SEGMENTS and "enc" in header:
        return ParsedToken(
            Format.ENCRYPTED,
            token,
            header,
            problem="it is encrypted (JWE, RFC 7516), so only its recipient can read it, and no "
            "vendor here encrypts its tokens",
        )
    if len(segments) == 1:
        return ParsedToken(Format.NONE, header=header, problem="it is only the header of a JWT")
    claims, why = _json_in(segments[1])
    if len(segments) != SEGMENTS:
        why = f"it has {len(segments)} segments, and a JWT has {SEGMENTS}"
        if len(segments) == SEGMENTS - 1:
            why += "; the signature is missing"
    elif claims is None:
        why = f"its payload {why}"
    else:
        why = None
    return ParsedToken(Format.JWT, token, header, claims, why)


def _json_in(segment: str) -> tuple[dict[str, Any] | None, str | None]:
    """The JSON object that a segment holds, or what the segment is instead."""
    try:
        data = decode_segment(segment)
    except ValueError:
        return None, "is not base64url"
    try:
        members = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        too_deep = "recursion limit" in str(error)
        return None, "is nested too deep to be shown" if too_deep else "is not JSON"
    if not isinstance(members, dict):
        return None, "is not a JSON object"
    if nested_deeper(members, _MAX_DEPTH):
        return None, "is nested too deep to be shown"
    return members, None


def _why_no_token(text: str) -> str:
    if not text:
        return "it is empty"
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError:
        value = None
    if isinstance(value, dict | list):
        return "it is JSON that may hold a token: send only the token"
    count = text.count(".") + 1
    if count == SEGMENTS:
        return f"it has {SEGMENTS} segments, but the first is not the header of a JWT"
    if count == _JWE_SEGMENTS:
        return f"it has {_JWE_SEGMENTS} segments, but the first is not the header of a JWE"
    return "it is not a JWT: it does not begin with a JWT header"
