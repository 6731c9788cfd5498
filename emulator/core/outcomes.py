"""How an operation can end, as data: status, headers, body, and how we know it.

An `Outcome` is what a vendor's page (or our assumption) says. A fixture can override its status,
headers and body; a `ResponseTemplate` is the result, ready to be filled in.

A body is JSON with placeholders: a string that is just `{{name}}` becomes that value, and
`{{name}}` inside a longer string is replaced by its text. `{{answer}}` is the model that an
operation returned (`{{answer.accessToken}}` a member of it); `{{reason}}`, `{{principal}}` and
`{{now}}` exist for every outcome.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias

from pydantic import Field
from pydantic_core import to_json

from emulator.core import fields
from emulator.core.model import Model

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Values: TypeAlias = Mapping[str, object]

_PLACEHOLDER = re.compile(r"\{\{ *(\w+(?:\.\w+)?) *\}\}")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

_PHRASES = {413: "Payload Too Large", 422: "Unprocessable Entity"}

ANSWER = "{{answer}}"
"""The body that is just what the operation returned."""

COMMON_PLACEHOLDERS = frozenset({"reason", "principal", "now"})
"""The placeholders that every outcome's body may use."""

BODILESS = frozenset({204, 304})
"""The statuses whose responses have no body (RFC 9110 §15)."""

HEADER_LIMIT = 8000
"""The longest header that a fixture's placeholders make, in characters."""

REASON_LIMIT = 200
"""The longest reason, in characters, as it is sent in a header."""


class Provenance(StrEnum):
    """How a behaviour is known."""

    DOCUMENTED = "documented"
    DOCUMENTED_ELSEWHERE = "documented elsewhere"
    ASSUMED = "assumed"
    FIXTURE = "fixture"


class Refused(Exception):
    """An operation ends in a refusal: the outcome's name, the reason, and what its body needs.

    `reason` is one sentence for debugging, without secrets. `values` fill the placeholders of the
    outcome's body.
    """

    def __init__(
        self, outcome: str, reason: str, *, principal: str | None = None, **values: object
    ) -> None:
        super().__init__(f"{outcome}; {reason}")
        self.outcome = outcome
        self.reason = reason
        self.principal = principal
        self.values = values


class OutcomeOverride(Model):
    """A correction of one outcome."""

    status: Annotated[
        int | None, Field(ge=200, le=599, strict=True, description="The HTTP status.")
    ] = None
    headers: Annotated[fields.HttpHeaders, Field(description="Headers to add, or to replace.")] = {}
    body: Annotated[
        fields.Json,
        Field(description="The JSON body; null sends none. {{reason}} and others are filled in."),
    ] = None


@dataclass(frozen=True)
class Outcome:
    """One named way in which an operation can end.

    `when` says in one clause when it happens, `source` which page says so; `sample` fills the
    placeholders in documentation, and by default elsewhere.
    """

    name: str
    status: int
    when: str
    provenance: Provenance
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Json] = field(default_factory=dict)
    source: str = ""

    @property
    def succeeds(self) -> bool:
        """Whether the operation succeeded."""
        return self.status < 400

    @property
    def placeholders(self) -> frozenset[str]:
        """The names that its body may use."""
        return COMMON_PLACEHOLDERS | self.sample.keys()

    def overridden(self, change: OutcomeOverride) -> "Outcome":
        """The outcome with a fixture's correction applied."""
        replaced = {name.lower() for name in change.headers}
        kept = {n: v for n, v in self.headers.items() if n.lower() not in replaced}
        return replace(
            self,
            provenance=Provenance.FIXTURE,
            status=self.status if change.status is None else change.status,
            headers=kept | change.headers,
            body=change.body if "body" in change.model_fields_set else self.body,
        )


def common_outcomes(body: Callable[[int, str], Json], source: str) -> tuple[Outcome, ...]:
    """The outcomes of calls that reach no operation, with the vendor's error body.

    `body` makes the body of a status and its phrase. No vendor documents any of them.
    """
    known = {
        "forward_failed": (502, "a protected resource whose `forward_to` does not respond"),
        "path_unknown": (
            404,
            "a path below the vendor's base path that the emulator does not have",
        ),
        "method_not_allowed": (
            405,
            "the path does not accept the method; `Allow` lists those that it does",
        ),
        "body_too_large": (413, "the body is larger than 64 KiB (16 MiB if it is forwarded)"),
    }
    return tuple(
        Outcome(
            name=name,
            status=status,
            when=when,
            provenance=Provenance.ASSUMED,
            body=body(status, status_phrase(status)),
            source=source,
        )
        for name, (status, when) in known.items()
    )


