"""How NBC Gate refuses a token at a protected resource."""

from emulator.core.outcomes import Json, Refusal
from emulator.core.verification import TokenFault, TokenRefused
from emulator.web.bearer import Bearer

_NOTHING_SENT = 4016
_NOT_GOOD = 4017


def _refuse(refused: TokenRefused) -> Refusal:
    code = _NOTHING_SENT if refused.fault is TokenFault.MISSING else _NOT_GOOD
    errors: Json = [{"code": code}]
    return Refusal("bearer_refused", refused.reason, errors=errors)


def _refuse_scope(_: tuple[str, ...], sentence: str) -> Refusal:
    return Refusal("scope_refused", sentence)


BEARER = Bearer(_refuse, _refuse_scope, bare=True)
