"""Operations: what an API can do, and the one place where refusals become its answers.

An `Endpoint` is what answers at a method and some paths. It reads the body, chooses the
operation that the body asks for (Vault has two at one path), which parses it and calls its rule.
Whatever goes wrong on the way is raised as a `Refusal`; the `Api` answers it in its dialect.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Answerer, Outcome, Refusal, answerers, printable
from emulator.core.realm import Realm
from emulator.core.verification import Verified
from emulator.web.bearer import Bearer, checked
from emulator.web.messages import Answer, Request

Members: TypeAlias = dict[str, Any]
"""The members of a request's body, by name."""

_ANSWER = frozenset({"answer"})


def _nobody(_: object) -> str:
    return ""


def _always(_: Realm) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an API does. Faults, journal and docs know it by its name.

    `parse` turns the body's members into the wire's request (what is required may depend on the
    realm's fixture); `rule` decides and returns the wire's answer, and that ends in the outcome
    `success`. `who` names the principal of a request.
    """

    name: str
    parse: Callable[[Realm, Members], Any]
    rule: Callable[[Realm, Any], Awaitable[object]]
    success: str
    who: Callable[[Any], str] = _nobody

    @classmethod
    def bare(
        cls, name: str, rule: Callable[[Realm, Any], Awaitable[object]], success: str
    ) -> "Operation":
        """One that reads nothing."""
        return cls(name, lambda _realm, _members: None, rule, success)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers at `method` and each of `paths`; the first path is the one in the docs.

    Where it is `authenticated`, the request's good token comes as the member `session`. Where it
    is not `enabled` in a realm, the path does not exist there. `seen_from` says that its answer
    depends on the address by which the caller reached us; `about` names the vendor that a control
    call is about.
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

    def operation(self, members: Members) -> Operation:
        """The operation that the body asks for."""
        return self.operations[0] if self.choose is None else self.choose(members)


@dataclass(frozen=True, slots=True)
class Api:
    """One API: a vendor's, or the emulator's own. `bases` are the paths below which it is asked.

    Its outcomes include `path_unknown`, `method_not_allowed` and `body_too_large`, so that it has
    words for whatever it does not route. `bearer` is how it takes tokens at protected resources;
    `token_endpoint` is the path of its OAuth token endpoint, if it has one.
    """

    name: str
    title: str
    bases: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    outcomes: tuple[Outcome, ...]
    bearer: Bearer | None = None
    token_endpoint: str | None = None
    _as_they_are: dict[str, Answerer] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_as_they_are", answerers(self.outcomes, {}))

    def owns(self, path: str) -> bool:
        """Whether a path is one of its bases or lies below one."""
        return any(path == base or path.startswith(f"{base}/") for base in self.bases)

    def allowed(self, realm: Realm, path: str) -> list[str]:
        """The methods that it answers at a path."""
        methods = {e.method for e in self.endpoints if path in e.paths and e.enabled(realm)}
        return sorted(methods | {"HEAD"} if "GET" in methods else methods)

    def answerers(self, realm: Realm) -> Mapping[str, Answerer]:
        """Its outcomes in a realm, with what the fixture corrects."""
        section = realm.sections.get(self.name)
        return self._as_they_are if section is None else section.outcomes

    async def run(self, endpoint: Endpoint, realm: Realm, request: Request) -> tuple[str, Answer]:
        """Run what the request asks of an endpoint: the operation's name, and the answer."""
        operation = endpoint.operations[0]
        try:
            members = endpoint.read(request)
            if endpoint.authenticated and self.bearer is not None:
                members["session"] = await checked(self.bearer, realm, self.name, request, ())
            operation = endpoint.operation(members)
            if realm.faults:
                struck = await struck_answer(
                    realm, endpoint.about or self.name, operation.name, members
                )
                if struck is not None:
                    return operation.name, struck
            asked = operation.parse(realm, members)
            shape = await operation.rule(realm, asked)
        except Refusal as refusal:
            return operation.name, self.refuse(realm, refusal)
        answerer = self.answerers(realm)[operation.success]
        values: Mapping[str, object] = {"answer": shape}
        if answerer.needs != _ANSWER:
            values = values_of(realm, answer=shape, principal=operation.who(asked))
        return operation.name, answered(answerer, values)

    def refuse(self, realm: Realm, refusal: Refusal) -> Answer:
        """The API's own answer to whatever was refused."""
        answerer = self.answerers(realm)[refusal.outcome]
        values = values_of(
            realm,
            **{**answerer.outcome.sample, **refusal.values},
            reason=refusal.reason,
            principal=refusal.principal or "",
        )
        answer = answered(answerer, values)
        answer.reason = printable(f"{refusal.outcome}; {refusal.reason}")
        return answer

    def unrouted(self, realm: Realm, request: Request) -> Answer:
        """The answer to a path below its bases, or a method, that it does not know."""
        allowed = self.allowed(realm, request.path)
        if allowed:
            return self.wrong_method(realm, request, allowed)
        known = sorted({e.paths[0] for e in self.endpoints if e.enabled(realm)})
        sentence = f"{self.title} has {', '.join(known)} here, not {request.path}"
        return self.refuse(realm, Refusal("path_unknown", sentence))

    def wrong_method(self, realm: Realm, request: Request, allowed: list[str]) -> Answer:
        """The answer to a method that a path does not take."""
        sentence = f"{request.path} takes {' or '.join(allowed)}, not {request.method}"
        answer = self.refuse(realm, Refusal("method_not_allowed", sentence))
        if b"allow" not in dict(answer.headers):
            answer.headers.append((b"allow", ", ".join(allowed).encode("ascii")))
        return answer


async def struck_answer(
    realm: Realm, vendor: str, operation: str, members: Members
) -> Answer | None:
    """What a fault makes of a call: a Refusal, an answer, or None where it goes on."""
    fault = realm.faults.striking(vendor, operation, members)
    if fault is None:
        return None
    delay = realm.faults.delay_of(fault)
    if delay:
        await asyncio.sleep(delay)
    if fault.outcome is not None:
        raise Refusal(fault.outcome, _FAULT)
    if fault.answer is None:
        return None
    answer = answered(fault.answer, values_of(realm, reason=_FAULT))
    answer.reason = f"fault; {_FAULT}"
    return answer


_FAULT = "a fault of the fixture struck this call"


def nothing_read(_: Request) -> Members:
    """For endpoints that take no body."""
    return {}


def session_of(_: Realm, members: Members) -> Verified:
    """For operations of an authenticated endpoint that need no more than the session."""
    session: Verified = members["session"]
    return session


def answered(answerer: Answerer, values: Mapping[str, object]) -> Answer:
    """An outcome as an answer, with what its headers and body want filled in."""
    return Answer(answerer.status, answerer.headers_with(values), answerer.render(values))


def values_of(realm: Realm, /, **more: object) -> dict[str, object]:
    """The placeholders that every outcome knows, and these."""
    return {"reason": "", "principal": "", "now": iso_milliseconds(realm.clock.now())} | more
