"""Redaction: an allow-list for requests, and known secrets.

Any other value is shown as `***`. Whatever looks like a JWT is redacted wherever it is.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic_core import from_json, to_json

from emulator.core.fields import MASK
from emulator.core.vendor import VendorState

TEXT_LIMIT = 100
"""The longest value that is shown, in characters."""

PATH_LIMIT = 300
"""The longest path that is shown, in characters."""

ANSWER_LIMIT = 2048
"""How much of an answer's body is shown, in bytes."""

_MAX_BODY = 1024 * 1024
"""The largest body that is searched for secrets; a larger one is not shown."""

_MAX_MEMBERS = 20
"""How many members of a body or query are shown; with TEXT_LIMIT they stay below 2 KiB."""

_JWT = re.compile(r"(?:eyJ|eyAi|ewo|ew0K|ZXlK)[A-Za-z0-9_-]{12,}(?:\.[A-Za-z0-9_-]*)*")
"""A JWT begins with an encoded `{"`, `{ "` or `{` and a line's end; NBC Gate's refresh tokens with
an encoded `eyJ`. A part of one is redacted too."""

_NAME = re.compile(r"[A-Za-z][A-Za-z_.-]{0,31}")
"""An unknown member's name that may be shown: it does not look like a code or password."""

_MARKUP = re.compile(r'[={}\[\]"&;<>]')
"""Characters between the members of JSON, a form or XML, which no name contains."""

_SECRET_NAMES = "|".join(
    [
        *("access_?token", "refresh_?token", "id_?token", "token", "jwt", "assertion"),
        *("pass(?:word|wd|code)?", "otp", "pin", "session_?id"),
        *("(?:client_?)?secret", "api_?key", "private_?key"),
    ]
)
_SECRET_NAME = re.compile(_SECRET_NAMES, re.IGNORECASE)
_SECRET_PARAMETER = re.compile(rf"(?:{_SECRET_NAMES}|code|key)", re.IGNORECASE)
_SECRET_LIKE = re.compile("pas|pwd|secret|token|otp|code|pin|key|jwt", re.IGNORECASE)

_MAX_SEGMENT = 40
_SHORT_SEGMENT = 3
"""A segment this short is not a secret."""

_MAX_SEGMENTS = 12
_SIMILARITY = 0.75
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
"""Common segments of paths in sign-in APIs."""

_MAX_COMPARED = 1_000
"""How many passwords an unknown name is compared with; that takes 0.3 ms."""

_GRANT_TYPES = frozenset({"authorization_code", "client_credentials", "password", "refresh_token"})
"""Values of `grant_type` (RFC 6749), which are not secrets."""


def without_tokens(text: str) -> str:
    """`text` with whatever looks like a JWT redacted."""
    return _JWT.sub(MASK, text)


