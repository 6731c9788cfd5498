"""What the journal tells of a call. Secrets are masked here, before anything is written.

Of a request it tells the members that its vendor's wire calls harmless, and that there were others;
of an answer, what was rendered here without its tokens. What cannot be read, and what another
server answered, is told by size and media type.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from emulator.core.clock import real_time, stopwatch
from emulator.core.journal import Record
from emulator.core.masking import (
    MASK,
    is_secret_parameter,
    names_somebody,
    no_name,
    secrets_among,
    sounds_secret,
    told_body,
    told_members,
    told_name,
    told_page,
    told_path,
    told_resource_path,
    told_text,
    without_tokens,
)
from emulator.core.outcomes import rendered
from emulator.web.messages import Answer, HeaderPairs, Members
from emulator.web.operation import Api
from emulator.web.resource import OPERATION as RESOURCE
from emulator.web.shape_told import PART_LIMIT, cut
from emulator.web.visit import Visit

_LARGEST = 64 * 1024
"""The largest body that is searched for secrets; of a larger one only the size is told."""

_READ_OF_A_HEADER = 1000
"""How much of a header is looked at, in bytes: caches keep it."""

_BODILESS = frozenset({204, 304})
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}")
_SCHEMES = frozenset({"basic", "bearer", "digest", "dpop", "negotiate"})
_JSON = [(b"content-type", b"application/json")]
_TOLD_JSON = {"content-type": "application/json"}

_SHORTEST = 4
"""A shorter value is not taken for a password: `1` stands everywhere."""


def recorded(visit: Visit, api: Api | None, answer: Answer, everybody: Iterable[Api]) -> Record:
    """What the journal keeps of a call about the vendor of `api`, and of its answer.

    At a path that is no vendor's, `api` is None, and the path is told by the words of `everybody`.
    """
    took = stopwatch() - visit.began
    now = real_time()
    clock = visit.realm.clock
    operation, query = answer.operation, visit.scope.get("query_string")
    plain = operation and operation != RESOURCE
    return Record(
        clock.now() if clock.moved else now,
        now,
        took,
        None if api is None else api.name,
        operation or None,
        told_name(answer.principal) or None,
        answer.outcome,
        answer.reason,
        answer.status or None,
        answer.fault,
        visit.method if visit.method in _METHODS else told_text(visit.method),
        visit.path if plain else _path(visit, everybody if api is None else [api], operation),
        _query(query) if query else {},
        _told_headers(visit.scope["headers"], _OF_REQUESTS),
        _members(visit, answer, api),
        visit.body_bytes,
        _TOLD_JSON if answer.headers == _JSON else _told_headers(answer.headers, _OF_ANSWERS),
        _body(answer),
        0 if answer.status in _BODILESS else len(answer.body),
    )


def make_discreet(answer: Answer, visit: Visit, api: Api | None) -> None:
    """Take out of a refusal what its caller put where no secret belongs.

    A reason repeats a name that names nobody, or a scope. A password there is not repeated.
    """
    secrets = _misplaced(answer.members or {}, answer.principal, visit, api) if api else []
    odd = [value for value in secrets if no_name(value)]
    if secrets:
        members = dict(answer.members or {})
        answer.members = {n: MASK if v in secrets else v for n, v in members.items()}
        answer.principal = MASK if answer.principal in secrets else answer.principal
        answer.secrets = (*answer.secrets, *secrets)
        what = "more than a name" if odd else "a password"
        answer.reason = f"{answer.outcome}; {what} was sent where a name or a scope belongs"
    answer.reason = without_tokens(answer.reason or "")


def _misplaced(members: Members, principal: str, visit: Visit, api: Api) -> list[str]:
    """The secrets among the values that would be told."""
    section = visit.realm.sections[api.name]
    # Whoever has a user at one vendor may mix them up with another's.
    sections = [section, *(s for s in visit.realm.sections.values() if s is not section)]
    told = {principal} | {
        value
        for name, value in members.items()
        if name in api.open_members and isinstance(value, str)
    }
    unknown = {v for v in told if len(v) >= _SHORTEST and not names_somebody(section, v)}
    if not unknown:
        return []
    sent = {v for n, v in members.items() if isinstance(v, str) and sounds_secret(n)}
    odd = {value for value in unknown if no_name(value)}
    return [*unknown & sent, *odd - sent, *secrets_among(sections, unknown - sent)]


def _members(visit: Visit, answer: Answer, api: Api | None) -> dict[str, Any] | None:
    if not visit.body_bytes or answer.members is None or api is None:
        return None
    return told_members(answer.members, api.open_members)


def _path(visit: Visit, apis: Iterable[Api], operation: str) -> str:
    if operation:
        return told_resource_path(visit.path, visit.parameters)
    return called(visit, apis)


def called(visit: Visit, apis: Iterable[Api]) -> str:
    """The path of a call that nothing answers, for journal and log."""
    known = [path for api in apis for endpoint in api.endpoints for path in endpoint.paths]
    return told_path(visit.path, [*known, *(r.path for r in visit.realm.resources)])


def _query(query: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {MASK: MASK}
    return told_members(dict(pairs))  # no vendor reads a query: nobody knows what belongs there


def _body(answer: Answer) -> object:
    """What is told of a body, see `Record.answer_body`."""
    if not (answer.ours and answer.body) or answer.status in _BODILESS:
        return None
    told, secrets = answer.told, answer.secrets
    if told is not None and not secrets and not isinstance(told, bytes):
        return told
    body = answer.body if told is None else told if isinstance(told, bytes) else rendered(told)
    if len(body) > _LARGEST:
        return None
    if answer.text:
        page = told_page(body, secrets)
        return page if len(page) <= PART_LIMIT else page[:PART_LIMIT] + "..."
    return cut(told_body(body, secrets))


def secret_values(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """What a path's parameters of secret names stand for."""
    return tuple(value for name, value in parameters.items() if is_secret_parameter(name))


def _told_headers(
    headers: HeaderPairs, those: Mapping[bytes, tuple[str, Callable[[bytes], str]]]
) -> dict[str, str]:
    told = {}
    for name, value in headers:
        known = those.get(name)
        if known is not None:
            shown, of = known
            told[shown] = of(value[:_READ_OF_A_HEADER])
    return told


@lru_cache(maxsize=256)
def _media_type(value: bytes) -> str:
    kind = value.decode("latin-1").partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else MASK


@lru_cache(maxsize=256)
def _as_it_is(value: bytes) -> str:
    return told_text(value.decode("latin-1"))


def _scheme(value: bytes) -> str:
    scheme, space, _ = value.partition(b" ")
    known = space and scheme.decode("latin-1").lower() in _SCHEMES
    return f"{scheme.decode('latin-1')} {MASK}" if known else MASK


def _location(value: bytes) -> str:
    where = value.decode("latin-1")
    base = re.split("[?#]", where, maxsplit=1)[0]
    return told_text(base) + (f"?{MASK}" if base != where else "")


_OF_REQUESTS: Mapping[bytes, tuple[str, Callable[[bytes], str]]] = {
    b"content-type": ("content-type", _media_type),
    b"user-agent": ("user-agent", _as_it_is),
    b"authorization": ("authorization", _scheme),
}
_OF_ANSWERS: Mapping[bytes, tuple[str, Callable[[bytes], str]]] = {
    b"content-type": ("content-type", _media_type),
    b"www-authenticate": ("www-authenticate", _as_it_is),
    b"retry-after": ("retry-after", _as_it_is),
    b"location": ("location", _location),
    b"allow": ("allow", _as_it_is),
}
