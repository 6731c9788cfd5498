"""The rules of NBC Gate's refresh, without HTTP.

All of it is assumed: the vendor's reference names the endpoint and says no more.
"""

from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.core.signatures import TokenProblem, TokenRefused
from emulator.core.store import StoreFull
from emulator.core.verification import VerifiedToken, verify_refresh_token
from emulator.vendors.nbcgate.models import RefreshRequest, TokenPair
from emulator.vendors.nbcgate.rules import NbcGate, issue_pair


async def refresh(realm: Realm, request: RefreshRequest) -> TokenPair:
    """Issue a new pair of tokens for a refresh token, which can be used once."""
    state = realm.of(NbcGate)
    token = await _verify(realm, state, request.refreshToken)
    name = token.subject.name
    token.subject.raise_forced_outcome()
    try:
        first = await realm.consume_refresh_token(token.claims["jti"], until=token.claims["exp"])
    except StoreFull as full:
        raise Refused(
            "refresh_token_invalid", f"its use cannot be stored: {full}", principal=name
        ) from full
    if not first:
        raise Refused("refresh_token_reused", "the refresh token was used before", principal=name)
    scope = str(token.claims.get("scope", ""))
    return await issue_pair(state, token.subject, token.grant, scope)


async def _verify(realm: Realm, state: NbcGate, refresh_token: str) -> VerifiedToken:
    try:
        return await verify_refresh_token(realm, state, refresh_token)
    except TokenRefused as refused:
        reason = f"the refresh token: {refused.reason}"
        if refused.problem is TokenProblem.SUBJECT_BLOCKED:
            raise Refused("user_blocked", refused.reason) from refused
        if refused.problem is TokenProblem.EXPIRED:
            raise Refused("refresh_token_expired", reason) from refused
        raise Refused("refresh_token_invalid", reason) from refused
