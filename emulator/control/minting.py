"""Minting tokens, and having them explained."""

from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, create_model

from emulator.control.paths import BASE
from emulator.control.reading import invalid, parsed, read_body
from emulator.core.defects import Defect, DefectImpossible
from emulator.core.fixture.fields import (
    Json,
    Lifetime,
    Scope,
    Text,
    by_name,
    seconds_or_none,
    wrong,
)
from emulator.core.fixture.mistakes import did_you_mean
from emulator.core.fixture.sections import Strict
from emulator.core.inspection import inspected
from emulator.core.minting import Minted, NoRefreshTokens, Order, Use, minted
from emulator.core.nesting import DEEPEST, nested_deeper
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation

_PATH = f"{BASE}/tokens"


def _shallow(members: dict[str, Any]) -> dict[str, Any]:
    if nested_deeper(members):
        raise wrong(f"nested more than {DEEPEST} levels deep")
    return members


def _no_algorithm(headers: dict[str, Any]) -> dict[str, Any]:
    if "alg" in headers:
        raise wrong(
            "alg cannot be set here: it is that of the key that signs; for a token with another, "
            f"set defect to {Defect.ALG_NONE} or {Defect.HS256_WITH_PUBLIC_KEY}"
        )
    return headers


_FREE = Annotated[dict[str, Json], AfterValidator(_shallow)]


class MintRequest(Strict):
    """What token is wanted."""

    vendor: str = Field(description="Whose.")
    subject: Text = Field(description="A principal's name, or anybody's.")
    use: Annotated[Use, BeforeValidator(by_name(Use))] = Field(
        Use.ACCESS, description="access, or refresh where the vendor has refresh tokens."
    )
    lifetime: Lifetime | None = Field(None, description="By default the principal's.")
    scopes: list[Scope] | None = Field(None, description="By default the principal's.")
    claims: _FREE = Field(default={}, description="Any claims, put last; null takes one out.")
    headers: Annotated[_FREE, AfterValidator(_no_algorithm)] = Field(
        default={}, description="Any members of the header but alg; null takes one out."
    )
    defect: Annotated[Defect, BeforeValidator(by_name(Defect))] | None = Field(
        None, description="What is wrong with it; everything else is right."
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


class InspectRequest(Strict):
    """What is to be explained."""

    token: str = Field(description="A token, as it was found.")


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
    """The model of what can be minted for these vendors."""

    def known(vendor: str) -> str:
        if vendor not in vendors:
            raise wrong(f"{vendor!r} is no vendor{did_you_mean(vendor, vendors)}")
        return vendor

    named = Annotated[str, AfterValidator(known), WithJsonSchema({"enum": list(vendors)})]
    described = MintRequest.model_fields["vendor"].description
    return create_model("Mint", __base__=MintRequest, vendor=(named, Field(description=described)))


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


def _reading(model: type[Strict]) -> Callable[[Realm, Members], Any]:
    def parse(_: Realm, members: Members) -> Any:
        return parsed(model, members["body"])

    return parse
