"""How Vault decides. No HTTP."""

from dataclasses import dataclass, field
from typing import Any

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Answerer, Refusal
from emulator.core.principals import Principal, Principals, password_fault
from emulator.core.realm import Realm, Section
from emulator.core.store import StoreFull
from emulator.core.tokens import REFRESH, TokenInvalid, TokenIssuer
from emulator.vendors.vault.wire import PasswordGrant, RefreshTokenGrant, TokenResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Principal):
    """A user; the name is the user name that it signs in with, an e-mail address."""

    password: str = field(repr=False)
    user_id: str


class Vault(Section):
    """What a realm knows of Vault."""

    vendor = "vault"

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        clients: Principals[Principal],
        users: Principals[User],
    ) -> None:
        super().__init__(outcomes, issuer, [clients, users])
        self.clients = clients
        self.users = users


async def sign_in(realm: Realm, grant: PasswordGrant) -> TokenResponse:
    """Issue a pair of tokens to a user who signs in through a known client."""
    section = realm.of(Vault)
    _check_client(section, grant.client_id)
    user = _authenticated(section, grant)
    granted = section.issuer.scopes_of(user)
    asked = _narrowed(granted, grant.scope, user.name)
    return await _issue(realm, section, user, grant.client_id, granted=asked, shown=asked)


async def refresh(realm: Realm, grant: RefreshTokenGrant) -> TokenResponse:
    """Issue a new pair for a refresh token, which is spent by it."""
    section = realm.of(Vault)
    if grant.client_id:
        _check_client(section, grant.client_id)
    claims = await _refresh_claims(realm, section, grant.refresh_token)
    user = _still_welcome(section, claims, grant)
    granted = tuple(str(claims["scope"]).split())
    shown = _narrowed(granted, grant.scope, user.name)
    await _spend(realm, claims, user.name)
    # RFC 6749 §6: a narrower scope holds for the access token; the new refresh token keeps all.
    return await _issue(
        realm, section, user, str(claims["client_id"]), granted=granted, shown=tuple(sorted(shown))
    )


def _check_client(section: Vault, client_id: str) -> None:
    client = section.clients.find(client_id)
    if client is None:
        raise Refusal("unknown_client", section.clients.why_unknown(client_id), principal=client_id)
    client.meet_fate()
    if client.blocked:
        raise Refusal("unknown_client", f"{client_id} is {client.status}", principal=client_id)


def _authenticated(section: Vault, grant: PasswordGrant) -> User:
    user = section.users.find(grant.username)
    if user is None:
        raise Refusal(
            "wrong_credentials", section.users.why_unknown(grant.username), principal=grant.username
        )
    user.meet_fate()
    fault = password_fault(grant.password, user.password, user.name)
    if fault is not None:
        raise Refusal("wrong_credentials", fault, principal=user.name)
    _refuse_blocked(user)
    return user


def _refuse_blocked(user: User) -> None:
    if user.blocked:
        raise Refusal("user_blocked", f"{user.name} is {user.status}", principal=user.name)


async def _refresh_claims(realm: Realm, section: Vault, token: str) -> dict[str, Any]:
    """The claims of a refresh token of this realm that is still valid by its clock."""
    try:
        claims = await section.issuer.verified(token)
    except TokenInvalid as error:
        raise Refusal("refresh_token_invalid", f"the refresh token: {error}") from error
    if claims.get("token_use") != REFRESH:
        raise Refusal("refresh_token_invalid", "an access token was sent as the refresh token")
    if not realm.stamp.made(claims.get("jti")):
        raise Refusal(
            "refresh_token_invalid", "the refresh token is of another realm, or of before a reset"
        )
    expiry = claims["exp"]
    if realm.clock.now() >= expiry:
        expired_at = iso_milliseconds(expiry)
        raise Refusal(
            "refresh_token_expired",
            f"the refresh token expired at {expired_at}",
            expired_at=expired_at,
        )
    return claims


def _still_welcome(section: Vault, claims: dict[str, Any], grant: RefreshTokenGrant) -> User:
    """The user of a refresh token, who may have been blocked or removed since."""
    if grant.client_id and grant.client_id != claims["client_id"]:
        raise Refusal(
            "refresh_token_invalid",
            f"the refresh token was issued to the client {claims['client_id']}, not to this one",
            principal=grant.client_id,
        )
    name = str(claims["username"])
    user = section.users.find(name)
    if user is None:
        raise Refusal("refresh_token_invalid", f"{name} is no user any more", principal=name)
    user.meet_fate()
    _refuse_blocked(user)
    return user


async def _spend(realm: Realm, claims: dict[str, Any], name: str) -> None:
    try:
        first = await realm.spend(f"vault:refresh:{claims['jti']}", until=claims["exp"])
    except StoreFull as full:
        raise Refusal(
            "refresh_token_invalid", f"it cannot be spent: {full}", principal=name
        ) from full
    if not first:
        raise Refusal("refresh_token_invalid", "the refresh token was used before", principal=name)


def _narrowed(granted: tuple[str, ...], asked: str | None, name: str) -> tuple[str, ...]:
    """The scopes of `granted` that were asked for, in the order of `granted`; all by default."""
    if not asked:
        return granted
    wanted = asked.split()
    missing = [scope for scope in wanted if scope not in granted]
    if missing:
        raise Refusal("invalid_scope", f"{name} does not have {' '.join(missing)}", principal=name)
    return tuple(scope for scope in granted if scope in wanted)


async def _issue(
    realm: Realm,
    section: Vault,
    user: User,
    client_id: str,
    *,
    granted: tuple[str, ...],
    shown: tuple[str, ...],
) -> TokenResponse:
    """A new pair: the access token for the scopes `shown`, the refresh token for `granted`."""
    issuer = section.issuer
    lifetime = issuer.lifetime_of(user)
    scope = " ".join(shown)
    access = issuer.claims(realm.stamp, user.user_id, lifetime)
    access |= {"client_id": client_id, "scope": scope}
    more = issuer.claims(realm.stamp, user.user_id, issuer.refresh_lifetime_of(user))
    more |= {"client_id": client_id, "scope": " ".join(granted), "username": user.name}
    return TokenResponse(
        access_token=await issuer.access_token(user, access),
        token_type="Bearer",  # noqa: S106 - the type's name, no secret
        refresh_token=await issuer.refresh_token(more),
        scope=scope,
        expires_in=lifetime,
        user_id=user.user_id,
    )
