"""Protected resources: paths of a vendor that take its tokens, as a fixture declares them."""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from emulator.core.outcomes import Answerer

ANY_METHOD = "*"

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+")
_REST = "/**"


class Resource(Struct, frozen=True):
    """One protected path: it answers by itself, or the checked call is handed on.

    `method` may be `*`. Exactly one of `answer` and `forward_to` (a base URL) is given.
    """

    vendor: str
    method: str
    path: str
    scopes: tuple[str, ...] = ()
    answer: Answerer | None = None
    forward_to: str | None = None


class Match(Struct, frozen=True):
    """A resource that a path leads to, and the values of its `{parameters}`."""

    resource: Resource
    parameters: Mapping[str, str]


class Resources:
    """The resources of a realm, in the fixture's order: the first that fits answers."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._patterns = [(compiled_path(r.path), r) for r in resources]

    def __iter__(self) -> Iterator[Resource]:
        return (resource for _, resource in self._patterns)

    def at(self, path: str) -> list[Match]:
        """All that a path leads to, whatever the method."""
        found = []
        for pattern, resource in self._patterns:
            match = pattern.fullmatch(path)
            if match is not None:
                found.append(Match(resource, match.groupdict()))
        return found


NO_RESOURCES = Resources(())


def taking(matches: list[Match], method: str) -> Match | None:
    """The first match that takes a method; HEAD is taken by who takes GET (RFC 9110 §9.3.2)."""
    wanted = {method, ANY_METHOD, *(["GET"] if method == "HEAD" else [])}
    return next((match for match in matches if match.resource.method in wanted), None)


def methods_of(matches: list[Match]) -> list[str]:
    """The methods that are taken, for `Allow`."""
    methods = {match.resource.method for match in matches}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def parameters_of(path: str) -> list[str]:
    """The names of a path's `{parameters}`."""
    return _PARAMETER.findall(path)


def compiled_path(path: str) -> re.Pattern[str]:
    """A path such as `/users/{id}/**` as a pattern; ValueError says what is wrong with it.

    `{name}` is one segment; `/**` at the end is the path itself and everything below it.
    """
    body, rest = (path[: -len(_REST)], "(?:/.*)?") if path.endswith(_REST) else (path, "")
    if not path.startswith("/"):
        raise ValueError("a path begins with /")
    names = parameters_of(path)
    if len(set(names)) < len(names):
        raise ValueError("a parameter stands here twice")
    segments = body.split("/")[1:] if body else []
    return re.compile("".join(f"/{_segment(segment)}" for segment in segments) + rest, re.DOTALL)


def _segment(segment: str) -> str:
    parameter = _PARAMETER.fullmatch(segment)
    if parameter:
        return f"(?P<{parameter[1]}>[^/]+)"
    if segment and ("{" in segment or "}" in segment or "**" in segment):
        raise ValueError("{name} is a whole segment, and ** stands only at the end, as /**")
    if segment and not _SEGMENT.fullmatch(segment):
        raise ValueError(f"{segment!r} is no segment of a path")
    return re.escape(segment)
