"""One-time codes: a fixed one, and those of an authenticator app. No HTTP.

The codes that are mailed are in `mailed_codes`.
"""

from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from emulator.core.discreet import Discreet
from emulator.core.outcomes import Refusal
from emulator.core.principals import Principal
from emulator.core.realm import Realm
from emulator.core.store import StoreFull

_STEP = 30
_DIGITS = 6
_DRIFT = 1
"""How many steps a caller's clock may differ, either way (RFC 6238 §5.2)."""

_LOOKED_AT = 20
"""How many steps either way a refusal looks for the code, to say how far the clocks differ."""


class OneTimeCode(Protocol):
    """How a user's one-time codes are made."""

    async def check(self, realm: Realm, holder: Principal, given: str) -> None:
        """Take the code that the holder sent, or raise the Refusal."""
        ...


class FixedCode(Discreet, frozen=True):
    """A code that is always right, as often as it is sent."""

    hidden = frozenset({"code"})

    code: str

    async def check(self, _: Realm, holder: Principal, given: str) -> None:
        """See `OneTimeCode.check`."""
        if given != self.code:
            raise another_code(holder)


class TotpCode(Discreet, frozen=True):
    """The codes of a secret and the time (RFC 6238): 6 digits, 30 s, SHA-1. Each is good once."""

    hidden = frozenset({"secret"})

    secret: bytes

    async def check(self, realm: Realm, holder: Principal, given: str) -> None:
        """See `OneTimeCode.check`."""
        now = int(realm.clock.now()) // _STEP
        steps = self._steps_of(given, now, _DRIFT)
        if not steps:
            raise self._refused(holder, given, now)
        for step in steps:
            until = (step + _DRIFT + 1) * _STEP
            if await spent_now(realm, holder, f"step:{step}:{given}", until):  # RFC 6238 §5.2
                return
        raise Refusal(
            "otp_wrong",
            f"the one-time code of {holder.name} was used before",
            principal=holder.name,
        )

    def _steps_of(self, given: str, now: int, drift: int) -> list[int]:
        """The steps around `now` whose code it is, the nearest first."""
        totp = TOTP(self.secret, _DIGITS, SHA1(), _STEP, enforce_key_length=False)  # noqa: S303 - RFC 6238's own, and what apps use
        near = sorted(range(max(0, now - drift), now + drift + 1), key=lambda step: abs(step - now))
        return [step for step in near if totp.generate(step * _STEP) == given.encode()]

    def _refused(self, holder: Principal, given: str, now: int) -> Refusal:
        further = self._steps_of(given, now, _LOOKED_AT)
        if not further:
            return another_code(holder)
        away = abs(further[0] - now)
        side = "behind" if further[0] < now else "ahead of"
        return Refusal(
            "otp_wrong",
            f"the one-time code of {holder.name} is {away} steps of {_STEP} s {side} the "
            "emulator's clock",
            principal=holder.name,
        )


def another_code(holder: Principal) -> Refusal:
    """The refusal of a code that is not the holder's."""
    return Refusal(
        "otp_wrong", f"the one-time code of {holder.name} is another", principal=holder.name
    )


def kept_of(realm: Realm, holder: Principal) -> str:
    """The name under which a user's codes are kept; after its removal a namesake has another."""
    section = realm.sections["nbcgate"]  # by its name, as the section's own module needs this one
    return f"otp:{section.holder_mark(holder)}"


async def spent_now(realm: Realm, holder: Principal, what: str, until: float) -> bool:
    """Spend what is good once; False where it was spent before."""
    try:
        return await realm.spend(f"{kept_of(realm, holder)}:{what}", until)
    except StoreFull as full:
        raise Refusal("otp_wrong", f"no code can be spent: {full}", principal=holder.name) from full
