"""A vendor in the core: its section of the fixture, and its state in a realm."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import Field

from emulator.core.model import Model
from emulator.core.outcomes import (
    BODILESS,
    Outcome,
    OutcomeOverride,
    ResponseTemplate,
    embedded_placeholders,
    placeholders_in,
    templates,
)
from emulator.core.principals import Principal, Principals, PrincipalTable, Subject
from emulator.core.suggestions import did_you_mean
from emulator.core.tokens import Claims, Grant, TokenIssuer, TokenSettings

if TYPE_CHECKING:
    from emulator.core.realm import Realm

RESOURCE = "resource"
"""The operation of a protected resource, as faults and the journal call it."""

_JOIN = "-"

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """An operation of a vendor, by the name that faults, journal and docs use.

    `issues` is whether it issues tokens, which a fault can make defective.
    """

    name: str
    issues: bool = False


class VendorFixture(Model):
    """A vendor's section of the fixture."""

    vendor: ClassVar[str]
    known_outcomes: ClassVar[tuple[Outcome, ...]]
    kinds: ClassVar[dict[str, type[Principal]]]
    """Its lists of principals; the last are those that tokens are issued to."""

    token: TokenSettings
    outcomes: Annotated[
        dict[str, OutcomeOverride],
        Field(description="Corrections: outcome, then status, headers, body."),
    ] = {}

    @classmethod
    def empty(cls) -> Self:
        """The section of a vendor that the fixture does not have: it has no principals."""
        return cls.model_validate({})

    def principals(self, kind: str) -> list[Principal]:
        """The entries of one of its lists."""
        entries: list[Principal] = getattr(self, kind)
        return entries

    def contradictions(self, place: Callable[[Path], object]) -> Iterator[tuple[Path, str]]:
        """Contradictions between parts of the section."""
        for kind, model in self.kinds.items():
            seen: dict[str, int] = {}
            for number, entry in enumerate(self.principals(kind)):
                first = seen.setdefault(entry.name, number)
                if first != number:
                    at = place((self.vendor, kind, first, model.name_field))
                    said = f"{entry.name!r} is a duplicate, first used at {at}"
                    yield (kind, number, model.name_field), said
        known = {outcome.name: outcome for outcome in self.known_outcomes}
        for name, change in self.outcomes.items():
            if name not in known:
                near = did_you_mean(name, known)
                yield ("outcomes", name), f"{name!r} is not an outcome of {self.vendor}{near}"
                continue
            for part, value in (("body", change.body), ("headers", list(change.headers.values()))):
                for said in _wrong_placeholders(known[name], value):
                    yield ("outcomes", name, part), said

    def warnings(self) -> Iterator[tuple[Path, str]]:
        """Values that are valid but probably a mistake."""
        for kind in self.kinds:
            for number, entry in enumerate(self.principals(kind)):
                for path, said in entry.warnings():
                    yield (kind, number, *path), said
        known = {outcome.name: outcome for outcome in self.known_outcomes}
        for name, change in self.outcomes.items():
            status = known[name].status if change.status is None else change.status
            if status in BODILESS and change.body is not None:
                said = f"is never sent: a response of status {status} has no body"
                yield ("outcomes", name, "body"), said

    def warnings_for(self, principal: Principal) -> Iterator[tuple[Path, str]]:
        """The warnings of a principal that is added at run time."""
        yield from principal.warnings()


def _wrong_placeholders(outcome: Outcome, given: object) -> Iterator[str]:
    known = outcome.placeholders
    for used in sorted(placeholders_in(given)):
        name, _, member = used.partition(".")
        sample = outcome.sample.get(name)
        if name not in known:
            near = did_you_mean(name, sorted(known))
            yield f"{{{{{used}}}}} is not known in {outcome.name}{near}"
        elif name == "answer" and not isinstance(sample, dict):
            continue  # its members depend on a setting
        elif member and (not isinstance(sample, dict) or member not in sample):
            near = did_you_mean(member, sample) if isinstance(sample, dict) else ""
            yield f"{{{{{used}}}}}: {name} has no member {member!r}{near}"
    for used in sorted(embedded_placeholders(given)):
        if "." not in used and not isinstance(outcome.sample.get(used, ""), str):
            yield f"{{{{{used}}}}} is not a string, so it must be the whole value"


