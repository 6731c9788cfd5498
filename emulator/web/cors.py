"""Which pages of browser apps may call the vendors and read their answers (CORS, Fetch §3.2).

The vendors' paths, the fixture's resources, and what is open for services that verify tokens
(JWKS, metadata, introspection, revocation: libraries in browsers fetch them) answer the origins
that the operator named. The rest of the control API answers none, whoever is named.
"""

import logging
import re
from collections.abc import Iterable, Sequence

from emulator.core.outcomes import printable
from emulator.core.resources import ANY_METHOD, methods_of
from emulator.web.messages import Answer
from emulator.web.operation import Api
from emulator.web.visit import Visit, inside

ANY_ORIGIN = "*"

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}")
_METHOD = re.compile(rb"[A-Za-z]{1,20}")

_MAX_AGE = b"600"
"""How long a browser may go by a preflight's answer, in seconds: a session of work, and not longer
than one waits for a changed fixture."""

_EXPOSED = b"X-Emulator-Reason, WWW-Authenticate, Retry-After"
_ASKED = b"Access-Control-Request-Method, Access-Control-Request-Headers"

_log = logging.getLogger("emulator")


class Cors:
    """The origins that may read answers; `*` for all."""

    def __init__(self, origins: Iterable[str]) -> None:
        """ValueError names what is no origin."""
        self._origins = frozenset(_checked(origin) for origin in origins)

    def preflight(self, visit: Visit, apis: Sequence[Api]) -> Answer | None:
        """The answer to a browser that asks before it sends (Fetch §4.8).

        None where it asks nothing, where nothing answers at the path, and for an origin that may
        not: then it is answered as if there were no CORS.
        """
        headers = dict(visit.scope["headers"])
        wanted = headers.get(b"access-control-request-method")
        if visit.method != "OPTIONS" or wanted is None or not _is_for_pages(visit, apis):
            return None
        methods = _methods_at(visit, apis)
        if not methods or b"origin" not in headers:
            return None
        if self._allowed(visit) is None:
            shown = printable(headers[b"origin"].decode("latin-1"))
            _log.info("the origin %s is none of --cors-origin", shown)
            return None
        if ANY_METHOD in methods:
            methods = methods - {ANY_METHOD} | {
                wanted.decode("ascii") if _METHOD.fullmatch(wanted) else "GET"
            }
        answer = Answer(
            204, [(b"access-control-allow-methods", ", ".join(sorted(methods)).encode())]
        )
        asked = headers.get(b"access-control-request-headers", b"")
        if _NAMES.fullmatch(asked):
            answer.headers.append((b"access-control-allow-headers", asked))
        answer.headers.append((b"access-control-max-age", _MAX_AGE))
        answer.headers.append((b"vary", _ASKED))
        return answer

    def show(self, answer: Answer, visit: Visit, apis: Sequence[Api]) -> None:
        """Let the caller's page read an answer, if it may; what a fixture says of it stands."""
        if not _is_for_pages(visit, apis):
            return
        if any(name == b"access-control-allow-origin" for name, _ in answer.headers):
            return
        if ANY_ORIGIN not in self._origins:
            answer.headers.append((b"vary", b"Origin"))
        allowed = self._allowed(visit)
        if allowed is not None:
            answer.headers.append((b"access-control-allow-origin", allowed))
            answer.headers.append((b"access-control-expose-headers", _EXPOSED))

    def _allowed(self, visit: Visit) -> bytes | None:
        """What `Access-Control-Allow-Origin` says to a caller; None where it says nothing."""
        if ANY_ORIGIN in self._origins:
            return ANY_ORIGIN.encode()
        sent: list[bytes] = [value for name, value in visit.scope["headers"] if name == b"origin"]
        if len(sent) == 1 and sent[0].decode("latin-1").lower() in self._origins:
            return sent[0]
        return None


def _checked(origin: str) -> str:
    """An origin as a browser writes it."""
    wanted = origin.strip().lower()
    if wanted != ANY_ORIGIN and not _ORIGIN.fullmatch(wanted):
        raise ValueError(
            f"{printable(origin, 60)!r} is no origin; give it as http://localhost:3000, without a "
            "path or a slash at its end, or * for all"
        )
    return wanted


def _is_for_pages(visit: Visit, apis: Sequence[Api]) -> bool:
    path = inside(visit.path)
    return not any(
        api.guarded
        and api.owns(path)
        and not any(e.is_open and e.about is not None and e.serves(path) for e in api.endpoints)
        for api in apis
    )


def _methods_at(visit: Visit, apis: Sequence[Api]) -> set[str]:
    of_apis = (api.allowed(visit.realm, visit.path) for api in apis)
    return set().union(*of_apis, methods_of(visit.realm.resources.at(visit.path)))
