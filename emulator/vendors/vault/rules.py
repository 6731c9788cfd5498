"""The rules of Vault's sign-in and log-out, without HTTP. Refresh is in `refresh`."""

from emulator.core.outcomes import Refused
from emulator.core.principals import ACTIVE, Principals, Subject, password_mismatch
from emulator.core.realm import Realm
from emulator.core.tokens import Claims, Grant
from emulator.core.vendor import VendorState
from emulator.vendors.vault.models import (
    PasswordGrant,
    TokenResponse,
    VaultClient,
    VaultFixture,
    VaultUser,
)


class Vault(VendorState[VaultFixture]):
    """Vault in a realm."""

    vendor = "vault"

    @property
    def clients(self) -> Principals[VaultClient]:
        """The clients that users sign in through."""
        return self.principals["clients"]

    @property
    def users(self) -> Principals[VaultUser]:
        """The users that can sign in."""
        return self.principals["users"]

    def access_claims(
        self, grant: Grant, subject: Subject, scope: str, lifetime: int, *through: str
    ) -> Claims:
        """See `VendorState.access_claims`."""
        (client_id,) = through
        claims = self.issuer.claims(grant, subject.subject_id, lifetime)
        return claims | {"client_id": client_id, "scope": scope}

    async def is_reusable(self, realm: Realm, jti: str) -> bool:
        """See `VendorState.is_reusable`; `reuse: allow` and `grace` accept a used one too."""
        return (
            self.fixture.refresh.reuse == "allow"
            or await super().is_reusable(realm, jti)
            or await realm.kept(f"grace:{jti}") is not None
        )


async def sign_in(realm: Realm, grant: PasswordGrant) -> TokenResponse:
    """Issue a pair of tokens to a user who signs in through a known client."""
    state = realm.of(Vault)
    check_client(state, grant.client_id)
    user = _authenticate(state, grant)
    scopes = narrow(state.issuer.scopes_of(user), grant.scope, user.name)
    new = realm.grant(state, user, grant.client_id)
    return await issue(state, user, new, grant.client_id, granted=scopes, shown=scopes)


def check_client(state: Vault, client_id: str) -> None:
    """Refuse an unknown or blocked client."""
    client = state.clients.find(client_id)
    if client is None:
        reason = state.clients.why_unknown(client_id)
        raise Refused("unknown_client", reason, principal=client_id)
    if client.status != ACTIVE:
        client.raise_forced_outcome()
        raise Refused("unknown_client", f"{client_id} is {client.status}", principal=client_id)


def _authenticate(state: Vault, grant: PasswordGrant) -> VaultUser:
    user = state.users.find(grant.username)
    if user is None:
        reason = state.users.why_unknown(grant.username)
        raise Refused("wrong_credentials", reason, principal=grant.username)
    user.raise_forced_outcome()
    expected = user.password.get_secret_value()
    mismatch = password_mismatch(grant.password, expected, user.name)
    if mismatch is not None:
        raise Refused("wrong_credentials", mismatch, principal=user.name)
    if user.blocked:
        raise Refused("user_blocked", f"{user.name} is {user.status}", principal=user.name)
    return user


def narrow(granted: tuple[str, ...], asked: str | None, name: str) -> tuple[str, ...]:
    """The requested scopes of `granted`, in its order; all by default."""
    if not asked:
        return granted
    wanted = asked.split()
    missing = set(wanted).difference(granted)
    if missing:
        raise Refused(
            "invalid_scope",
            f"{name} does not have {' '.join(scope for scope in wanted if scope in missing)}",
            principal=name,
        )
    return tuple(scope for scope in granted if scope in wanted)


async def issue(
    state: Vault,
    user: VaultUser,
    grant: Grant,
    client_id: str,
    *,
    granted: tuple[str, ...],
    shown: tuple[str, ...],
    refresh_token: str | None = None,
) -> TokenResponse:
    """A new pair: the access token for the scopes `shown`, the refresh token for `granted`.

    `refresh_token` is the current one, if it stays.
    """
    issuer = state.issuer
    lifetime = issuer.lifetime_of(user)
    scope = " ".join(shown)
    claims = state.access_claims(grant, user, scope, lifetime, client_id)
    if refresh_token is None:
        refresh_token = await issuer.refresh_token(user, grant, claims, " ".join(granted))
    return TokenResponse(
        access_token=await issuer.access_token(user, claims),
        token_type="Bearer",  # noqa: S106 - the type's name, no secret
        refresh_token=refresh_token,
        scope=scope,
        expires_in=lifetime,
        user_id=user.subject_id,
    )
