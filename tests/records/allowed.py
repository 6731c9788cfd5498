"""The differences from c312772 that are meant, each with its reason.

A rule allows a difference where all that it names fits: `scripts` (a pattern of the script's name),
`at` (a pattern of the field, such as `answer.reason.1`), and `fits`, which may look at the whole of
what was and is answered. Patterns fit as a whole.
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
    def old(self) -> Any: ...
    @property
    def new(self) -> Any: ...
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


def same_outcome(found: Found) -> bool:
    """The same status and outcome."""
    was, got = _answer(found.was), _answer(found.got)
    return was.get("status") == got.get("status") and _outcome(was) == _outcome(got)


def found_below_the_other_base(found: Found) -> bool:
    """A resource that was a 404 below this base path, and is answered now."""
    was, got = _answer(found.was), _answer(found.got)
    return (was.get("status"), _outcome(was), got.get("status")) == (404, "path_unknown", 200)


def names_as_much(found: Found) -> bool:
    """The same status and outcome, and mistakes at the same paths or at more."""
    return same_outcome(found) and _paths(_answer(found.was)) <= _paths(_answer(found.got))


def same_but_words(found: Found) -> bool:
    """The same status and outcome; a reason in the journal begins with its outcome."""
    if found.where.startswith("answer.headers."):
        name = _answer(found.was)["headers"][int(found.where.split(".")[2])][0]
        return bool(name == _REASON_HEADER) and same_outcome(found)
    if found.where.startswith("journal.") and found.where.endswith(".reason"):
        old, new = (f"{text}".partition("; ")[0] for text in (found.old, found.new))
        return old == new
    return same_outcome(found)


def too_deep(found: Found) -> bool:
    """A body that is nested too deep to be read."""
    return "recursion limit exceeded" in f"{_answer(found.got).get('reason')}"


def same_but_connection(found: Found) -> bool:
    """The same headers, but for `Connection`."""
    was, got = _answer(found.was)["headers"], _answer(found.got)["headers"]
    kept: list[Any] = [one for one in was if one[0] not in {"connection", _REASON_HEADER}]
    return kept == [one for one in got if one[0] != _REASON_HEADER]


def same_number(found: Found) -> bool:
    """The same number, as an integer."""
    old, new = found.old, found.new
    return isinstance(old, float) and isinstance(new, int) and old == float(new)


def shows_more(found: Found) -> bool:
    """The same text, with words where it was redacted."""
    if not isinstance(found.old, str) or not isinstance(found.new, str):
        return False
    return re.fullmatch(re.escape(found.old).replace(r"\*\*\*", "[^/ ]+"), found.new) is not None


def masks_a_secret(found: Found) -> bool:
    """Redacted, where a password stood among other words."""
    redacted = found.new == "***" or "a password was sent" in f"{found.new}"
    stood = re.search("correct-horse|email is no e-mail address$", f"{found.old}")
    return redacted and stood is not None


def other_generation(found: Found) -> bool:
    """The same jti, but for the number of the realm's generation."""
    was, got = f"{found.old}".split("."), f"{found.new}".split(".")
    return len(was) == len(got) == _JTI_PARTS and [*was[:1], *was[2:]] == [*got[:1], *got[2:]]


_JTI_PARTS = 5
_REASON_HEADER = "x-why"
"""The header in which a fixture of the records sends {{reason}}."""


def _answer(record: dict[str, Any]) -> dict[str, Any]:
    """The answer to a call; a fixture that was judged has none."""
    answer: dict[str, Any] = record.get("answer", {})
    return answer


def _outcome(answer: dict[str, Any]) -> Any:
    return answer.get("reason", [None])[0]


def _paths(answer: dict[str, Any]) -> set[str]:
    body = answer.get("body")
    errors = body.get("errors", []) if isinstance(body, dict) else []
    # What a filter said was of the query or the `where` as a whole.
    return {str(error.get("path", error.get("field"))) for error in errors} - {"", "where"}


_REASONS = r"(answer\.reason\.1|journal\.\d+\.reason)"

