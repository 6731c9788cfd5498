"""What somebody found and calls a token: rid of what stands around it, and taken apart.

Nothing is verified here, and nothing raises: an explanation goes on with whatever can be read.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import orjson
from msgspec import Struct, field

from emulator.core.keys.key import decoded
from emulator.core.nesting import nested_deeper
from emulator.core.section import Section
from emulator.core.signatures import SEGMENTS

_JWE_SEGMENTS = 5
"""Header, key, initialization vector, ciphertext and tag (RFC 7516 §3.1)."""

_DEEPEST = 200
"""How deep JSON may be nested here: an answer must be able to show it."""

_IN_FRONT = (
    (re.compile(r"authorization\s*:", re.IGNORECASE), "Authorization:"),
    (re.compile(r"bearer\s+", re.IGNORECASE), "Bearer"),
)
_QUOTES = "\"'`"
_MOST_LAYERS = 10
_SEGMENTED = re.compile(r"[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]*)+")


class Format(StrEnum):
    """What kind of thing a text is."""

    JWT = "jwt"
    ENCRYPTED = "encrypted_jwt"
    OPAQUE = "opaque_refresh_token"
    NONE = "not_a_token"


class TokenText(Struct):
    """A text taken apart.

    `jwt` is the JWT that it is or wraps; `wrapped_by` is the vendor that wraps its refresh tokens
    so. `fault` is why it is no whole JWT, `notes` are what was taken off; neither repeats any of
    it.
    """

    format: Format
    jwt: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] | None = None
    fault: str | None = None
    notes: list[str] = field(default_factory=list)
    wrapped_by: str | None = None


def taken_apart(text: str, sections: Iterable[Section]) -> TokenText:
    """A text as it was pasted from a header, an answer or a terminal; `sections` wrap tokens."""
    token, notes = _bare(text)
    for section in sections:
        jwt = section.jwt_of(token)
        inner = _read(jwt) if jwt != token else None
        if inner is not None and inner.format is Format.JWT:
            inner.format, inner.wrapped_by, inner.notes = Format.OPAQUE, section.vendor, notes
            return inner
    found = _read(token)
    found.notes = notes
    return found


def _bare(text: str) -> tuple[str, list[str]]:
    """The text without what stands around it, and what that was."""
    notes: dict[str, None] = {}
    for _ in range(_MOST_LAYERS):
        before, text = text, text.strip()
        if text != before:
            notes["there was whitespace around it"] = None
        for pattern, what in _IN_FRONT:
            if found := pattern.match(text):
                text = text[found.end() :]
                notes[f"{what} stood in front of it"] = None
        if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
            text = text[1:-1]
            notes["it was in quotes"] = None
        if text == before:
            break
    joined = "".join(text.split())
    if joined != text and _SEGMENTED.fullmatch(joined):
        text = joined
        notes["there was whitespace inside it"] = None
    return text, list(notes)


def _read(token: str) -> TokenText:
    segments = token.split(".")
    header, _ = _json_in(segments[0])
    if header is None:
        return TokenText(Format.NONE, fault=_why_no_token(token))
    if len(segments) == _JWE_SEGMENTS and "enc" in header:
        return TokenText(
            Format.ENCRYPTED,
            token,
            header,
            fault="it is encrypted (JWE, RFC 7516), so only its recipient can read it, and no "
            "vendor here encrypts its tokens",
        )
    if len(segments) == 1:
        return TokenText(
            Format.NONE, header=header, fault="it is the header of a JWT, and nothing follows"
        )
    claims, why = _json_in(segments[1])
    if len(segments) != SEGMENTS:
        why = f"it has {len(segments)} segments, and a JWT has {SEGMENTS}"
        if len(segments) == SEGMENTS - 1:
            why += "; the signature is not there"
    elif claims is None:
        why = f"its payload {why}"
    else:
        why = None
    return TokenText(Format.JWT, token, header, claims, why)


def _json_in(segment: str) -> tuple[dict[str, Any] | None, str | None]:
    """The JSON object that a segment holds, or what the segment is instead."""
    try:
        data = decoded(segment)
    except ValueError:
        return None, "is not base64url"
    try:
        members = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None, "is not JSON"
    if not isinstance(members, dict):
        return None, "is no JSON object"
    if nested_deeper(members, _DEEPEST):
        return None, "is nested too deep to be shown"
    return members, None


def _why_no_token(text: str) -> str:
    if not text:
        return "it is empty"
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict | list):
        return "it is JSON, and perhaps holds a token: send the token alone"
    count = text.count(".") + 1
    if count == SEGMENTS:
        return f"it has {SEGMENTS} segments, but the first is not the header of a JWT"
    if count == _JWE_SEGMENTS:
        return f"it has {_JWE_SEGMENTS} segments, but the first is not the header of a JWE"
    return "it is no JWT: it does not begin with the header of one"
