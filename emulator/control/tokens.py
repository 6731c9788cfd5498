"""Tokens: minting and inspecting them."""

from dataclasses import asdict
from typing import Annotated, Any, TypeAlias

from fastapi import Body, Response
from pydantic import AfterValidator, BaseModel, Field

from emulator.control.common import (
    EXAMPLE_NAME,
    examples,
    guarded_router,
    known_vendor,
    problems,
)
from emulator.control.mistakes import refuse_findings
from emulator.core import fields
from emulator.core.catalog import Catalog
from emulator.core.defects import Defect, DefectImpossible
from emulator.core.inspection import Inspection, inspect
from emulator.core.minting import NoRefreshTokens, TokenSpec, Use, mint
from emulator.core.model import Model
from emulator.http.context import CurrentContext, CurrentRealm, seen_by_caller
from emulator.http.route import Router

_MINT_EXAMPLES = {
    "a good one": {"vendor": "vault", "subject": EXAMPLE_NAME},
    "an expired one": {"vendor": "vault", "subject": EXAMPLE_NAME, "defect": "expired"},
}
_UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJldmUifQ."

TOKEN_EXAMPLES = {"a token that is not signed": {"token": _UNSIGNED}}


def _no_algorithm(headers: dict[str, Any]) -> dict[str, Any]:
    if "alg" in headers:
        raise ValueError(
            "alg cannot be set here: it is the signing key's; for another, "
            f"set defect to {Defect.ALG_NONE} or {Defect.HS256_WITH_PUBLIC_KEY}"
        )
    return headers


def _not_too_deep(members: dict[str, Any]) -> dict[str, Any]:
    if fields.nested_deeper(members):
        raise ValueError(f"nested more than {fields.MAX_DEPTH} levels deep")
    return members


Members: TypeAlias = Annotated[dict[str, fields.Json], AfterValidator(_not_too_deep)]


class TokenRequest(Model):
    """The requested token."""

    vendor: str
    subject: Annotated[
        fields.Text, Field(description="The name of a principal, or any other subject.")
    ]
    use: Annotated[
        Use, Field(description="access, or refresh where the vendor has refresh tokens.")
    ] = Use.ACCESS
    lifetime: Annotated[
        fields.Lifetime | None, Field(description="By default the principal's.")
    ] = None
    scopes: Annotated[fields.Scopes | None, Field(description="By default the principal's.")] = None
    claims: Annotated[
        Members, Field(description="Claims that override all others; null removes one.")
    ] = {}
    headers: Annotated[
        Members,
        AfterValidator(_no_algorithm),
        Field(description="Header members other than alg; null removes one."),
    ] = {}
    defect: Annotated[
        Defect | None, Field(description="The defect; everything else about the token is right.")
    ] = None

    def spec(self) -> TokenSpec:
        """The same for the core."""
        return TokenSpec(**{name: getattr(self, name) for name in TokenRequest.model_fields})


class MintedTokenInfo(BaseModel):
    """A token, and what it holds. `note` is why the emulator itself refuses it, if it does."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]
    note: str | None = None


class InspectRequest(Model):
    """The token to inspect."""

    token: Annotated[
        fields.AnyText,
        Field(description="The token, with or without Bearer, quotes and whitespace."),
    ]


def tokens_router(catalog: Catalog) -> Router:
    """The calls that mint and inspect tokens of these vendors."""
    router = guarded_router("tokens")

    class MintRequest(TokenRequest):
        """The requested token."""

        vendor: Annotated[str, known_vendor(catalog), Field(description="The vendor.")]

    @router.post(
        "/tokens",
        name="mint",
        summary="Mint a token, with or without a defect",
        status_code=201,
        response_model=MintedTokenInfo,
        response_description="The token",
        responses=problems("invalid_request"),
    )
    async def mint_token(
        wanted: Annotated[MintRequest, Body(openapi_examples=examples(_MINT_EXAMPLES))],
        context: CurrentContext,
        realm: CurrentRealm,
    ) -> Response:
        """Nothing is stored."""
        try:
            minted = await mint(seen_by_caller(context.request, realm), wanted.spec())
        except DefectImpossible as error:
            raise refuse_findings([(("defect",), str(error))]) from error
        except NoRefreshTokens as error:
            raise refuse_findings([(("use",), str(error))]) from error
        answer = {name: value for name, value in asdict(minted).items() if value is not None}
        return context.respond("created", answer)

    @router.post(
        "/tokens/inspect",
        name="inspect",
        summary="Inspect any token: what it is, whose it is, and everything that is wrong with it",
        response_model=Inspection,
        responses=problems("invalid_request"),
    )
    async def inspect_token(
        found: Annotated[InspectRequest, Body(openapi_examples=examples(TOKEN_EXAMPLES))],
        context: CurrentContext,
        realm: CurrentRealm,
    ) -> Response:
        """By the realm's keys and clock."""
        return context.respond("ok", await inspect(realm, context.server.realms, found.token))

    return router
