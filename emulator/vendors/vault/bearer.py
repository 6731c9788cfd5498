"""How Vault refuses a token at a protected resource."""

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Refusal
from emulator.core.verification import TokenRefused
from emulator.web.bearer import Bearer, challenge, scope_challenge

_REALM = "vault"


def _refuse(refused: TokenRefused) -> Refusal:
    message = "The Token is invalid"
    if refused.expired_at is not None:
        message = f"The Token has expired on {iso_milliseconds(refused.expired_at)}"
    return Refusal(
        "bearer_refused",
        refused.reason,
        message=message,
        challenge=challenge(refused, _REALM),
    )


def _refuse_scope(scopes: tuple[str, ...], sentence: str) -> Refusal:
    return Refusal("scope_refused", sentence, challenge=scope_challenge(scopes))


BEARER = Bearer(_refuse, _refuse_scope)
