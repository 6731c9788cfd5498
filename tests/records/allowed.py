"""The differences from c312772 that are meant, each with its reason.

A rule allows a difference where all that it names fits: `scripts` (a pattern of the script's name),
`at` (a pattern of the field, such as `answer.reason.1`), and `fits`, which may look at the whole of
what was and is answered. `same_paths` is such a function: mistakes may be said in other words, if
they are of the same members. Patterns fit as a whole.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Found(Protocol):
    """A difference, see `compare.Difference`."""

    @property
    def script(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def was(self) -> Any: ...
    @property
    def got(self) -> Any: ...


@dataclass(frozen=True)
class Rule:
    """One kind of difference that is meant, and why."""

    name: str
    why: str
    scripts: str = ".*"
    at: str = ".*"
    fits: Callable[[Found], bool] = lambda _: True

    def allows(self, found: Found) -> bool:
        """Whether a difference is of this kind."""
        return (
            re.fullmatch(self.scripts, found.script) is not None
            and re.fullmatch(self.at, found.where, re.DOTALL) is not None
            and self.fits(found)
        )


def same_paths(found: Found) -> bool:
    """The same status and outcome, and mistakes at the same paths, in whatever words and order."""
    was, got = found.was["answer"], found.got["answer"]
    same = was.get("status") == got.get("status") and _outcome(was) == _outcome(got)
    return same and _paths(was) == _paths(got)


def same_fields(found: Found) -> bool:
    """The same status and outcome, and a sentence that names the same fields of the request."""
    was, got = found.was["answer"], found.got["answer"]
    same = was.get("status") == got.get("status") and _outcome(was) == _outcome(got)
    return same and _named(was) == _named(got)


def same_places(found: Found) -> bool:
    """Of a fixture: mistakes (and warnings) at the same files, lines and paths."""
    kinds = ("mistakes", "warnings")
    return all(_places(found.was.get(kind)) == _places(found.got.get(kind)) for kind in kinds)


def _outcome(answer: dict[str, Any]) -> Any:
    return answer.get("reason", [None])[0]


def _paths(answer: dict[str, Any]) -> list[str]:
    body = answer.get("body")
    errors = body.get("errors", []) if isinstance(body, dict) else []
    return sorted({str(error.get("path", error.get("field"))) for error in errors})


_FIELDS = re.compile(
    r"\b(clientId|email|password|otp|refreshToken|token|grant_type|username|client_id|scope"
    r"|refresh_token)\b"
)


def _named(answer: dict[str, Any]) -> set[str]:
    return set(_FIELDS.findall(str(answer.get("reason", ["", ""])[1])))


def _places(told: Any) -> list[tuple[Any, ...]]:
    return sorted({tuple(mistake[:3]) for mistake in told or ()})


ALIASED: Sequence[tuple[str, str]] = ()
"""Values of which only the sameness counts: a pattern, and why.

Within a script the first such value becomes `#1`, the second `#2`, before and after alike. None
yet: a seed gives the same ids. Where they are drawn in another order one day, ids are matched by
`(r"\\b(?:[0-9a-f]{16}|[0-9a-f]{32})\\b", "ids are drawn in another order")`; mailed codes, which
are drawn too, are not.
"""

ALLOWED: Sequence[Rule] = ()
"""None yet: what c312772 answers is what is to be answered. For example:

    Rule(
        name="mistakes of a control call's body in pydantic's words",
        why="the shapes of bodies are pydantic models now; the paths are the same",
        at=r"(answer\\.body\\.(detail|errors\\..*)|answer\\.reason\\.1|journal\\..*)",
        fits=same_paths,
    ),
    Rule(
        name="a vendor's sentence about a bad field",
        why="the same reason",
        at=r"(answer\\.reason\\.1|journal\\.\\d+\\.reason)",
        fits=same_fields,
    ),
    Rule(
        name="mistakes of fixtures in other words",
        why="the same reason",
        scripts=r"mistakes\\..*",
        fits=same_places,
    ),
    Rule(
        name="CORS",
        why="Starlette's CORSMiddleware answers preflights with 200 and a text",
        scripts=r"cors\\..*",
    ),
"""
