"""Protected resources: paths that require a vendor's token, as a fixture declares them."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from emulator.core import fields
from emulator.core.model import Model
from emulator.core.outcomes import (
    BODILESS,
    COMMON_PLACEHOLDERS,
    Outcome,
    Provenance,
    ResponseTemplate,
    placeholders_in,
)
from emulator.core.suggestions import did_you_mean

ANY_METHOD = "*"

MAX_ADDED = 1_000
"""How many resources a realm adds at run time."""

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+")
_REST = "/**"
_RESERVED = ("/_emulator", "/realms", "/docs", "/openapi.json", "/favicon.ico")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def _path(path: str) -> str:
    try:
        compile_path(path)
    except ValueError as error:
        raise ValueError(f"expected a path such as /users/{{id}} or /v2/**: {error}") from error
    for name in parameters_of(path):
        if name in COMMON_PLACEHOLDERS:
            raise ValueError(f"{{{name}}} is a built-in placeholder; choose another name")
    if path == "/" or not {".", ".."}.isdisjoint(path.split("/")):
        raise ValueError("/ is the start page, and . or .. segments are not allowed")
    for reserved in _RESERVED:
        if path == reserved or path.startswith(f"{reserved}/"):
            raise ValueError(f"paths below {reserved} are the emulator's own")
    return path


def _base_url(url: str) -> str:
    expected = "expected a base URL such as http://business-mock:9000"
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError(expected)
    if not port_is_good or parts.query or parts.fragment:
        raise ValueError(expected)
    if parts.username or parts.password:
        raise ValueError(f"{expected}: a user name and password in it would replace the token")
    return url


class TooManyResources(Exception):
    """The limit of added resources in a realm is reached."""


class FixedResponse(Model):
    """The fixed response of a resource or a fault."""

    status: Annotated[int, Field(ge=200, le=599, strict=True, description="The HTTP status.")] = 200
    headers: Annotated[fields.HttpHeaders, Field(description="Headers of the response.")] = {}
    body: Annotated[
        fields.Json,
        Field(
            description="JSON, or a string with another Content-Type; {{principal}}, {{now}}, ..."
        ),
    ] = None

    @model_validator(mode="after")
    def _body_fits_status(self) -> Self:
        if self.status in BODILESS and self.body is not None:
            raise ValueError(f"a response of status {self.status} has no body")
        return self

    def check_placeholders(self, known: Iterable[str]) -> None:
        """Raise ValueError for a placeholder that is not among the known ones."""
        for used in sorted(placeholders_in([self.body, *self.headers.values()]) - set(known)):
            raise ValueError(f"{{{{{used}}}}} is not known here{did_you_mean(used, sorted(known))}")

    def template(self, name: str, when: str, parameters: Iterable[str] = ()) -> ResponseTemplate:
        """The response as an outcome; `parameters` are placeholders from the path."""
        return ResponseTemplate(
            Outcome(
                name=name,
                status=self.status,
                when=when,
                provenance=Provenance.FIXTURE,
                headers=self.headers,
                body=self.body,
                sample={parameter: f"{{{parameter}}}" for parameter in parameters},
            )
        )


class Resource(Model):
    """A protected path of a vendor: it has a fixed response, or forwards the request."""

    vendor: Annotated[
        str, Field(description="The vendor whose tokens and error responses it uses.")
    ]
    method: Annotated[
        Literal["*", "GET", "POST", "PUT", "PATCH", "DELETE"],
        Field(description="The method, or * for all."),
    ] = "GET"
    path: Annotated[
        str,
        AfterValidator(_path),
        Field(description="The path; {name} matches one segment, /** at the end everything below."),
    ]
    bearer: Annotated[
        Literal["required", "none"],
        Field(description="none: it responds without a token, as an endpoint before sign-in."),
    ] = "required"
    scopes: Annotated[fields.Scopes, Field(description="The scopes that the token must have.")] = ()
    respond: Annotated[
        FixedResponse | None, Field(description="The response to a valid token.")
    ] = None
    forward_to: Annotated[
        Annotated[str, AfterValidator(_base_url)] | None,
        Field(description="A base URL to which checked requests are forwarded."),
    ] = None

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if (self.respond is None) == (self.forward_to is None):
            raise ValueError("expected one of respond and forward_to")
        if self.bearer == "none" and self.scopes:
            raise ValueError("scopes need a token: leave out bearer: none")
        if self.respond is not None:
            self.respond.check_placeholders({*COMMON_PLACEHOLDERS, *parameters_of(self.path)})
        return self

    @cached_property
    def response(self) -> ResponseTemplate | None:
        """Its fixed response."""
        if self.respond is None:
            return None
        when = "the token is valid" if self.bearer == "required" else "always"
        return self.respond.template("answered", when, parameters_of(self.path))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Its path, for matching."""
        return compile_path(self.path)

    def as_written(self) -> dict[str, Any]:
        """The members that were given, as a fixture writes them."""
        return self.model_dump(mode="json", exclude_unset=True)