def redacted_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text that is not known to be secret: bounded, and without tokens."""
    shown = without_tokens(text)
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


def redacted_name(text: str) -> str:
    """A name; it is redacted if it looks like a whole body."""
    return MASK if looks_like_body(text) else redacted_text(text)


def looks_like_body(text: str) -> bool:
    """Whether a text looks like a body or a part of one, which may hold anything."""
    return _MARKUP.search(text) is not None


def looks_secret(name: str) -> bool:
    """Whether a member is named like a secret, misspelt names included."""
    return _SECRET_LIKE.search(name) is not None


def redacted_members(
    members: Mapping[str, Any], open_members: Collection[str] = ()
) -> dict[str, Any]:
    """The members of a body or query: the values of `open_members`, the names of the others.

    A member without a value may be a value itself: both are redacted, except `open_members`.
    """
    shown: dict[str, Any] = {}
    for name, value in members.items():
        if name in open_members:
            shown[name] = _open_value(value)
        elif (value or value is None) and _NAME.fullmatch(name):
            shown[name] = None if value is None else MASK
        else:
            shown[MASK] = MASK
        if len(shown) == _MAX_MEMBERS:
            break
    return shown


def _open_value(value: object) -> object:
    if isinstance(value, str):
        return redacted_name(value)
    return value if value is None or isinstance(value, bool | int | float) else MASK


def redacted_answer(body: bytes, secrets: Collection[str] = (), *, is_text: bool = False) -> Any:
    """A response body for the journal, without these secrets and tokens.

    A long one is a string that ends in `...`; None if it is too large to be searched.
    """
    if len(body) > _MAX_BODY:
        return None
    if is_text:
        text = body.decode(errors="replace")
        shown = without_tokens(_without(text, secrets))
        return shown if len(shown) <= ANSWER_LIMIT else shown[:ANSWER_LIMIT] + "..."
    value = redacted_json(from_json(body), secrets)
    if len(body) > ANSWER_LIMIT and len(written := to_json(value)) > ANSWER_LIMIT:
        return written[:ANSWER_LIMIT].decode("utf-8", "ignore") + "..."
    return value


def redacted_json(value: Any, secrets: Collection[str] = ()) -> Any:
    """A JSON value without these secrets, members that are named like one, and tokens."""
    if isinstance(value, str):
        return without_tokens(_without(value, secrets))
    if isinstance(value, list):
        return [redacted_json(item, secrets) for item in value]
    if isinstance(value, dict):
        return {
            without_tokens(_without(name, secrets)): MASK
            if isinstance(item, str) and item and _SECRET_NAME.fullmatch(name)
            else redacted_json(item, secrets)
            for name, item in value.items()
        }
    return value


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, MASK)
    return text


def redacted_path(path: str, known: Iterable[str]) -> str:
    """An unknown path: segments that resemble words of `known` paths are shown.

    Others are redacted, as they may be a token, password or code.
    """
    return _redacted_path(path, _words(tuple(known)))


@lru_cache(maxsize=256)
def _redacted_path(path: str, words: frozenset[str]) -> str:
    segments = path.split("/")
    shown = [
        part if _is_word(part.casefold(), words) else MASK for part in segments[:_MAX_SEGMENTS]
    ]
    return "/".join(shown + ["..."] * (len(segments) > _MAX_SEGMENTS))


@lru_cache(maxsize=64)
def _words(paths: tuple[str, ...]) -> frozenset[str]:
    return _WORDS.union(*(path.casefold().split("/") for path in paths))


def _is_word(part: str, words: Collection[str]) -> bool:
    if part in words or _VERSION.fullmatch(part):
        return True
    if len(part) > _MAX_SEGMENT or not part.isprintable():
        return False
    near = get_close_matches(part, words, n=1, cutoff=_SIMILARITY)
    return len(part) <= _SHORT_SEGMENT or bool(near)


def redacted_resource_path(path: str, parameters: Mapping[str, str]) -> str:
    """A path of a resource, with the values of its secret `parameters` redacted."""
    secrets = set(secret_parameters(parameters))
    segments = [
        MASK if part in secrets or len(part) > TEXT_LIMIT or not part.isprintable() else part
        for part in path.split("/")
    ]
    return redacted_text("/".join(segments), PATH_LIMIT)


def secret_parameters(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The values of a path's parameters that have secret names."""
    return tuple(value for name, value in parameters.items() if _SECRET_PARAMETER.fullmatch(name))


def passwords_among(states: Iterable[VendorState[Any]], texts: Collection[str]) -> list[str]:
    """Those of `texts` that are the password of one of the vendors' principals."""
    asked = set(texts) - _GRANT_TYPES
    if not asked:
        return []
    return [
        password
        for state in states
        for principals in state.principals.values()
        for principal in islice(principals, _MAX_COMPARED)
        for password in principal.passwords()
        if password in asked
    ]


def is_principal(state: VendorState[Any], name: str) -> bool:
    """Whether a text is the name of one of a vendor's principals."""
    return any(principals.find(name) is not None for principals in state.principals.values())