class ResponseTemplate:
    """An outcome prepared for rendering.

    `needs_values` says whether it shows anything but what the operation returned; `is_text` that
    its body is no JSON; `plain` that the body is what the operation returned and nothing else.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.status = outcome.status
        self._headers = {name.lower(): value for name, value in outcome.headers.items()}
        kind = self._headers.get("content-type")
        if outcome.body is not None and kind is None:
            self._headers = {"content-type": "application/json"} | self._headers
        self._dynamic = any(map(_PLACEHOLDER.search, self._headers.values()))
        used = placeholders_in([outcome.body, *outcome.headers.values()])
        self.needs_values = used != {"answer"}
        self.is_text = kind is not None and "json" not in kind.lower()
        has_body = outcome.status not in BODILESS
        self.plain = has_body and not self.is_text and outcome.body == ANSWER
        self._constant: bytes | None = None if has_body else b""
        if has_body and not placeholders_in(outcome.body):
            self._constant = self._rendered({})

    def body(self, values: Values) -> bytes:
        """The body with its placeholders filled in."""
        if self.plain:
            return to_json(values["answer"])
        return self._rendered(values) if self._constant is None else self._constant

    def headers(self, values: Values) -> dict[str, str]:
        """The headers likewise, names in lower case, without line breaks in values."""
        if not self._dynamic:
            return dict(self._headers)
        return {
            name: printable(str(fill(value, values)), HEADER_LIMIT)
            if _PLACEHOLDER.search(value)
            else value
            for name, value in self._headers.items()
        }

    def _rendered(self, values: Values) -> bytes:
        body = self.outcome.body
        if body is None:
            return b""
        if self.is_text and isinstance(body, str):
            # A text, such as an error page of a gateway, is sent unchanged.
            return str(fill(body, values)).encode()
        return to_json(fill(body, values))


def templates(
    outcomes: tuple[Outcome, ...], overrides: Mapping[str, OutcomeOverride]
) -> dict[str, ResponseTemplate]:
    """The outcomes by name, with the fixture's corrections."""
    return {
        outcome.name: ResponseTemplate(
            outcome.overridden(overrides[outcome.name]) if outcome.name in overrides else outcome
        )
        for outcome in outcomes
    }


def placeholders_in(body: object) -> set[str]:
    """The names of the placeholders that a body uses."""
    if isinstance(body, str):
        return set(_PLACEHOLDER.findall(body))
    if isinstance(body, Mapping):
        return set().union(*map(placeholders_in, body.values()))
    return set().union(*map(placeholders_in, body)) if isinstance(body, list) else set()


def embedded_placeholders(body: object) -> set[str]:
    """The names of the placeholders inside a longer string."""
    if isinstance(body, str):
        return set() if _PLACEHOLDER.fullmatch(body) else set(_PLACEHOLDER.findall(body))
    if isinstance(body, Mapping):
        return set().union(*map(embedded_placeholders, body.values()))
    return set().union(*map(embedded_placeholders, body)) if isinstance(body, list) else set()


def fill(body: Json, values: Values) -> Any:
    """A body with its placeholders filled in."""
    if isinstance(body, str):
        whole = _PLACEHOLDER.fullmatch(body)
        if whole is not None:
            return _value(whole[1], values)
        return _PLACEHOLDER.sub(lambda found: str(_value(found[1], values)), body)
    if isinstance(body, dict):
        return {name: fill(member, values) for name, member in body.items()}
    if isinstance(body, list):
        return [fill(member, values) for member in body]
    return body


def _value(name: str, values: Values) -> Any:
    """The value of `{{name}}`, or of `{{name.member}}`."""
    name, _, member = name.partition(".")
    value: Any = values[name]
    if not member:
        return value
    return value.get(member) if isinstance(value, dict) else getattr(value, member, None)


def printable(text: str, limit: int = REASON_LIMIT) -> str:
    """`text` as one line of printable ASCII, at most `limit` characters: safe in header and log."""
    line = _UNPRINTABLE.sub("?", text)
    return line if len(line) <= limit else line[: limit - 3] + "..."


def status_phrase(status: int) -> str:
    """The words for a status, the same with every Python (3.13 adopted RFC 9110's new ones)."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"  # a fixture may answer with one that is not registered


def sample_body(outcome: Outcome) -> Json:
    """The body with its sample values, for documentation."""
    sample = {"reason": "...", "principal": "...", "now": "..."} | dict(outcome.sample)
    filled: Json = fill(outcome.body, sample)
    return filled