class AddedResource(BaseModel):
    """A resource that was added at run time, as the store holds it."""

    id: str
    resource: dict[str, Any]


class AddedResources(BaseModel):
    """The resources that a realm added at run time, and the number of the last one's id.

    Ids are used once. The list is immutable: methods return another.
    """

    last: int = 0
    entries: list[AddedResource] = []

    def with_added(self, resource: Resource) -> "AddedResources":
        """The list with one more. Raises TooManyResources."""
        if len(self.entries) >= MAX_ADDED:
            raise TooManyResources(f"there are {MAX_ADDED:,} added resources; remove some")
        entry = AddedResource(id=f"r{self.last + 1}", resource=resource.as_written())
        return AddedResources(last=self.last + 1, entries=[*self.entries, entry])

    def keeping(self, ids: Collection[str]) -> "AddedResources":
        """The list with these ids only."""
        kept = [entry for entry in self.entries if entry.id in ids]
        return AddedResources(last=self.last, entries=kept)

    def resources(self) -> Iterator[Resource]:
        """The resources, the newest first: it takes precedence."""
        return (Resource.model_validate(entry.resource) for entry in reversed(self.entries))


@dataclass(frozen=True)
class ResourceMatch:
    """A resource that matches a path, with the values of its `{parameters}`."""

    resource: Resource
    parameters: Mapping[str, str]


class Resources:
    """The resources of a realm, in the fixture's order: the first that matches answers."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._resources = tuple(resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources)

    def at(self, path: str) -> list[ResourceMatch]:
        """All matches of a path, for any method."""
        return [
            ResourceMatch(resource, found.groupdict())
            for resource in self._resources
            if (found := resource.pattern.fullmatch(path)) is not None
        ]


def match_for(matches: list[ResourceMatch], method: str) -> ResourceMatch | None:
    """The first match that takes a method; what answers GET answers HEAD (RFC 9110 §9.3.2)."""
    wanted = {method, ANY_METHOD, *(["GET"] if method == "HEAD" else [])}
    return next((match for match in matches if match.resource.method in wanted), None)


def allowed_methods(methods: Iterable[str]) -> list[str]:
    """Methods as `Allow` lists them."""
    known = set(methods)
    return sorted(known | {"HEAD"} if "GET" in known else known)


def parameters_of(path: str) -> list[str]:
    """The names of a path's `{parameters}`."""
    return _PARAMETER.findall(path)


def compile_path(path: str) -> re.Pattern[str]:
    """A path such as `/users/{id}/**` as a pattern; Raises ValueError.

    `{name}` is one segment; `/**` at the end is the path itself and everything below it.
    """
    body, rest = (path[: -len(_REST)], "(?:/.*)?") if path.endswith(_REST) else (path, "")
    if not path.startswith("/"):
        raise ValueError("a path begins with /")
    names = parameters_of(path)
    if len(set(names)) < len(names):
        raise ValueError("a parameter name is used twice")
    segments = body.split("/")[1:] if body else []
    return re.compile("".join(f"/{_segment(segment)}" for segment in segments) + rest, re.DOTALL)


def _segment(segment: str) -> str:
    parameter = _PARAMETER.fullmatch(segment)
    if parameter:
        return f"(?P<{parameter[1]}>[^/]+)"
    if segment and ("{" in segment or "}" in segment or "**" in segment):
        raise ValueError(
            "{name} must be a whole segment, and ** is allowed only at the end, as /**"
        )
    if segment and not _SEGMENT.fullmatch(segment):
        raise ValueError(f"{segment!r} is not a path segment")
    return re.escape(segment)
