"""What may be told of a call: secrets are left out by lists of what is none.

What nobody knows to be harmless is masked. The one list of secrets is that of tokens: whatever
looks like a JWT is masked wherever it stands, as it may stand anywhere.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

from emulator.core.section import Section

MASK = "***"
_MASK = MASK.encode()

TEXT_LIMIT = 100
"""The longest value that is told, in characters."""

PATH_LIMIT = 300
"""The longest path that is told, in characters."""

_MOST_MEMBERS = 20
"""How many members of a body or query are told; with TEXT_LIMIT they stay below 2 KiB."""

_CACHED_AT_MOST = 4096
"""The largest answer of which the masked form is kept, in bytes."""

_TOKEN = r"(?:eyJ|eyAi|ewo|ew0K|ZXlK)[A-Za-z0-9_-]{12,}(?:\.[A-Za-z0-9_-]*)*"  # noqa: S105 - a pattern
"""A JWT begins with an encoded `{"`, `{ "` or `{` and a line's end; NBC Gate's refresh tokens with
an encoded `eyJ`. A cut-off one is masked too."""

_TOKENS = re.compile(_TOKEN)
_TOKENS_IN_BYTES = re.compile(_TOKEN.encode())

_NAME = re.compile(r"[A-Za-z][A-Za-z_.-]{0,31}")
"""A member's name that may be told though nobody knows it: no code and few passwords look so."""

_OF_A_BODY = re.compile(r'[={}\[\]"&;<>]')
"""What stands between the members of JSON, a form or XML, and in no name."""

_SECRET_NAMES = "|".join(
    [
        *("access_?token", "refresh_?token", "id_?token", "token", "jwt", "assertion"),
        *("pass(?:word|wd|code)?", "otp", "pin", "session_?id"),
        *("(?:client_?)?secret", "api_?key", "private_?key"),
    ]
)
_SECRET_MEMBERS = re.compile(rf'("(?:{_SECRET_NAMES})":)"(?:[^"\\]|\\.)+"'.encode(), re.IGNORECASE)
_SECRET_NAME = re.compile(_SECRET_NAMES, re.IGNORECASE)
_SECRET_SOUNDS = re.compile("pas|pwd|secret|token|otp|code|pin|key|jwt", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(rf"(?:{_SECRET_NAMES}|code|key)", re.IGNORECASE)

_JSON = frozenset({str, int, float, bool, type(None), list, dict})

_LONGEST_SEGMENT = 40
_HARMLESS = 3
"""A segment of so few characters is no secret worth the name."""

_MOST_SEGMENTS = 12
_NEAR = 0.75
_VERSION = re.compile(r"v\d{1,2}(\.\d{1,2})?")
_WORDS = frozenset(
    {
        *("account", "accounts", "api", "apis", "auth", "authenticate", "authentication"),
        *("authorization", "authorize", "balance", "certs", "check", "client", "clients", "code"),
        *("connect", "current", "grant", "health", "id", "identity", "idp", "introspect", "jwks"),
        *("jwks.json", "keys", "log-in", "log-out", "login", "logout", "me", "mfa", "oauth"),
        *("oauth2", "oidc", "openid", "openid-configuration", "otp", "password", "profile"),
        *("public", "ready", "realms", "refresh", "refresh-token", "register", "reset", "revoke"),
        *("rest", "scopes", "self", "send", "session", "sessions", "sign-in", "sign-out"),
        *("sign-up", "signin", "signout", "signup", "sso", "status", "swagger", "tfa", "token"),
        *("tokens", "user", "userinfo", "users", "validate", "verify", "version", ".well-known"),
    }
)
"""Segments that clients of sign-in APIs send to paths that are not there."""

_MOST_COMPARED = 1_000
"""With how many principals' secrets a name is compared that names nobody; that takes 0.3 ms."""

_GRANTS = frozenset({"authorization_code", "client_credentials", "password", "refresh_token"})
"""Values of `grant_type` (RFC 6749), which are no names and no passwords."""


def without_tokens(text: str) -> str:
    """`text`, with whatever looks like a JWT masked."""
    return _TOKENS.sub(MASK, text)


def holds_token(text: str) -> bool:
    """Whether there is in a text what looks like a JWT."""
    return _TOKENS.search(text) is not None


def told_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text that is no secret, as far as anybody knows: bounded, and without tokens."""
    return _told_again(text) if len(text) <= TEXT_LIMIT else _told_text(text, limit)


def _told_text(text: str, limit: int = TEXT_LIMIT) -> str:
    told = without_tokens(text)
    return told if len(told) <= limit else told[: limit - 3] + "..."


_told_again = lru_cache(maxsize=1024)(without_tokens)
"""The same names come again and again."""


def told_name(text: str) -> str:
    """The value of a member that names somebody or something; a whole body in its place is none."""
    return _name_again(text) if len(text) <= TEXT_LIMIT else _told_name(text)


def _told_name(text: str) -> str:
    return MASK if no_name(text) else _told_text(text)


_name_again = lru_cache(maxsize=16_384)(_told_name)
"""Each takes about 250 bytes; who signs in as one of more than these waits 1 µs for it."""


def no_name(text: str) -> bool:
    """Whether a text looks like a body or a part of one, which may hold anything."""
    return _OF_A_BODY.search(text) is not None


def is_secret_name(name: str) -> bool:
    """Whether a member is named like a token or another secret."""
    return _SECRET_NAME.fullmatch(name) is not None


def told_members(members: Mapping[str, Any], open_members: Collection[str] = ()) -> dict[str, Any]:
    """The members of a body or query: the values of `open_members`, and the names of the others.

    Of a member without a value nobody knows whether it is a name or a value: where it is not one of
    `open_members`, both are masked.
    """
    told: dict[str, Any] = {}
    few = len(members) <= _MOST_MEMBERS
    for name, value in members.items():
        if name in open_members:
            short = type(value) is str and len(value) <= TEXT_LIMIT
            told[name] = _name_again(value) if short else _told_value(value)
        elif type(value) not in _JSON:
            pass  # what reading the body added
        elif (value or value is None) and _NAME.fullmatch(name):
            told[name] = None if value is None else MASK
        else:
            told[MASK] = MASK
        if not few and len(told) == _MOST_MEMBERS:
            break
    return told


def _told_value(value: object) -> object:
    if isinstance(value, str):
        return told_name(value)
    return value if value is None or isinstance(value, bool | int | float) else MASK


def told_body(body: bytes, secrets: Collection[str] = ()) -> bytes:
    """A JSON body of ours, without these secrets, members that are named like some, and JWTs."""
    if secrets:
        body = orjson.dumps(_without(orjson.loads(body), secrets))
    return searched(body) if len(body) > _CACHED_AT_MOST else _searched_again(body)


def told_page(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The same of a body that is a text."""
    return _searched(_without(body.decode(errors="replace"), secrets).encode()).decode()


def _without(value: Any, secrets: Iterable[str]) -> Any:
    """A JSON value whose texts and names hold none of these."""
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, MASK)
    elif isinstance(value, list):
        return [_without(item, secrets) for item in value]
    elif isinstance(value, dict):
        return {_without(name, secrets): _without(item, secrets) for name, item in value.items()}
    return value


