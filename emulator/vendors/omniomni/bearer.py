"""How OmniOmni refuses a token at a protected resource."""

from emulator.core.outcomes import Refusal
from emulator.core.verification import TokenRefused
from emulator.web.bearer import Bearer, challenge, scope_challenge

_REALM = "omni-omni"


def _refuse(refused: TokenRefused) -> Refusal:
    return Refusal("bearer_refused", refused.reason, challenge=challenge(refused, _REALM))


def _refuse_scope(scopes: tuple[str, ...], sentence: str) -> Refusal:
    return Refusal("scope_refused", sentence, challenge=scope_challenge(scopes))


BEARER = Bearer(_refuse, _refuse_scope)
