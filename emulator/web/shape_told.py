"""A wire's answer as it may be told: without its tokens, and short."""

from collections.abc import Callable
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from msgspec import Struct

from emulator.core.masking import MASK, is_secret_name, searched, without_tokens
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
    return _told(kind, _open_values(kind)(shape))


@cache
def _open_values(kind: Any) -> Callable[[object], tuple[object, ...]]:
    """What reads the values of a shape's members that are no tokens."""
    names = [name for name in kind.__struct_fields__ if not is_secret_name(name)]
    if not names:
        return lambda _: ()
    if len(names) > 1:
        return attrgetter(*names)
    return lambda shape: (getattr(shape, names[0]),)


@lru_cache(maxsize=4096)
def _told(kind: Any, values: tuple[object, ...]) -> Told:
    """Each principal's answers differ in their tokens alone."""
    given = iter(values)
    names = kind.__struct_fields__
    shape = kind(*(MASK if is_secret_name(name) else next(given) for name in names))
    whole = rendered(shape)
    # To search the whole takes 15 us, where nearly every answer holds a few harmless texts.
    masked = whole if all(map(_holds_none, values)) else searched(whole)
    unchanged = masked == whole and len(masked) <= PART_LIMIT
    return Told(shape, shape if unchanged else cut(masked))


def _holds_none(value: object) -> bool:
    """Whether a value holds no token and has no members, which may be named like secrets."""
    if isinstance(value, str):
        return without_tokens(value) == value
    return value is None or isinstance(value, bool | int | float)


def cut(masked: bytes) -> bytes | str:
    """JSON that is told; as a text, which is no JSON any more, where it is too long."""
    if len(masked) <= PART_LIMIT:
        return masked
    return masked[:PART_LIMIT].decode("utf-8", "ignore") + "..."
