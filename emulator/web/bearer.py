"""The bearer check before a protected resource (RFC 6750 §2.1), in each vendor's dialect."""

from collections.abc import Callable

from msgspec import Struct

from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.verification import (
    TokenFault,
    TokenRefused,
    Verified,
    claimed_holder,
    verified_access_token,
)
from emulator.web.messages import Request

_AUTHORIZATION = b"authorization"
_SCHEME = "bearer"


class Bearer(Struct, frozen=True):
    """How a vendor takes a token, and how it refuses one.

    `bare` also takes `Authorization: <token>`. `refuse` and `refuse_scope` name the vendor's
    outcomes; the second gets the scopes that the resource wants.
    """

    refuse: Callable[[TokenRefused], Refusal]
    refuse_scope: Callable[[tuple[str, ...], str], Refusal]
    bare: bool = False


async def checked(
    bearer: Bearer, realm: Realm, vendor: str, request: Request, scopes: tuple[str, ...]
) -> Verified:
    """The good token of a request, with these scopes; else the vendor's Refusal."""
    try:
        token = presented(request, bare=bearer.bare)
        verified = await verified_access_token(realm, realm.sections[vendor], token)
    except TokenRefused as refused:
        refusal = bearer.refuse(refused)
        refusal.principal = refused.holder
        raise refusal from refused
    verified.holder.meet_fate()
    missing = [scope for scope in scopes if scope not in verified.scopes]
    if missing:
        sentence = f"the token of {verified.holder.name} lacks the scope {' '.join(missing)}"
        refusal = bearer.refuse_scope(scopes, sentence)
        refusal.principal = verified.holder.name
        raise refusal
    return verified


def claimant(bearer: Bearer, realm: Realm, vendor: str, request: Request) -> str:
    """Whose token a request says it brings, before anything is checked; empty where none."""
    try:
        token = presented(request, bare=bearer.bare)
    except TokenRefused:
        return ""
    return claimed_holder(realm, realm.sections[vendor], token)


def challenge(refused: TokenRefused, realm: str) -> str:
    """The `WWW-Authenticate` of a refused token (RFC 6750 §3.1).

    Who sent nothing is told no error code: there was nothing wrong with it.
    """
    if refused.fault is TokenFault.MISSING:
        return f'Bearer realm="{realm}"'
    return 'Bearer error="invalid_token"'


def scope_challenge(scopes: tuple[str, ...]) -> str:
    """The same of a token that is good, but not for this."""
    return f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"'


def presented(request: Request, *, bare: bool) -> str:
    """The token in `Authorization`; else TokenRefused."""
    sent = [value for name, value in request.headers if name == _AUTHORIZATION]
    if not sent:
        raise TokenRefused(TokenFault.MISSING, "no Authorization header was sent")
    if len(sent) > 1:
        raise TokenRefused(TokenFault.MALFORMED, "two Authorization headers were sent")
    scheme, _, rest = sent[0].decode("latin-1").strip().partition(" ")
    if scheme.lower() == _SCHEME and rest.strip():
        return rest.strip()
    if scheme.lower() == _SCHEME:
        raise TokenRefused(TokenFault.MISSING, "Authorization says Bearer, and no token follows")
    if bare and scheme and not rest:
        return scheme
    if bare and scheme:
        raise TokenRefused(TokenFault.MALFORMED, "Authorization holds something else than a token")
    raise TokenRefused(TokenFault.MISSING, "Authorization is not of the form Bearer <token>")
