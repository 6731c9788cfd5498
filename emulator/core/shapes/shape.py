"""A shape: a mapping whose keys are known, each with its kind."""

from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, dataclass_transform

from emulator.core.shapes.kinds import Definitions, Finding, Kind, Path, Schema, Wrong
from emulator.core.suggestion import did_you_mean

T = TypeVar("T")
S = TypeVar("S", bound="Shape")

_REQUIRED: Any = object()

_MOST_SUGGESTIONS = 200
"""To look for the key that was meant takes time; of more mistakes than these nobody reads it."""


class Member(Generic[T]):
    """A key of a shape: its kind, its default as a fixture would write it, and what it is for."""

    __slots__ = ("about", "alias", "default", "kind")

    def __init__(self, kind: Kind[T], about: str, default: Any, alias: str | None) -> None:
        self.kind = kind
        self.about = about
        self.default = default
        self.alias = alias

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is _REQUIRED


def member(
    kind: Kind[T], about: str = "", *, default: Any = _REQUIRED, alias: str | None = None
) -> T:
    """A key of a shape; `alias` is how it is written where that is no name in Python.

    `default` is written as in a fixture, and read like what stands there; without one the key
    has to be given.
    """
    return cast(T, Member(kind, about, default, alias))


@dataclass_transform(
    kw_only_default=True, frozen_default=True, eq_default=True, field_specifiers=(member,)
)
class Shape:
    """A mapping with these keys and no other. Its attributes are the values that were read."""

    members: ClassVar[dict[str, Member[Any]]] = {}
    keys: ClassVar[dict[str, str]] = {}
    """The names of the members, by the keys that they are written as."""
    given: frozenset[str] = frozenset()
    """The members that were given, and did not come by default."""

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Member)}
        for name in own:
            delattr(cls, name)
        cls.members = cls.members | own
        cls.keys = {known.alias or name: name for name, known in cls.members.items()}

    def __init__(self, **values: Any) -> None:
        """One made in code: `values` are as they would be once read. Raises ValueError."""
        usual, others = self._defaults()
        found: list[Finding] = []
        made = {name: self._default(name, (), found) for name in others if name not in values}
        if found:
            raise Wrong(found[0][1])
        vars(self).update(usual | made | values, given=frozenset(values))

    @classmethod
    def read(cls, value: Any, at: Path, found: list[Finding]) -> Self:
        """See `Kind.read`."""
        if not isinstance(value, dict):
            raise Wrong("expected a mapping (key: value)")
        before = len(found)
        good, others = cls._defaults()
        good = good.copy()
        for key, part in value.items():
            here = (*at, key)
            name = cls.keys.get(key)
            if name is None:
                near = did_you_mean(str(key), cls.keys) if len(found) < _MOST_SUGGESTIONS else ""
                found.append((here, f"unknown key{near}"))
                continue
            wrong = len(found)
            try:
                good[name] = cls.members[name].kind.read(part, here, found)
            except ValueError as error:
                found.append((here, str(error)))
            if len(found) > wrong:
                good.pop(name, None)
        for name in others:
            key = cls.members[name].alias or name
            if key not in value:
                wrong = len(found)
                read = cls._default(name, (*at, key), found)
                if len(found) == wrong:
                    good[name] = read
        found += [((*at, *path), text) for path, text in cls.related(good)]
        made = cls.__new__(cls)
        if len(found) == before:
            vars(made).update(good, given=frozenset(map(cls.keys.__getitem__, value)))
            made.check()
        return made

    @classmethod
    @cache
    def _defaults(cls) -> tuple[dict[str, Any], list[str]]:
        """The defaults, read once for all; and the names of members that have no good one."""
        usual: dict[str, Any] = {}
        others: list[str] = []
        for name in cls.members:
            found: list[Finding] = []
            read = cls._default(name, (), found)
            if found:
                others.append(name)
            else:
                usual[name] = read
        return usual, others

    @classmethod
    def _default(cls, name: str, at: Path, found: list[Finding]) -> Any:
        known = cls.members[name]
        if known.required:
            found.append((at, "is missing"))
            return None
        return known.kind.read(known.default, at, found)

    @classmethod
    def related(cls, good: dict[str, Any]) -> Iterable[Finding]:
        """What members make impossible of one another, among those that are `good` so far.

        What was read may also be replaced there.
        """
        del good
        return ()

    def check(self) -> None:
        """Hold the whole to what it must be, once all its members are good. Raises ValueError."""

    def written(self) -> dict[str, Any]:
        """The members that were given, as a fixture writes them."""
        return {
            known.alias or name: known.kind.written(getattr(self, name))
            for name, known in self.members.items()
            if name in self.given
        }

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.members)

    __hash__ = None  # type: ignore[assignment]  # its values are lists and mappings


class Shaped(Kind[S]):
    """The kind of a shape."""

    def __init__(self, shape: type[S]) -> None:
        self.shape = shape

    def read(self, value: Any, at: Path, found: list[Finding]) -> S:
        """See `Kind.read`."""
        return self.shape.read(value, at, found)

    def schema(self, definitions: Definitions) -> Schema:
        """A reference to its definition."""
        name = self.shape.__name__
        if name not in definitions:
            definitions[name] = {}  # so that a shape may hold its like
            definitions[name] = schema_of(self.shape, definitions)
        return {"$ref": definitions.reference.format(model=name)}

    def written(self, value: S) -> Any:
        """See `Kind.written`."""
        return value.written()


def schema_of(shape: type[Shape], definitions: Definitions) -> Schema:
    """The JSON Schema of a mapping of this shape; shapes in it are put among the definitions."""
    required = [key for key, name in shape.keys.items() if shape.members[name].required]
    described = (shape.__doc__ or "").partition("\n")[0]
    return {
        "type": "object",
        **({"description": described} if described else {}),
        "properties": {
            key: _schema_of_member(shape.members[name], definitions)
            for key, name in shape.keys.items()
        },
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _schema_of_member(known: Member[Any], definitions: Definitions) -> Schema:
    about = {"description": known.about} if known.about else {}
    default = {} if known.required else {"default": known.default}
    return {**known.kind.schema(definitions), **about, **default}
