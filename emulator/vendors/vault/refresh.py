"""The rules of Vault's refresh (RFC 6749 §6), without HTTP."""

import contextlib

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.core.signatures import TokenProblem, TokenRefused
from emulator.core.store import StoreFull
from emulator.core.verification import VerifiedToken, verify_refresh_token
from emulator.vendors.vault.models import RefreshTokenGrant, TokenResponse, VaultUser
from emulator.vendors.vault.rules import Vault, check_client, issue, narrow


async def refresh(realm: Realm, grant: RefreshTokenGrant) -> TokenResponse:
    """Issue a new pair for a refresh token, which can be used once (unless the fixture differs)."""
    state = realm.of(Vault)
    if grant.client_id:
        check_client(state, grant.client_id)
    token = await _verify(realm, state, grant.refresh_token)
    client_id = _text(token, "client_id")
    if not grant.client_id:
        check_client(state, client_id)
    elif grant.client_id != client_id:
        raise Refused(
            "refresh_token_invalid",
            f"the refresh token was issued to the client {client_id}, not to this one",
            principal=grant.client_id,
        )
    user = state.users.find(token.subject.name)
    assert user is not None  # noqa: S101 - the token was verified against these very users
    user.raise_forced_outcome()
    granted = tuple(_text(token, "scope").split())
    shown = tuple(sorted(narrow(granted, grant.scope, user.name)))
    if state.fixture.refresh.rotate:
        return await _rotate(realm, state, user, token, granted, shown)
    # RFC 6749 §6: a narrower scope holds for the access token; the refresh token keeps all.
    return await issue(
        state,
        user,
        token.grant,
        client_id,
        granted=granted,
        shown=shown,
        refresh_token=grant.refresh_token,
    )


async def _rotate(
    realm: Realm,
    state: Vault,
    user: VaultUser,
    token: VerifiedToken,
    granted: tuple[str, ...],
    shown: tuple[str, ...],
) -> TokenResponse:
    settings, grace = state.fixture.refresh, f"grace:{token.claims['jti']}"
    first = await _consume(realm, token)
    if not first:
        kept = await realm.kept(grace)
        earlier = None if kept is None else TokenResponse.model_validate_json(kept)
        if earlier is not None and earlier.scope == " ".join(shown):
            return earlier
        if settings.reuse != "allow":
            raise await _reused(realm, state, token)
    client_id = _text(token, "client_id")
    answer = await issue(state, user, token.grant, client_id, granted=granted, shown=shown)
    if first and settings.grace:
        until = realm.clock.now() + settings.grace.total_seconds()
        with contextlib.suppress(StoreFull):  # then there is no grace, and the pair is good still
            await realm.keep(grace, answer.model_dump_json().encode(), until)
    return answer


async def _verify(realm: Realm, state: Vault, refresh_token: str) -> VerifiedToken:
    try:
        return await verify_refresh_token(realm, state, refresh_token)
    except TokenRefused as refused:
        reason = f"the refresh token: {refused.reason}"
        if refused.expired_at is not None:
            at = iso_milliseconds(refused.expired_at)
            raise Refused("refresh_token_expired", reason, expired_at=at) from refused
        if refused.problem is TokenProblem.SUBJECT_BLOCKED:
            raise Refused("user_blocked", refused.reason) from refused
        raise Refused("refresh_token_invalid", reason) from refused


async def _consume(realm: Realm, token: VerifiedToken) -> bool:
    """Use a refresh token; False if it was used before."""
    try:
        return await realm.consume_refresh_token(token.claims["jti"], until=token.claims["exp"])
    except StoreFull as full:
        name = token.subject.name
        raise Refused(
            "refresh_token_invalid", f"its use cannot be stored: {full}", principal=name
        ) from full


async def _reused(realm: Realm, state: Vault, token: VerifiedToken) -> Refused:
    sentence = "the refresh token was used before"
    if state.fixture.refresh.reuse == "revoke_family":
        try:
            await realm.revoke_grant(token.grant)
            sentence += ", and with it every token of its sign-in is revoked now"
        except StoreFull as full:
            sentence += f"; its family cannot be revoked: {full}"
    return Refused("refresh_token_reused", sentence, principal=token.subject.name)


def _text(token: VerifiedToken, claim: str) -> str:
    """A claim of the refresh token; one made elsewhere with the fixture's key may lack it."""
    value = token.claims.get(claim)
    if not isinstance(value, str):
        raise Refused("refresh_token_invalid", f"the refresh token has no {claim}")
    return value
