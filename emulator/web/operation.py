"""Operations: what an API can do, and the one place where refusals become its answers.

An `Endpoint` is what answers at a method and some paths. It reads the body, chooses the
operation that the body asks for (Vault has two at one path), which parses it and calls its rule.
Whatever goes wrong on the way is raised as a `Refusal`; the `Api` answers it in its dialect.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from difflib import get_close_matches
from functools import cache, cached_property, partial
from typing import Any, cast
from urllib.parse import unquote

from msgspec import Struct

from emulator.core.masking import told_path, without_tokens
from emulator.core.outcomes import Answerer, Outcome, Refusal, answerers, printable
from emulator.core.realm import Realm
from emulator.core.resources import compiled_path
from emulator.core.verification import Verified
from emulator.web.answering import answered, values_of
from emulator.web.bearer import Bearer, checked, claimant
from emulator.web.claimants import Who, nobody
from emulator.web.messages import Answer, Members, Request
from emulator.web.shape_told import told_of
from emulator.web.striking import struck

_pattern = cache(compiled_path)

_MOST_NAMED = 8
"""So many paths are named to who asked for another; of more, the nearest ones."""
_NEAR = 3


def _always(_: Realm) -> bool:
    return True


class Asked(Struct, frozen=True):
    """What a request asks of an endpoint: read, and nothing decided yet.

    `unread` is why its body could not be read; `principal` is whom it speaks of.
    """

    endpoint: "Endpoint"
    operation: "Operation"
    realm: Realm
    request: Request
    members: Members
    principal: str
    unread: Refusal | None


class Ended(Struct, frozen=True):
    """What a rule returns that can end well in several ways: the outcome, and what it answers."""

    outcome: str
    answer: object


class Operation(Struct, frozen=True):
    """One thing that an API does. Faults, journal and docs know it by its name.

    `parse` turns the body's members into the wire's request (what is required may depend on the
    realm's fixture); `rule` decides and returns the wire's answer, and that ends in the outcome
    `success`, or in the one that an `Ended` names. `who` names the principal that the members speak
    of, before anything is checked. `issues` says that tokens come of it, in whose place a fault can
    put bad ones. What one that `streams` returns comes in the place of a body.
    """

    name: str
    parse: Callable[[Realm, Members], Any]
    rule: Callable[[Realm, Any], Awaitable[object]]
    success: str
    who: Who = nobody
    issues: bool = False
    streams: bool = False

    @classmethod
    def bare(
        cls, name: str, rule: Callable[[Realm, Any], Awaitable[object]], success: str
    ) -> "Operation":
        """One that reads nothing."""
        return cls(name, lambda _realm, _members: None, rule, success)


class Endpoint(Struct, frozen=True, dict=True):
    """What answers at `method` and each of `paths`; the first path is the one in the docs.

    Where it is `authenticated`, the request's good token comes as the member `session`. Where it
    is not `enabled` in a realm, the path does not exist there. `seen_from` says that its answer
    depends on the address by which the caller reached us; `about` names the vendor that a control
    call is about. An `is_open` control call answers every caller; the others are guarded.
    """

    method: str
    paths: tuple[str, ...]
    operations: tuple[Operation, ...]
    read: Callable[[Request], Members]
    choose: Callable[[Members], Operation] | None = None
    authenticated: bool = False
    enabled: Callable[[Realm], bool] = _always
    seen_from: bool = False
    about: str | None = None
    is_open: bool = False

    @cached_property
    def has_names(self) -> bool:
        """Whether a path of it has `{names}`."""
        return any("{" in path for path in self.paths)

    def serves(self, path: str) -> bool:
        """Whether it answers at a path, whatever the method."""
        return any(path == known or _pattern(known).fullmatch(path) for known in self.paths)

    def parameters(self, path: str) -> dict[str, str]:
        """What the `{names}` of its paths stand for in a path, as it was sent."""
        for known in self.paths:
            found = _pattern(known).fullmatch(path) if "{" in known else None
            if found is not None:
                return {name: unquote(value) for name, value in found.groupdict().items()}
        return {}

    def operation(self, members: Members) -> Operation:
        """The operation that the body asks for."""
        return self.operations[0] if self.choose is None else self.choose(members)


class Api(Struct, frozen=True, dict=True):
    """One API: a vendor's, or the emulator's own. `bases` are the paths below which it is asked.

    Its outcomes include `path_unknown`, `method_not_allowed` and `body_too_large`, so that it has
    words for whatever it does not route. `bearer` is how it takes tokens at protected resources;
    `token_endpoint` is the path of its OAuth token endpoint, if it has one. `open_members` are the
    members of its requests that hold no secret. A `guarded` API answers only who may drive the
    emulator. `docs` is where its own page is; `hosts` are the names at which the vendor itself
    answers.
    """

    name: str
    title: str
    bases: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    outcomes: tuple[Outcome, ...]
    bearer: Bearer | None = None
    token_endpoint: str | None = None
    open_members: frozenset[str] = frozenset()
    guarded: bool = False
    docs: str | None = None
    hosts: tuple[str, ...] = ()

    @cached_property
    def _as_they_are(self) -> dict[str, Answerer]:
        return answerers(self.outcomes, {})

    def owns(self, path: str) -> bool:
        """Whether a path is one of its bases or lies below one."""
        return any(path == base or path.startswith(f"{base}/") for base in self.bases)

    def allowed(self, realm: Realm, path: str) -> list[str]:
        """The methods that it answers at a path."""
        methods = {e.method for e in self.endpoints if e.serves(path) and e.enabled(realm)}
        return sorted(methods | {"HEAD"} if "GET" in methods else methods)

    def answerers(self, realm: Realm) -> Mapping[str, Answerer]:
        """Its outcomes in a realm, with what the fixture corrects."""
        section = realm.sections.get(self.name)
        return self._as_they_are if section is None else section.outcomes

    def read(self, endpoint: Endpoint, realm: Realm, request: Request) -> Asked:
        """What the request asks of an endpoint."""
        operation, members, unread = endpoint.operations[0], Members(), None
        try:
            members = endpoint.read(request)
            operation = endpoint.operation(members)
        except Refusal as refusal:
            unread = refusal
        principal = (
            claimant(self.bearer, realm, self.name, request)
            if endpoint.authenticated and self.bearer is not None
            else operation.who(realm, members)
        )
        return Asked(endpoint, operation, realm, request, members, principal, unread)

    async def run(self, asked: Asked) -> Answer:
        """Do what is asked, and what a fault that strikes it does."""
        realm, operation, principal = asked.realm, asked.operation, asked.principal
        about = asked.endpoint.about or (None if self.guarded else self.name)
        strike = None
        if realm.faults and about is not None:
            strike = realm.faults.striking(about, operation.name, principal, asked.members)
        if strike is None or about is None:
            answer = await self._worked(asked, realm)
        else:
            work = partial(self._worked, asked)
            answer = await struck(strike, realm, about, principal, work, self.refuse)
        answer.operation = operation.name
        answer.members = None if asked.unread is not None and not asked.members else asked.members
        answer.principal = answer.principal or principal
        return answer

    async def _worked(self, asked: Asked, realm: Realm) -> Answer:
        operation, members = asked.operation, asked.members
        try:
            if asked.unread is not None:
                raise asked.unread
            if asked.endpoint.authenticated and self.bearer is not None:
                session = await checked(self.bearer, realm, self.name, asked.request, ())
                members = members | {"session": session}
            shape = await operation.rule(realm, operation.parse(realm, members))
        except Refusal as refusal:
            return self.refuse(realm, refusal)
        success = operation.success
        if isinstance(shape, Ended):
            success, shape = shape.outcome, shape.answer
        answerer = self.answerers(realm)[success]
        values: dict[str, object] = {"answer": shape}
        if answerer.needs_more:
            values = values_of(realm, answer=shape, principal=operation.who(realm, members))
        answer = answered(answerer, values)
        if operation.issues:
            told = told_of(shape)
            answer.told = told.body
            if not answerer.plain:
                answer.told = answerer.render(values | {"answer": told.shape})
        if operation.streams:
            answer.stream = cast("AsyncGenerator[bytes, None]", shape)
        return answer

    def refuse(self, realm: Realm, refusal: Refusal) -> Answer:
        """The API's own answer to whatever was refused."""
        answerer = self.answerers(realm)[refusal.outcome]
        values = values_of(
            realm,
            **{**answerer.outcome.sample, **refusal.values},
            reason=without_tokens(refusal.reason),
            principal=without_tokens(refusal.principal or ""),
        )
        answer = answered(answerer, values)
        answer.reason = printable(f"{refusal.outcome}; {refusal.reason}")
        answer.principal = refusal.principal or ""
        return answer

    def unrouted(self, realm: Realm, request: Request) -> Answer:
        """The answer to a path below its bases, or a method, that it does not know."""
        allowed = self.allowed(realm, request.path)
        if allowed:
            return self.wrong_method(realm, request, allowed)
        known = sorted({e.paths[0] for e in self.endpoints if e.enabled(realm)})
        named, others = known, ""
        if len(known) > _MOST_NAMED:
            named = get_close_matches(request.path, known, _NEAR, 0.0)
            others = f" and others ({self.docs} shows all)" if self.docs else " and others"
        here = f"{', '.join(named)}{others}"
        sentence = f"{self.title} has {here} here, not {self._told(request.path)}"
        return self.refuse(realm, Refusal("path_unknown", sentence))

    def wrong_method(self, realm: Realm, request: Request, allowed: list[str]) -> Answer:
        """The answer to a method that a path does not take."""
        sentence = f"{self._told(request.path)} takes {' or '.join(allowed)}, not {request.method}"
        answer = self.refuse(realm, Refusal("method_not_allowed", sentence))
        if b"allow" not in dict(answer.headers):
            answer.headers.append((b"allow", ", ".join(allowed).encode("ascii")))
        return answer

    def _told(self, path: str) -> str:
        return told_path(path, (known for e in self.endpoints for known in e.paths))


def nothing_read(_: Request) -> Members:
    """For endpoints that take no body."""
    return {}


def session_of(_: Realm, members: Members) -> Verified:
    """For operations of an authenticated endpoint that need no more than the session."""
    session: Verified = members["session"]
    return session
