"""How an operation can end, as data: status, headers, body, and how we know it.

An `Outcome` is what a vendor's page (or our assumption) says. A fixture can override its status,
headers and body, and an `Answerer` is the outcome made ready: what does not change is rendered
once.

A body is JSON with placeholders: a text that is just `{{name}}` becomes that value, and
`{{name}}` inside a longer text becomes its characters. `{{answer}}` is the wire shape that an
operation returned (`{{answer.accessToken}}` a member of it); `{{reason}}`, `{{principal}}` and
`{{now}}` exist for every outcome.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec.json
import orjson
from msgspec import Struct, field
from msgspec.structs import asdict, replace

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Values: TypeAlias = Mapping[str, object]

_of_shape = msgspec.json.Encoder().encode

_PLACEHOLDER = re.compile(r"\{\{ *(\w+(?:\.\w+)?) *\}\}")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

_PHRASES = {413: "Payload Too Large", 422: "Unprocessable Entity"}

ANSWER = "{{answer}}"
"""The body that is just what the operation returned."""

ALWAYS_KNOWN = frozenset({"reason", "principal", "now"})
"""The placeholders that every outcome's body may use."""

HEADER_LIMIT = 8000
"""The longest header that a fixture's placeholders make, in characters."""

REASON_LIMIT = 200
"""The longest reason, in characters: it travels in a header."""


class Mark(StrEnum):
    """How we know a behaviour."""

    DOCUMENTED = "documented"
    DOCUMENTED_ELSEWHERE = "documented elsewhere"
    ASSUMED = "assumed"
    FIXTURE = "fixture"


class Refusal(Exception):
    """An operation ends in a refusal: the outcome's name, why, and what its body needs.

    `reason` is one sentence for the person who debugs; it never holds a secret. `values` fill the
    placeholders of the outcome's body.
    """

    def __init__(
        self, outcome: str, reason: str, *, principal: str | None = None, **values: object
    ) -> None:
        super().__init__(f"{outcome}; {reason}")
        self.outcome = outcome
        self.reason = reason
        self.principal = principal
        self.values = values


class Outcome(Struct, frozen=True):
    """One named way in which an operation can end.

    `when` says in one clause when it happens, `source` which page says so; `sample` fills the
    placeholders in documentation and wherever the operation has nothing better to say.
    """

    name: str
    status: int
    when: str
    mark: Mark
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Json] = field(default_factory=dict)
    source: str = ""

    @property
    def succeeds(self) -> bool:
        """Whether the operation did what it was asked."""
        return self.status < 400

    @property
    def placeholders(self) -> frozenset[str]:
        """The names that its body may use."""
        return ALWAYS_KNOWN | self.sample.keys()

    def overridden(self, change: "Override") -> "Outcome":
        """The outcome as a fixture corrects it; what the fixture does not name stays."""
        renewed = {name.lower() for name in change.headers}
        return replace(
            self,
            mark=Mark.FIXTURE,
            status=self.status if change.status is None else change.status,
            headers={
                **{n: v for n, v in self.headers.items() if n.lower() not in renewed},
                **change.headers,
            },
            body=change.body if change.replaces_body else self.body,
        )


