"""For services that verify a vendor's tokens: keys, metadata, introspection, revocation.

These calls are open to every caller, as services in other containers need them. RFC 7662 §2.1
requires authorization for introspection, which tests do not need.

Addresses are those that the caller used; the issuer is the fixture's (or the caller's address, with
`issuer: caller`).
"""

from typing import Annotated, Any

from fastapi import Body, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from emulator.control.common import examples, open_router, problems
from emulator.control.route import OpenRoute, TokenFormRoute
from emulator.control.tokens import TOKEN_EXAMPLES
from emulator.core import fields
from emulator.core.catalog import Vendor
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.core.signatures import TokenRefused
from emulator.core.store import StoreFull
from emulator.core.tokens import issuer_for
from emulator.core.verification import VerifiedToken, verify_origin, verify_token
from emulator.http.body import FORM
from emulator.http.context import CurrentContext, CurrentRealm, seen_by_caller
from emulator.http.route import Router
from emulator.http.unrouted import CONTROL_BASE

_DOCUMENTS = ("openid-configuration", "oauth-authorization-server")
_SHOWN_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope", "client_id")


class KeySet(BaseModel):
    """A JWK Set (RFC 7517 §5)."""

    keys: list[dict[str, str]]


class KeySetResponse(JSONResponse):
    """A response that is one."""

    media_type = "application/jwk-set+json"


class Metadata(BaseModel):
    """A vendor as an authorization server (RFC 8414 §2)."""

    issuer: str
    token_endpoint: str | None = None
    """Only Vault's sign-in is an OAuth token endpoint."""
    jwks_uri: str
    introspection_endpoint: str
    revocation_endpoint: str
    grant_types_supported: list[str]
    response_types_supported: list[str] = []
    subject_types_supported: list[str] = ["public"]
    token_endpoint_auth_methods_supported: list[str] = ["none"]
    introspection_endpoint_auth_methods_supported: list[str] = ["none"]
    revocation_endpoint_auth_methods_supported: list[str] = ["none"]
    id_token_signing_alg_values_supported: list[str]


class TokenForm(BaseModel):
    """The form of introspection and revocation; a `token_type_hint` is not needed."""

    token: fields.Text


class Introspection(BaseModel):
    """What is known of a valid token (RFC 7662 §2.2)."""

    active: bool
    token_type: str | None = None
    username: str | None = None
    iss: str | None = None
    sub: str | None = None
    aud: str | list[str] | None = None
    exp: int | None = None
    iat: int | None = None
    nbf: int | None = None
    jti: str | None = None
    scope: str | None = None
    client_id: str | None = None


_TokenBody = Annotated[TokenForm, Body(media_type=FORM, openapi_examples=examples(TOKEN_EXAMPLES))]


def verifying_routers(vendor: Vendor) -> tuple[Router, Router]:
    """The calls about a vendor's tokens; faults and journal know them as calls of the vendor."""
    return _metadata_router(vendor), _tokens_router(vendor)


def _metadata_router(about: Vendor) -> Router:
    class VendorRoute(OpenRoute):
        vendor = about

    router = open_router("verifying", VendorRoute, f"/{about.name}")

    @router.get(
        "/.well-known/jwks.json",
        name="jwks",
        summary=f"Public keys (RFC 7517) ({about.name})",
        response_model=KeySet,
        response_class=KeySetResponse,
    )
    async def show_keys(context: CurrentContext, realm: CurrentRealm) -> Response:
        """None if tokens are signed with a secret."""
        keys = await realm.vendors[about.name].issuer.keyring.published()
        return context.respond("jwks_sent", {"keys": keys})

    async def show_metadata(context: CurrentContext, realm: CurrentRealm) -> Response:
        """The same document at both addresses, as libraries ask for either."""
        seen = seen_by_caller(context.request, realm)
        return context.respond("ok", _metadata(seen, about).model_dump(exclude_none=True))

    for document in _DOCUMENTS:
        router.get(
            f"/.well-known/{document}",
            name="metadata",
            summary=f"Metadata of the vendor as an authorization server (RFC 8414) ({about.name})",
            response_model=Metadata,
        )(show_metadata)
    return router


def _tokens_router(about: Vendor) -> Router:
    class VendorRoute(TokenFormRoute):
        vendor = about

    router = open_router("verifying", VendorRoute, f"/{about.name}")

    @router.post(
        "/introspect",
        name="introspect",
        summary=f"Introspect a token (RFC 7662) ({about.name})",
        response_model=Introspection,
        responses=problems("invalid_request"),
    )
    async def introspect(
        form: _TokenBody, context: CurrentContext, realm: CurrentRealm
    ) -> Response:
        """An invalid token is not active; the reason header says why."""
        state = realm.vendors[about.name]
        try:
            verified = await verify_token(realm, state, form.token)
        except TokenRefused as refused:
            raise Refused("token_inactive", refused.reason) from refused
        if verified.is_refresh and not await state.is_reusable(realm, verified.claims["jti"]):
            raise Refused("token_inactive", "the refresh token was used before")
        return context.respond("ok", _introspection(verified))

    @router.post(
        "/revoke",
        name="revoke",
        summary=f"Revoke a token (RFC 7009) ({about.name})",
        response_model=None,
        responses=problems("invalid_request", "store_full"),
    )
    async def revoke(form: _TokenBody, context: CurrentContext, realm: CurrentRealm) -> Response:
        """A refresh token revokes all tokens of its sign-in. An invalid token is not an error."""
        try:
            found = await verify_origin(realm, realm.vendors[about.name], form.token)
        except TokenRefused as refused:
            raise Refused("nothing_revoked", refused.reason) from refused
        try:
            await _revoke(realm, found)
        except StoreFull as full:
            raise Refused("store_full", str(full)) from full
        return context.respond("revoked")

    return router


def _metadata(realm: Realm, vendor: Vendor) -> Metadata:
    issuer, base = realm.vendors[vendor.name].issuer, realm.base_url
    ours = f"{base}{CONTROL_BASE}/{vendor.name}"
    token_endpoint = vendor.token_endpoint
    return Metadata(
        issuer=issuer_for(issuer.settings, vendor.name, base),
        token_endpoint=None if token_endpoint is None else f"{base}{token_endpoint}",
        jwks_uri=f"{ours}/.well-known/jwks.json",
        introspection_endpoint=f"{ours}/introspect",
        revocation_endpoint=f"{ours}/revoke",
        grant_types_supported=["password", "refresh_token"] if token_endpoint else [],
        id_token_signing_alg_values_supported=[issuer.keyring.algorithm.name],
    )


def _introspection(verified: VerifiedToken) -> dict[str, Any]:
    shown = {n: verified.claims[n] for n in _SHOWN_CLAIMS if n in verified.claims}
    kind = "refresh_token" if verified.is_refresh else "Bearer"
    return {"active": True, "token_type": kind, "username": verified.subject.name, **shown}


async def _revoke(realm: Realm, found: VerifiedToken) -> None:
    """Refuse a token from now on. Raises StoreFull."""
    if found.is_refresh:
        await realm.revoke_grant(found.grant)
        return
    # The clock may go back to where an expired token was good.
    expiry = found.claims.get("exp")
    known = expiry if isinstance(expiry, int | float) else 0
    await realm.revoke_token(str(found.claims["jti"]), max(known, realm.clock.latest()) + 1)