def searched(body: bytes) -> bytes:
    """A JSON body without members that are named like secrets, and JWTs."""
    if b"\\u00" not in body:
        return _searched(body)
    # An escape may end in what a token begins with, as in `\u001eyJ`.
    return orjson.dumps(_searched_value(orjson.loads(body)))


def _searched_value(value: Any) -> Any:
    if isinstance(value, str):
        return without_tokens(value)
    if isinstance(value, list):
        return [_searched_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {without_tokens(name): _searched_member(name, item) for name, item in value.items()}


def _searched_member(name: str, value: Any) -> Any:
    masked = isinstance(value, str) and value and is_secret_name(name)
    return MASK if masked else _searched_value(value)


def _searched(body: bytes) -> bytes:
    return _TOKENS_IN_BYTES.sub(_MASK, _SECRET_MEMBERS.sub(rb'\1"***"', body))


_searched_again = lru_cache(maxsize=4096)(searched)
"""Answers repeat themselves, principal by principal, once their own tokens are masked; to search
one takes 20 µs, a fifth of a sign-in at Vault. Of so many, most take less than 1 KB."""


def told_path(path: str, known: Iterable[str]) -> str:
    """A path that nothing answers at: its segments that are like words of the paths in `known`.

    A client that puts a token, a password or a code into a path finds it masked.
    """
    return _told_path(path, _words(tuple(known)))


@lru_cache(maxsize=256)
def _told_path(path: str, words: frozenset[str]) -> str:
    segments = path.split("/")
    told = [part if _like(part.casefold(), words) else MASK for part in segments[:_MOST_SEGMENTS]]
    return "/".join(told + ["..."] * (len(segments) > _MOST_SEGMENTS))


@lru_cache(maxsize=64)
def _words(paths: tuple[str, ...]) -> frozenset[str]:
    return _WORDS.union(*(path.casefold().split("/") for path in paths))


def _like(part: str, words: Collection[str]) -> bool:
    if part in words or _VERSION.fullmatch(part):
        return True
    if len(part) > _LONGEST_SEGMENT or not part.isprintable():
        return False
    return len(part) <= _HARMLESS or bool(get_close_matches(part, words, n=1, cutoff=_NEAR))


def is_secret_parameter(name: str) -> bool:
    """Whether a path's parameter is named like a secret."""
    return _SECRET_PARAMETER.fullmatch(name) is not None


def told_resource_path(path: str, parameters: Mapping[str, str]) -> str:
    """A path of the fixture's: masked is what its `parameters` of secret names stand for."""
    secrets = {value for name, value in parameters.items() if is_secret_parameter(name)}
    segments = [
        MASK if part in secrets or len(part) > TEXT_LIMIT or not part.isprintable() else part
        for part in path.split("/")
    ]
    return told_text("/".join(segments), PATH_LIMIT)


def sounds_secret(name: str) -> bool:
    """Whether a member is named like a secret, misspelt names included."""
    return _SECRET_SOUNDS.search(name) is not None


def secrets_among(sections: Iterable[Section], texts: Collection[str]) -> list[str]:
    """Those of `texts` that are the password of one of the vendors' principals."""
    asked = set(texts) - _GRANTS
    if not asked:
        return []
    return [
        secret
        for section in sections
        for members in section.principals.values()
        for member in islice(members, _MOST_COMPARED)
        for secret in (getattr(member, name) for name in member.hidden)
        if isinstance(secret, str) and secret in asked
    ]


def names_somebody(section: Section, name: str) -> bool:
    """Whether a text is the name of one of a vendor's principals."""
    return any(members.find(name) is not None for members in section.principals.values())
