"""How Vault decides on a refresh (RFC 6749 §6). No HTTP."""

import contextlib

import orjson
from msgspec.structs import asdict

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.store import StoreFull
from emulator.core.verification import (
    TokenFault,
    TokenRefused,
    Verified,
    verified_refresh_token,
)
from emulator.vendors.vault.rules import User, Vault, check_client, issue, narrowed
from emulator.vendors.vault.wire import RefreshTokenGrant, TokenResponse


async def refresh(realm: Realm, grant: RefreshTokenGrant) -> TokenResponse:
    """Issue a new pair for a refresh token, which is spent by it (unless the fixture says else)."""
    section = realm.of(Vault)
    if grant.client_id:
        check_client(section, grant.client_id)
    token = await _verified(realm, section, grant.refresh_token)
    _check_client_of(token, grant)
    if not grant.client_id:
        check_client(section, _text(token, "client_id"))
    user = section.users.find(token.holder.name)
    assert user is not None  # noqa: S101 - the token was verified against these very users
    user.meet_fate()
    granted = tuple(_text(token, "scope").split())
    shown = tuple(sorted(narrowed(granted, grant.scope, user.name)))
    if not section.refresh.rotate:
        kept = grant.refresh_token
        return await _new_pair(section, user, token, granted, shown, keeping=kept)
    return await _rotated(realm, section, user, token, granted, shown)


async def _rotated(
    realm: Realm,
    section: Vault,
    user: User,
    token: Verified,
    granted: tuple[str, ...],
    shown: tuple[str, ...],
) -> TokenResponse:
    first = await _spent_now(realm, token)
    if not first:
        earlier = await _answer_within_grace(realm, token)
        if earlier is not None and earlier.scope == " ".join(shown):
            return earlier
        if section.refresh.reuse != "allow":
            raise await _reused(realm, section, token)
    answer = await _new_pair(section, user, token, granted, shown)
    if first and section.refresh.grace:
        now = realm.clock.now()
        with contextlib.suppress(StoreFull):  # then there is no grace, and the pair is good still
            await realm.keep(
                _grace(token), orjson.dumps(asdict(answer)), until=now + section.refresh.grace
            )
    return answer


async def _verified(realm: Realm, section: Vault, refresh_token: str) -> Verified:
    try:
        return await verified_refresh_token(realm, section, refresh_token)
    except TokenRefused as refused:
        reason = f"the refresh token: {refused.reason}"
        if refused.expired_at is not None:
            at = iso_milliseconds(refused.expired_at)
            raise Refusal("refresh_token_expired", reason, expired_at=at) from refused
        if refused.fault is TokenFault.HOLDER_BLOCKED:
            raise Refusal("user_blocked", refused.reason) from refused
        raise Refusal("refresh_token_invalid", reason) from refused


def _check_client_of(token: Verified, grant: RefreshTokenGrant) -> None:
    if grant.client_id and grant.client_id != _text(token, "client_id"):
        raise Refusal(
            "refresh_token_invalid",
            f"the refresh token was issued to the client {_text(token, 'client_id')}, "
            "not to this one",
            principal=grant.client_id,
        )


async def _spent_now(realm: Realm, token: Verified) -> bool:
    """Spend a refresh token; False where it was spent before."""
    try:
        return await realm.spend_refresh_token(token.claims["jti"], until=token.claims["exp"])
    except StoreFull as full:
        raise Refusal(
            "refresh_token_invalid", f"it cannot be spent: {full}", principal=token.holder.name
        ) from full


async def _answer_within_grace(realm: Realm, token: Verified) -> TokenResponse | None:
    kept = await realm.kept(_grace(token))
    return None if kept is None else TokenResponse(**orjson.loads(kept))


async def _reused(realm: Realm, section: Vault, token: Verified) -> Refusal:
    sentence = "the refresh token was used before"
    if section.refresh.reuse == "revoke_family":
        try:
            await realm.revoke_grant(token.grant)
            sentence += ", and with it every token of its sign-in is revoked now"
        except StoreFull as full:
            sentence += f"; its family cannot be revoked: {full}"
    return Refusal("refresh_token_invalid", sentence, principal=token.holder.name)


async def _new_pair(
    section: Vault,
    user: User,
    token: Verified,
    granted: tuple[str, ...],
    shown: tuple[str, ...],
    keeping: str | None = None,
) -> TokenResponse:
    # RFC 6749 §6: a narrower scope holds for the access token; the new refresh token keeps all.
    client_id = _text(token, "client_id")
    return await issue(
        section, user, token.grant, client_id, granted=granted, shown=shown, keeping=keeping
    )


def _text(token: Verified, claim: str) -> str:
    """A claim that each of our refresh tokens has; one signed with the fixture's key may not."""
    value = token.claims.get(claim)
    if not isinstance(value, str):
        raise Refusal("refresh_token_invalid", f"the refresh token has no {claim}")
    return value


def _grace(token: Verified) -> str:
    return f"grace:{token.claims['jti']}"