_IN_BODIES = "|".join(
    [
        *("detail", "note", r"notes\.\d+", "summary", "warning", r"warnings\.\d+\.message"),
        *(r"(problems|nearest|entries)\.\d+\.reason", r"errors\.\d+\.message"),
        *("why", "text", "r", r"list\.\d+"),  # what fixtures of the records call {{reason}}
        r"entries\.\d+\.response\.body_bytes",
    ]
)
_SENTENCES = (
    rf"{_REASONS}|answer\.(text|headers\.\d+\.1|body\.({_IN_BODIES}))"
    r"|journal\.\d+\.response\.(body_bytes|body(\..*)?)|warnings\.\d+\.3"
)
"""Where messages for people are."""

ALLOWED: Sequence[Rule] = (
    Rule(
        name="CORS",
        why="Starlette's CORSMiddleware answers preflights with 200 or 400 and a text, and it "
        "answers them before the journal",
        scripts=r"cors\..*",
    ),
    Rule(
        name="messages in other words",
        why="they are in plain English now; status and outcome are compared",
        at=_SENTENCES,
        fits=same_but_words,
    ),
    Rule(
        name="JSON nested deeper than 200",
        why="pydantic-core's parser refuses it; what follows in the script takes other ids",
        fits=too_deep,
    ),
    Rule(
        name="resources of OmniOmni",
        why="they answer below both base paths, as its sign-in does",
        scripts=r"documented\.rest",
        fits=found_below_the_other_base,
    ),
    Rule(
        name="the ids after a refused sign-in",
        why="a body nested too deep takes none any more",
        scripts=r"bodies\.omniomni_raw",
        at=r"answer\.body\.accessToken\.jwt\.1\.5\.1",
    ),
    Rule(
        name="Connection: close",
        why="uvicorn says what becomes of the connection",
        at=r"answer\.headers\..*",
        fits=same_but_connection,
    ),
    Rule(
        name="a Content-Length that is not the body's",
        why="no server lets such a call through; what was announced is checked before it is read",
        scripts=r"bodies\..*_sizes",
    ),
    Rule(
        name="mistakes in a call to the control API",
        why="pydantic finds them: all at once, each with its path, in its own words",
        scripts=r"(control|faults|journal|minting|realms|settings)\..*",
        at=r"answer\.(reason\.1|body\.detail|body\.errors\..*)",
        fits=names_as_much,
    ),
    Rule(
        name="numbers in the journal",
        why="1e30 is read as an integer",
        at=r"journal\.\d+\.request\.body\..*",
        fits=same_number,
    ),
    Rule(
        name="an empty object in the journal",
        why="it is shown as one, as it is for the other vendors",
        at=r"journal\.\d+\.request\.body",
        fits=lambda found: found.old is None and found.new == {},
    ),
    Rule(
        name="words of known paths",
        why="those of resources and of the control API are shown too",
        at=rf"({_REASONS}|journal\.\d+\.request\.path)",
        fits=shows_more,
    ),
    Rule(
        name="the generation in a jti",
        why="generations are counted for the whole server, so that one that is removed and made "
        "anew cannot repeat another's",
        at=r"answer\..*\.jwt\.1\.\d+\.1",
        fits=other_generation,
    ),
    Rule(
        name="the order of a principal's members",
        why="it is that of the models' fields",
        scripts=r"settings\.principals",
        at=r"answer\.body\.\(order\)",
    ),
    Rule(
        name="the order of an answer's headers in the journal",
        why="Content-Type comes first, then what the outcome adds",
        at=r"journal\.\d+\.response\.headers\.\(order\)",
    ),
    Rule(
        name="mistakes of fixtures in other words",
        why="pydantic finds them; file, line and path are the same",
        scripts=r"mistakes\..*",
        at=r"mistakes\.\d+\.3",
    ),
    Rule(
        name="a name that stands twice beside mistakes of shape",
        why="mistakes between parts are looked for once the shape is right",
        scripts=r"mistakes\.(whole_anchors|folder_twice|users_file_bad)",
    ),
    Rule(
        name="integers beyond 64 bits",
        why="pydantic-core writes them",
        scripts=r"mistakes\.token_39",
    ),
    Rule(
        name="a password among other words",
        why="it was shown, and is redacted now",
        at=rf"({_REASONS}|journal\.\d+\.(principal|request\.body\..*))",
        fits=masks_a_secret,
    ),
)
