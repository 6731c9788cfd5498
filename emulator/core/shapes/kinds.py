"""What a value may be, and what kinds are made of: lists, mappings, one or another."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands: the keys and positions that lead to it."""

Schema: TypeAlias = dict[str, Any]

Finding: TypeAlias = tuple[Path, str]
"""Something that is wrong: where, and what is said of it."""


class Definitions(dict[str, Schema]):
    """The schemas of shapes by their names; `reference` is how others refer to them."""

    def __init__(self, reference: str = "#/$defs/{model}") -> None:
        super().__init__()
        self.reference = reference


class Wrong(ValueError):
    """A value that does not fit: what was expected, and never the value."""


def plain_text(text: str) -> str:
    """A text as nothing but a text, though it came as a member of an enumeration.

    Raises Wrong for half a character, as Python has where the environment is no UTF-8: no JSON
    could carry it.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Wrong("expected a text, and this holds bytes that are no UTF-8") from error
    return str.__str__(text)


class Kind(ABC, Generic[T]):
    """What a value may be."""

    @abstractmethod
    def read(self, value: Any, at: Path, found: list[Finding]) -> T:
        """The value as the code knows it. Raises ValueError where it is none.

        What is wrong inside it, below `at`, is added to `found`; the result is then of no use.
        """

    @abstractmethod
    def schema(self, definitions: Definitions) -> Schema:
        """Its JSON Schema; shapes are put among the definitions."""

    def written(self, value: T) -> Any:
        """A value as it is written in a fixture."""
        return value


class Plain(Kind[T]):
    """A value without parts, read by a function."""

    def __init__(
        self,
        read: Callable[[Any], T],
        schema: Schema,
        written: Callable[[T], Any] = lambda value: value,
    ) -> None:
        self._read = read
        self._schema = schema
        self._written = written

    def read(self, value: Any, at: Path, found: list[Finding]) -> T:
        """See `Kind.read`."""
        del at, found
        return self._read(value)

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        del definitions
        return self._schema

    def written(self, value: T) -> Any:
        """See `Kind.written`."""
        return self._written(value)


class Checked(Kind[T]):
    """A kind whose values must also pass a check, which gives them as they are kept."""

    def __init__(self, kind: Kind[T], check: Callable[[T], T]) -> None:
        self._kind = kind
        self._check = check

    def read(self, value: Any, at: Path, found: list[Finding]) -> T:
        """See `Kind.read`."""
        before = len(found)
        read = self._kind.read(value, at, found)
        return self._check(read) if len(found) == before else read

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        return self._kind.schema(definitions)

    def written(self, value: T) -> Any:
        """See `Kind.written`."""
        return self._kind.written(value)


class Maybe(Kind[T | None]):
    """A kind, or null."""

    def __init__(self, kind: Kind[T]) -> None:
        self.kind = kind

    def read(self, value: Any, at: Path, found: list[Finding]) -> T | None:
        """See `Kind.read`."""
        return None if value is None else self.kind.read(value, at, found)

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        return {"anyOf": [self.kind.schema(definitions), {"type": "null"}]}

    def written(self, value: T | None) -> Any:
        """See `Kind.written`."""
        return None if value is None else self.kind.written(value)


class Listed(Kind[list[T]]):
    """A list of one kind."""

    def __init__(self, kind: Kind[T], *, least: int = 0) -> None:
        self.kind = kind
        self._least = least

    def read(self, value: Any, at: Path, found: list[Finding]) -> list[T]:
        """See `Kind.read`."""
        if not isinstance(value, list):
            raise Wrong("expected a list (lines that begin with -)")
        if len(value) < self._least:
            raise Wrong("expected at least one entry")
        items: list[T] = []
        for number, item in enumerate(value):
            here = (*at, number)
            try:
                items.append(self.kind.read(item, here, found))
            except ValueError as error:
                found.append((here, str(error)))
        return items

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        least = {"minItems": self._least} if self._least else {}
        return {"type": "array", "items": self.kind.schema(definitions)} | least

    def written(self, value: list[T]) -> Any:
        """See `Kind.written`."""
        return [self.kind.written(item) for item in value]


class Mapped(Kind[dict[str, T]]):
    """A mapping of names, which the author chooses, to one kind."""

    def __init__(self, kind: Kind[T], name: Callable[[str], str] = str) -> None:
        self._kind = kind
        self._name = name

    def read(self, value: Any, at: Path, found: list[Finding]) -> dict[str, T]:
        """See `Kind.read`."""
        if not isinstance(value, dict):
            raise Wrong("expected a mapping (key: value)")
        members: dict[str, T] = {}
        for key, member in value.items():
            here = (*at, key)
            try:
                if not isinstance(key, str):
                    raise Wrong("expected a text")
                name = self._name(plain_text(key))
                members[name] = self._kind.read(member, here, found)
            except ValueError as error:
                found.append((here, str(error)))
        return members

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        return {"type": "object", "additionalProperties": self._kind.schema(definitions)}

    def written(self, value: dict[str, T]) -> Any:
        """See `Kind.written`."""
        return {name: self._kind.written(member) for name, member in value.items()}


class Branching(Kind[Any]):
    """One of several kinds; `pick` tells by a value which is meant."""

    def __init__(self, pick: Callable[[Any], Kind[Any]], kinds: Iterable[Kind[Any]]) -> None:
        self._pick = pick
        self._kinds = kinds

    def read(self, value: Any, at: Path, found: list[Finding]) -> Any:
        """See `Kind.read`."""
        return self._pick(value).read(value, at, found)

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        return {"anyOf": [kind.schema(definitions) for kind in self._kinds]}

    def written(self, value: Any) -> Any:
        """See `Kind.written`."""
        return self._pick(value).written(value)


class Later(Kind[T]):
    """A kind that is made when it is first needed."""

    def __init__(self, make: Callable[[], Kind[T]]) -> None:
        self._make = make

    @cached_property
    def kind(self) -> Kind[T]:
        """The kind."""
        return self._make()

    def read(self, value: Any, at: Path, found: list[Finding]) -> T:
        """See `Kind.read`."""
        return self.kind.read(value, at, found)

    def schema(self, definitions: Definitions) -> Schema:
        """See `Kind.schema`."""
        return self.kind.schema(definitions)

    def written(self, value: T) -> Any:
        """See `Kind.written`."""
        return self.kind.written(value)
