"""A wire's answer as it may be told: without its tokens, and short."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from emulator.core.masking import MASK, holds_token, is_secret_name, searched
from emulator.core.outcomes import rendered

PART_LIMIT = 2048
"""How much of an answer's body is told, in bytes."""


class Told(Struct, frozen=True):
    """`shape` has its tokens masked; `body` is what is told of it, see `Record.answer_body`."""

    shape: object
    body: object


_BARE = Told(MASK, MASK)


def told_of(shape: object) -> Told:
    """What may be told of an answer that issues tokens: a bare one, or members named like some."""
    if isinstance(shape, str):
        return _BARE
    kind: Any = type(shape)
    members = _members(kind)
    key = kind, members.open_values(shape)
    return _known.get(key) or _made_known(key, shape, members)


class _Members(Struct, frozen=True):
    """The members of a kind of shapes: those that are tokens, masked, and the others' values."""

    masked: dict[str, str]
    open_values: Callable[[object], tuple[object, ...]]


_Key: TypeAlias = tuple[type, tuple[object, ...]]

_known: dict[_Key, Told] = {}
"""Each principal's answers differ in their tokens alone."""

_MOST_KNOWN = 16_384
"""Each takes about 500 bytes. An `lru_cache` would have to make one from its key: from the shape it
takes half as long, for who signs in as one of more principals than these."""


@cache
def _members(kind: Any) -> _Members:
    masked = {name: MASK for name in kind.__struct_fields__ if is_secret_name(name)}
    names = [name for name in kind.__struct_fields__ if name not in masked]
    if len(names) > 1:
        return _Members(masked, attrgetter(*names))
    return _Members(masked, lambda shape: tuple(getattr(shape, name) for name in names))


def _made_known(key: _Key, shape: Any, members: _Members) -> Told:
    masked = replace(shape, **members.masked)
    whole = rendered(masked)
    # To search the whole takes 15 µs, where nearly every answer holds a few harmless texts.
    found = whole if all(map(_holds_none, key[1])) else searched(whole)
    unchanged = found == whole and len(whole) <= PART_LIMIT
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    told = _known[key] = Told(masked, masked if unchanged else cut(found))
    return told


def _holds_none(value: object) -> bool:
    """Whether a value holds no token and has no members, which may be named like secrets."""
    if isinstance(value, str):
        return not holds_token(value)
    return value is None or isinstance(value, bool | int | float)


def cut(masked: bytes) -> bytes | str:
    """JSON that is told; as a text, which is no JSON any more, where it is too long."""
    if len(masked) <= PART_LIMIT:
        return masked
    return masked[:PART_LIMIT].decode("utf-8", "ignore") + "..."
