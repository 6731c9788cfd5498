"""Introspection (RFC 7662) and revocation (RFC 7009) of a vendor's tokens.

Open to every caller, as services in other containers need them; RFC 7662 §2.1 wants callers to be
authorized, which no test of a client needs.
"""

from typing import Any

from emulator.control.paths import BASE
from emulator.control.reading import invalid
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.store import StoreFull
from emulator.core.verification import TokenRefused, Verified, signed_token, verified_token
from emulator.web.body import BodyUnreadable, form, media_type, text_fault
from emulator.web.messages import Members, Request
from emulator.web.operation import Api, Endpoint, Operation

_FORM = "application/x-www-form-urlencoded"
_TOLD = ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope", "client_id")


def token_endpoints(vendor: Api) -> list[Endpoint]:
    """A vendor's introspection and revocation endpoints."""

    async def introspect(realm: Realm, token: str) -> object:
        """Introspect a token (RFC 7662). A bad one is not active, and the reason tells why."""
        section = realm.sections[vendor.name]
        try:
            verified = await verified_token(realm, section, token)
        except TokenRefused as refused:
            raise Refusal("token_inactive", refused.reason) from refused
        if verified.is_refresh and not await section.takes_again(realm, verified.claims["jti"]):
            raise Refusal("token_inactive", "the refresh token was used before")
        return _introspected(verified)

    async def revoke(realm: Realm, token: str) -> object:
        """Revoke a token (RFC 7009). A refresh token takes all of its sign-in along."""
        try:
            ours = await signed_token(realm, realm.sections[vendor.name], token)
        except TokenRefused as refused:
            raise Refusal("nothing_revoked", refused.reason) from refused
        await _revoke(realm, ours)
        return None

    return [
        _posting(vendor, "introspect", Operation("introspect", _token, introspect, "told")),
        _posting(vendor, "revoke", Operation("revoke", _token, revoke, "revoked")),
    ]


def _posting(vendor: Api, name: str, operation: Operation) -> Endpoint:
    path = f"{BASE}/{vendor.name}/{name}"
    return Endpoint(
        method="POST",
        paths=(path,),
        operations=(operation,),
        read=_read,
        about=vendor.name,
        is_open=True,
    )


def _read(request: Request) -> Members:
    if media_type(request) != _FORM:
        raise invalid(f"the Content-Type is not {_FORM}")
    try:
        return form(request)
    except BodyUnreadable as error:
        raise invalid(str(error)) from error


def _token(_: Realm, members: Members) -> str:
    fault = text_fault(members, "token")
    if fault is not None:
        raise invalid(f"the parameter token {fault.fault}")
    token: str = members["token"]
    return token


def _introspected(verified: Verified) -> dict[str, Any]:
    told = {name: verified.claims[name] for name in _TOLD if name in verified.claims}
    kind = "refresh_token" if verified.is_refresh else "Bearer"
    return {"active": True, "token_type": kind, "username": verified.holder.name, **told}


async def _revoke(realm: Realm, verified: Verified) -> None:
    claims = verified.claims
    try:
        if verified.is_refresh:
            await realm.revoke_grant(verified.grant)
        else:
            # The clock may go back to where an expired token was good.
            expiry = claims.get("exp")
            known = expiry if isinstance(expiry, int | float) else 0
            until = max(known, realm.clock.latest()) + 1
            await realm.revoke_token(str(claims["jti"]), until)
    except StoreFull as full:
        raise Refusal("store_full", str(full)) from full
