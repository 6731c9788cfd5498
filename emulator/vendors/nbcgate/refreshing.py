"""How NBC Gate decides on a refresh. No HTTP.

All of it is assumed: the vendor's reference names the endpoint and says no more.
"""

from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.store import StoreFull
from emulator.core.verification import (
    TokenFault,
    TokenRefused,
    Verified,
    verified_refresh_token,
)
from emulator.vendors.nbcgate.rules import NbcGate, issued_pair
from emulator.vendors.nbcgate.wire import RefreshRequest, TokenPair


async def refresh(realm: Realm, request: RefreshRequest) -> TokenPair:
    """Issue a new pair of tokens for a refresh token, which is spent by it."""
    section = realm.of(NbcGate)
    token = await _verified(realm, section, request.refreshToken)
    token.holder.meet_fate()
    if not await _spent_now(realm, token):
        raise Refusal(
            "refresh_token_spent",
            "the refresh token was used before",
            principal=token.holder.name,
        )
    return await issued_pair(section, token.holder, token.grant, str(token.claims.get("scope", "")))


async def _verified(realm: Realm, section: NbcGate, refresh_token: str) -> Verified:
    try:
        return await verified_refresh_token(realm, section, refresh_token)
    except TokenRefused as refused:
        reason = f"the refresh token: {refused.reason}"
        if refused.fault is TokenFault.HOLDER_BLOCKED:
            raise Refusal("user_blocked", refused.reason) from refused
        if refused.fault is TokenFault.EXPIRED:
            raise Refusal("refresh_token_expired", reason) from refused
        raise Refusal("refresh_token_invalid", reason) from refused


async def _spent_now(realm: Realm, token: Verified) -> bool:
    try:
        return await realm.spend_refresh_token(token.claims["jti"], until=token.claims["exp"])
    except StoreFull as full:
        raise Refusal(
            "refresh_token_invalid", f"it cannot be spent: {full}", principal=token.holder.name
        ) from full
