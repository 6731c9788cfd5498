"""Minting tokens, and having them explained."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from msgspec.structs import asdict

from emulator.control.paths import BASE
from emulator.control.reading import invalid, parsed, read_body
from emulator.core.defects import Defect, DefectImpossible
from emulator.core.fixture.fields import JSON, LIFETIME, SCOPES, seconds_or_none
from emulator.core.inspection import inspected
from emulator.core.minting import Minted, NoRefreshTokens, Order, Use, minted
from emulator.core.nesting import DEEPEST, nested_deeper
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.core.shapes.kinds import Checked, Mapped, Maybe, Wrong
from emulator.core.shapes.shape import Shape, member
from emulator.core.shapes.values import TEXT, TEXT_OR_EMPTY, known_as, member_of
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation

_PATH = f"{BASE}/tokens"


def _shallow(members: dict[str, Any]) -> dict[str, Any]:
    if nested_deeper(members):
        raise Wrong(f"nested more than {DEEPEST} levels deep")
    return members


def _no_algorithm(headers: dict[str, Any]) -> dict[str, Any]:
    if "alg" in headers:
        raise Wrong(
            "alg cannot be set here: it is that of the key that signs; for a token with another, "
            f"set defect to {Defect.ALG_NONE} or {Defect.HS256_WITH_PUBLIC_KEY}"
        )
    return headers


_FREE = Checked(Mapped(JSON), _shallow)
_WHOSE = "Whose."


class MintRequest(Shape):
    """What token is wanted."""

    vendor: str = member(TEXT_OR_EMPTY, _WHOSE)
    subject: str = member(TEXT, "A principal's name, or anybody's.")
    use: Use = member(
        member_of(Use),
        "access, or refresh where the vendor has refresh tokens.",
        default="access",
    )
    lifetime: timedelta | None = member(
        Maybe(LIFETIME), "By default the principal's.", default=None
    )
    scopes: list[str] | None = member(Maybe(SCOPES), "By default the principal's.", default=None)
    claims: dict[str, Any] = member(_FREE, "Any claims, put last; null takes one out.", default={})
    headers: dict[str, Any] = member(
        Checked(_FREE, _no_algorithm),
        "Any members of the header but alg; null takes one out.",
        default={},
    )
    defect: Defect | None = member(
        Maybe(member_of(Defect)), "What is wrong with it; everything else is right.", default=None
    )

    def order(self) -> Order:
        """The same as the core knows it."""
        return Order(
            vendor=self.vendor,
            subject=self.subject,
            use=self.use,
            lifetime=seconds_or_none(self.lifetime),
            scopes=None if self.scopes is None else tuple(self.scopes),
            claims=self.claims,
            headers=self.headers,
            defect=self.defect,
        )


class InspectRequest(Shape):
    """What is to be explained."""

    token: str = member(TEXT_OR_EMPTY, "A token, as it was found.")


def minting_endpoints(vendors: Collection[str], realms: Realms) -> list[Endpoint]:
    """The calls that make and explain tokens of these vendors."""
    model = mint_model(vendors)

    async def inspect(realm: Realm, request: InspectRequest) -> object:
        """Explain any token: what it is, whose, and everything that is wrong with it."""
        return await inspected(realm, realms, request.token)

    return [
        _posting(_PATH, Operation("mint", _reading(model), _mint, success="made")),
        _posting(
            f"{_PATH}/inspect",
            Operation("inspect", _reading(InspectRequest), inspect, success="told"),
        ),
    ]


def mint_model(vendors: Collection[str]) -> type[MintRequest]:
    """The shape of what can be minted for these vendors."""

    class Mint(MintRequest):
        __doc__ = MintRequest.__doc__

        vendor: str = member(known_as("vendor", vendors), _WHOSE)

    return Mint


async def _mint(realm: Realm, request: MintRequest) -> object:
    """Mint a token, with or without a defect. Nothing is stored."""
    try:
        return _told(await minted(realm, request.order()))
    except DefectImpossible as error:
        raise _mistake("defect", error) from error
    except NoRefreshTokens as error:
        raise _mistake("use", error) from error


def _told(token: Minted) -> dict[str, object]:
    return {name: value for name, value in asdict(token).items() if value is not None}


def _mistake(member: str, error: ValueError) -> Refusal:
    return invalid(f"the body: {member}: {error}", [{"path": member, "message": str(error)}])


def _posting(path: str, operation: Operation) -> Endpoint:
    return Endpoint(method="POST", paths=(path,), operations=(operation,), read=read_body)


def _reading(model: type[Shape]) -> Callable[[Realm, Members], Any]:
    def parse(_: Realm, members: Members) -> Any:
        return parsed(model, members["body"])

    return parse
