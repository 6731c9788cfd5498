"""How deep JSON may be nested before nobody can read it, and orjson cannot write it."""

from typing import Any

DEEPEST = 40
"""How deep a fixture, claims and headers may be nested."""


def nested_deeper(value: Any, levels: int = DEEPEST) -> bool:
    """Whether a value is nested deeper than so many levels."""
    level: list[Any] = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
