"""How Vault decides on sign-in and log-out. No HTTP; what a refresh does is in `refreshing`."""

from typing import Literal

from msgspec import Struct

from emulator.core.outcomes import Answerer, Refusal
from emulator.core.principals import ACTIVE, Principal, Principals, password_fault
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.store import StoreFull
from emulator.core.tokens import Claims, Grant, TokenIssuer
from emulator.core.verification import Verified
from emulator.vendors.vault.wire import PasswordGrant, TokenResponse


class User(Principal, frozen=True, kw_only=True):
    """A user; the name is the user name that it signs in with, an e-mail address."""

    hidden = frozenset({"password"})

    password: str
    user_id: str


class RefreshSettings(Struct, frozen=True, kw_only=True):
    """What becomes of a refresh token that is used.

    `rotate` spends it and gives a new one. `reuse` says what a second use meets: a refusal, a
    refusal that ends every token of the same sign-in, or a new pair. Within `grace` (seconds) of
    its first use, the same answer comes again.
    """

    rotate: bool = True
    reuse: Literal["refuse", "revoke_family", "allow"] = "refuse"
    grace: float = 0


class Vault(Section):
    """What a realm knows of Vault."""

    vendor = "vault"

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        clients: Principals[Principal],
        users: Principals[User],
        refresh: RefreshSettings,
    ) -> None:
        super().__init__(outcomes, issuer, {"clients": clients, "users": users})
        self.refresh = refresh

    @property
    def clients(self) -> Principals[Principal]:
        """What users sign in through."""
        return self.principals["clients"]

    @property
    def users(self) -> Principals[User]:
        """Who can sign in."""
        return self.principals["users"]

    def access_claims(
        self, grant: Grant, holder: Principal, scope: str, lifetime: int, *through: str
    ) -> Claims:
        """See `Section.access_claims`."""
        subject = holder.user_id if isinstance(holder, User) else holder.name
        (client_id,) = through
        claims = self.issuer.claims(grant, subject, lifetime)
        claims["client_id"], claims["scope"] = client_id, scope
        return claims

    async def takes_again(self, realm: Realm, refresh: str) -> bool:
        """See `Section.takes_again`; `reuse: allow` and `grace` take a used one too."""
        return (
            self.refresh.reuse == "allow"
            or await super().takes_again(realm, refresh)
            or await realm.kept(f"grace:{refresh}") is not None
        )


async def sign_in(realm: Realm, grant: PasswordGrant) -> TokenResponse:
    """Issue a pair of tokens to a user who signs in through a known client."""
    section = realm.of(Vault)
    check_client(section, grant.client_id)
    user = _authenticated(section, grant)
    granted = section.issuer.scopes_of(user)
    asked = narrowed(granted, grant.scope, user.name)
    new = realm.grant(section, user, grant.client_id)
    return await issue(section, user, new, grant.client_id, granted=asked, shown=asked)


async def log_out(realm: Realm, session: Verified) -> None:
    """End the session of an access token: every token of its sign-in, the refresh token too."""
    try:
        await realm.revoke_grant(session.grant)
    except StoreFull as full:
        raise Refusal("bearer_refused", f"its session cannot be ended: {full}") from full


def check_client(section: Vault, client_id: str) -> None:
    """Refuse an unknown or blocked client."""
    client = section.clients.find(client_id)
    if client is None:
        raise Refusal("unknown_client", section.clients.why_unknown(client_id), principal=client_id)
    if client.status != ACTIVE:
        client.meet_fate()
        raise Refusal("unknown_client", f"{client_id} is {client.status}", principal=client_id)


def _authenticated(section: Vault, grant: PasswordGrant) -> User:
    user = section.users.find(grant.username)
    if user is None:
        raise Refusal(
            "wrong_credentials", section.users.why_unknown(grant.username), principal=grant.username
        )
    active = user.status == ACTIVE
    if not active:
        user.meet_fate()
    fault = password_fault(grant.password, user.password, user.name)
    if fault is not None:
        raise Refusal("wrong_credentials", fault, principal=user.name)
    if not active:
        raise Refusal("user_blocked", f"{user.name} is {user.status}", principal=user.name)
    return user


def narrowed(granted: tuple[str, ...], asked: str | None, name: str) -> tuple[str, ...]:
    """The scopes of `granted` that were asked for, in the order of `granted`; all by default."""
    if not asked:
        return granted
    wanted = asked.split()
    missing = set(wanted).difference(granted)
    if missing:
        raise Refusal(
            "invalid_scope",
            f"{name} does not have {' '.join(scope for scope in wanted if scope in missing)}",
            principal=name,
        )
    chosen = set(wanted)
    return tuple(scope for scope in granted if scope in chosen)


async def issue(
    section: Vault,
    user: User,
    grant: Grant,
    client_id: str,
    *,
    granted: tuple[str, ...],
    shown: tuple[str, ...],
    keeping: str | None = None,
) -> TokenResponse:
    """A new pair: the access token for the scopes `shown`, the refresh token for `granted`.

    `keeping` is the refresh token where there is one already, which stays.
    """
    issuer = section.issuer
    lifetime = issuer.lifetime_of(user)
    scope = " ".join(shown)
    access = section.access_claims(grant, user, scope, lifetime, client_id)
    if keeping is None:
        kept = scope if granted is shown else " ".join(granted)
        access_token, keeping = await issuer.pair(user, grant, access, kept)
    else:
        access_token = await issuer.access_token(user, access)
    return TokenResponse(
        access_token=access_token,
        token_type="Bearer",  # noqa: S106 - the type's name, no secret
        refresh_token=keeping,
        scope=scope,
        expires_in=lifetime,
        user_id=user.user_id,
    )