class Override(Struct, frozen=True):
    """What a fixture says of an outcome: any of status, headers and body.

    `replaces_body` tells an empty body (`body: null`) from none given.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    replaces_body: bool = False


def outside_of_operations(body: Callable[[int, str], Json], source: str) -> tuple[Outcome, ...]:
    """The outcomes of calls that reach no operation of a vendor, in its own words.

    `body` makes the body of a status and its phrase. No vendor documents any of them.
    """
    happening = {
        "forward_failed": (502, "a protected resource whose `forward_to` does not answer"),
        "path_unknown": (
            404,
            "a path below the vendor's base path that the emulator does not have",
        ),
        "method_not_allowed": (
            405,
            "a method that the path does not take; `Allow` names the others",
        ),
        "body_too_large": (413, "a body over 64 KiB (16 MiB where it is handed on)"),
    }
    return tuple(
        Outcome(
            name=name,
            status=status,
            when=when,
            mark=Mark.ASSUMED,
            body=body(status, status_phrase(status)),
            source=source,
        )
        for name, (status, when) in happening.items()
    )


class Answerer:
    """An outcome made ready to answer with."""

    __slots__ = (
        *("filled_headers", "headers", "needs_more", "outcome"),
        *("plain", "render", "status", "text"),
    )

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.status = outcome.status
        self.headers = [
            (name.lower().encode("ascii"), value.encode("latin-1"))
            for name, value in outcome.headers.items()
            if not _PLACEHOLDER.search(value)
        ]
        self.filled_headers = [
            (name.lower().encode("ascii"), value)
            for name, value in outcome.headers.items()
            if _PLACEHOLDER.search(value)
        ]
        kinds = [value for name, value in outcome.headers.items() if name.lower() == "content-type"]
        if outcome.body is not None and not kinds:
            self.headers.append((b"content-type", b"application/json"))
        self.needs_more = placeholders_in([outcome.body, *outcome.headers.values()]) != {"answer"}
        """Whether it tells anything but what the operation returned."""
        self.text = bool(kinds) and "json" not in kinds[0].lower()
        """Whether the body is no JSON."""
        self.render: Callable[[Values], bytes] = (
            _renderer_of_text(outcome.body) if self.text else _renderer(outcome.body)
        )
        self.plain = not self.text and outcome.body == ANSWER
        """Whether the body is what the operation returned, and nothing else."""

    def headers_with(self, values: Values) -> list[tuple[bytes, bytes]]:
        """The headers with their placeholders filled in; a value cannot begin another header."""
        headers = self.headers.copy()
        for name, template in self.filled_headers:
            value = printable(str(_filled(template, values)), HEADER_LIMIT)
            headers.append((name, value.encode("ascii")))
        return headers


def answerers(
    outcomes: tuple[Outcome, ...], overrides: Mapping[str, Override]
) -> dict[str, Answerer]:
    """Every outcome by its name, as the fixture has it."""
    return {
        outcome.name: Answerer(
            outcome.overridden(overrides[outcome.name]) if outcome.name in overrides else outcome
        )
        for outcome in outcomes
    }


def placeholders_in(body: Json) -> set[str]:
    """The names of the placeholders that a body uses."""
    if isinstance(body, str):
        return set(_PLACEHOLDER.findall(body))
    if isinstance(body, Mapping):
        return set().union(*map(placeholders_in, body.values()))
    if isinstance(body, list):
        return set().union(*map(placeholders_in, body))
    return set()


def inside_longer_text(body: Json) -> set[str]:
    """The names of the placeholders that stand within a longer text."""
    if isinstance(body, str):
        return set() if _PLACEHOLDER.fullmatch(body) else set(_PLACEHOLDER.findall(body))
    if isinstance(body, Mapping):
        return set().union(*map(inside_longer_text, body.values()))
    return set().union(*map(inside_longer_text, body)) if isinstance(body, list) else set()


def printable(text: str, limit: int = REASON_LIMIT) -> str:
    """`text` as one line of printable ASCII, at most `limit` characters: safe in header and log."""
    line = _UNPRINTABLE.sub("?", text)
    return line if len(line) <= limit else line[: limit - 3] + "..."


def status_phrase(status: int) -> str:
    """The words for a status, the same with every Python (3.13 took up RFC 9110's new ones)."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"  # a fixture may answer with one that nobody registered


def sample_body(outcome: Outcome) -> Json:
    """The body with its sample values, for documentation."""
    sample = {"reason": "...", "principal": "...", "now": "..."} | dict(outcome.sample)
    return _filled(outcome.body, sample)


def _renderer(body: Json) -> Callable[[Values], bytes]:
    if body is None:
        return lambda _: b""
    if not placeholders_in(body):
        always = orjson.dumps(body)
        return lambda _: always
    whole = _PLACEHOLDER.fullmatch(body) if isinstance(body, str) else None
    if whole is not None:
        name = whole[1]
        if "." not in name:
            return lambda values: rendered(values[name])
        return lambda values: rendered(_value(name, values))
    return lambda values: rendered(_filled(body, values))


def rendered(body: object) -> bytes:
    """A body as JSON."""
    # A wire's shape is what nearly every answer is, and msgspec's own.
    return _of_shape(body) if isinstance(body, Struct) else orjson.dumps(body, default=asdict)


def _renderer_of_text(body: Json) -> Callable[[Values], bytes]:
    """A text under another media type than JSON's goes out as it is: an error page of a gateway."""
    if not isinstance(body, str):
        return _renderer(body)
    return lambda values: str(_filled(body, values)).encode()


def _value(name: str, values: Values) -> Json:
    """The value of `{{name}}`, or of `{{name.member}}`."""
    name, _, member = name.partition(".")
    value: Any = values[name]
    if not member:
        return value  # type: ignore[no-any-return]  # what its placeholder stands for
    return value.get(member) if isinstance(value, dict) else getattr(value, member, None)


def _filled(body: Json, values: Values) -> Json:
    if isinstance(body, str):
        whole = _PLACEHOLDER.fullmatch(body)
        if whole is not None:
            return _value(whole[1], values)
        return _PLACEHOLDER.sub(lambda found: str(_value(found[1], values)), body)
    if isinstance(body, dict):
        return {name: _filled(member, values) for name, member in body.items()}
    if isinstance(body, list):
        return [_filled(member, values) for member in body]
    return body