F = TypeVar("F", bound=VendorFixture)


class VendorState(ABC, Generic[F]):
    """What a realm knows of one vendor; each vendor extends it.

    `fixture` is its section, `responses` its outcomes with the fixture's corrections.
    """

    vendor: ClassVar[str]

    def __init__(
        self,
        fixture: F,
        issuer: TokenIssuer,
        responses: Mapping[str, ResponseTemplate],
        principals: Mapping[str, Principals[Any]],
    ) -> None:
        self.fixture = fixture
        self.issuer = issuer
        self.responses = responses
        self.principals = principals
        *self._client_kinds, self._subject_kind = principals

    @property
    def subjects(self) -> Principals[Any]:
        """Those that tokens are issued to."""
        return self.principals[self._subject_kind]

    @property
    def clients_of_subjects(self) -> list[Principals[Any]]:
        """The clients that users sign in through, if the vendor has any."""
        return [self.principals[kind] for kind in self._client_kinds]

    def warnings_for(self, principal: Principal) -> Iterator[tuple[Path, str]]:
        """The warnings of a current principal."""
        now = {kind: tuple(principals) for kind, principals in self.principals.items()}
        return self.fixture.model_copy(update=now).warnings_for(principal)

    def issuing_with(self, issuer: TokenIssuer) -> Self:
        """The same state with another issuer."""
        other = copy(self)
        other.issuer = issuer
        return other

    def subject_fingerprint(self, subject: Principal, *through: str) -> str:
        """The fingerprints in a token: of its subject, and of its clients (`through`).

        The token is refused once one of these principals is removed.
        """
        result = self.subjects.fingerprint(subject.name)
        for kind, name in zip(self._client_kinds, through, strict=True):
            result += _JOIN + self.principals[kind].fingerprint(name)
        return result

    def subject_of(self, grant: Grant) -> Subject | None:
        """The principal of a grant, if it and its clients still exist."""
        first, *through = grant.subject.split(_JOIN)
        if len(through) > len(self._client_kinds):
            return None
        for kind, fingerprint in zip(self._client_kinds, through, strict=False):
            if self.principals[kind].of_fingerprint(fingerprint) is None:
                return None
        found: Subject | None = self.subjects.of_fingerprint(first)
        return found

    @abstractmethod
    def access_claims(
        self, grant: Grant, subject: Subject, scope: str, lifetime: int, *through: str
    ) -> Claims:
        """The claims of an access token as a sign-in issues it; `lifetime` is seconds.

        `through` are the clients that the subject signed in through, at a vendor that has some.
        """

    async def is_reusable(self, realm: "Realm", jti: str) -> bool:
        """Whether a refresh token would be accepted if it were sent now."""
        return not await realm.refresh_token_used(jti)

    def jwt_of(self, token: str) -> str:
        """The JWT of a token; vendors with opaque refresh tokens unwrap them here."""
        return token

    def refresh_token_of(self, jwt: str) -> str:
        """The refresh token as it is issued, from its JWT."""
        return jwt


class VendorTemplate:
    """What a fixture says of a vendor, prepared once for all realms that are made from it."""

    def __init__(
        self, fixture: VendorFixture, state: type[VendorState[Any]], seed: int | None
    ) -> None:
        self._state = state
        self.fixture = fixture
        self.keyring = fixture.token.keyring(fixture.vendor, seed)
        self.responses = templates(fixture.known_outcomes, fixture.outcomes)
        self.tables = {
            kind: PrincipalTable(fixture.vendor, kind, model, fixture.principals(kind))
            for kind, model in fixture.kinds.items()
        }

    def new_state(self) -> VendorState[Any]:
        """The state of a realm that has changed nothing yet."""
        issuer = TokenIssuer(self.fixture.vendor, self.fixture.token, self.keyring)
        principals = {kind: Principals(table) for kind, table in self.tables.items()}
        return self._state(self.fixture, issuer, self.responses, principals)
