"""The answer to a path that is neither a vendor's nor the emulator's own."""

from collections.abc import Sequence

from emulator.core.outcomes import printable
from emulator.web.messages import Answer
from emulator.web.operation import Api
from emulator.web.recording import called
from emulator.web.visit import Visit

PATH_UNKNOWN = "path_unknown"
"""The outcome."""

_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


def nowhere(visit: Visit, apis: Sequence[Api]) -> Answer:
    """A plain 404 that names the vendors' paths."""
    places = "".join(
        f"  {api.title}: {endpoint.method} {endpoint.paths[0]}\n"
        for api in apis
        if api.bearer is not None
        for endpoint in api.endpoints
        if endpoint.method == "POST" and endpoint.enabled(visit.realm)
    )
    where = "at the server's root" if visit.prefix else "here"
    text = (
        f"Nothing answers at this path. Here are:\n{places}"
        f"And {where}, for people: GET /docs, and to drive it: GET /_emulator/docs\n"
    )
    answer = Answer(404, _TEXT.copy(), text.encode())
    answer.outcome = PATH_UNKNOWN
    answer.reason = printable(f"{PATH_UNKNOWN}; {_why(visit, apis)}")
    return answer


def _why(visit: Visit, apis: Sequence[Api]) -> str:
    path = visit.path
    sentence = f"no vendor has the path {called(visit, apis)}"
    for api in apis:
        for known in (known for endpoint in api.endpoints for known in endpoint.paths):
            # A client that reads //auth/sign-in as a host and a path sends /sign-in.
            if path != "/" and known.endswith(path):
                return f"{sentence}; {api.title} has {known}"
    return sentence
