"""One-time codes that are mailed, into the realm's outbox. No HTTP.

All of it is assumed: the vendor's reference names the endpoint and says no more. What is kept of a
code is written once; guesses and uses are claims, so that of many at once, on several workers, no
more get through than may.
"""

from typing import Self

import orjson
from msgspec import Struct
from msgspec.structs import asdict

from emulator.core.clock import iso_milliseconds
from emulator.core.discreet import Discreet
from emulator.core.outbox import Mail
from emulator.core.outcomes import Refusal
from emulator.core.principals import Principal
from emulator.core.realm import Realm
from emulator.core.store import StoreFull
from emulator.vendors.nbcgate.codes import another_code, kept_of, spent_now
from emulator.vendors.nbcgate.rules import NbcGate, known_user
from emulator.vendors.nbcgate.wire import CodeMailed, OtpEmailRequest

_REMEMBERED = 86_400
"""How long past its end a code is known, in seconds: it then is expired, and not one never sent."""


class _Mailed(Discreet, frozen=True, kw_only=True):
    """The last code that was mailed to somebody. Times are POSIX seconds."""

    hidden = frozenset({"code"})

    id: str
    code: str
    sent_at: float
    expires_at: float

    @classmethod
    async def last_to(cls, holder: Principal, realm: Realm) -> Self | None:
        kept = await realm.kept(kept_of(realm, holder))
        return None if kept is None else cls(**orjson.loads(kept))

    def to(self, holder: Principal) -> Mail:
        return Mail(
            vendor=NbcGate.vendor,
            to=holder.name,
            code=self.code,
            sent_at=iso_milliseconds(self.sent_at),
            expires_at=iso_milliseconds(self.expires_at),
        )


class MailedCodes(Struct, frozen=True, kw_only=True):
    """The settings of mailed codes, and what they do. Times are seconds.

    A new code ends the one before it. After `attempts` guesses a code is locked: only another one,
    `resend_after` the last was mailed, helps.
    """

    digits: int = 6
    lifetime: int = 300
    resend_after: float = 60
    attempts: int = 5

    async def mail(self, realm: Realm, holder: Principal) -> CodeMailed:
        """Mail a code."""
        now = realm.clock.now()
        last = await _Mailed.last_to(holder, realm)
        if last is not None and last.sent_at <= now < last.sent_at + self.resend_after:
            raise self._too_early(holder, last.sent_at + self.resend_after - now)
        new = _Mailed(
            id=realm.stamp.ids.unique(64),
            code=realm.stamp.ids.digits(self.digits),
            sent_at=now,
            expires_at=now + self.lifetime,
        )
        await self._keep(realm, holder, last, new)
        await realm.outbox.put(new.to(holder))
        return CodeMailed(
            holder.name,
            expiresAt=iso_milliseconds(new.expires_at),
            resendAt=iso_milliseconds(now + self.resend_after),
        )

    async def check(self, realm: Realm, holder: Principal, given: str) -> None:
        """See `OneTimeCode.check`. A right code is good once; each guess is an attempt."""
        last = await _Mailed.last_to(holder, realm)
        if last is None:
            raise Refusal(
                "otp_wrong", f"no code was mailed to {holder.name}", principal=holder.name
            )
        if realm.clock.now() >= last.expires_at:
            at = iso_milliseconds(last.expires_at)
            raise Refusal(
                "otp_expired", f"the code of {holder.name} expired at {at}", principal=holder.name
            )
        await self._attempt(realm, holder, last)
        if given != last.code:
            raise another_code(holder)
        if not await spent_now(realm, holder, f"{last.id}:used", last.expires_at):
            raise Refusal(
                "otp_wrong", f"the code of {holder.name} was used before", principal=holder.name
            )

    async def _keep(
        self, realm: Realm, holder: Principal, last: _Mailed | None, new: _Mailed
    ) -> None:
        """Make a code the last that was mailed; of several at once, one may follow `last`."""
        kept_for = max(self.lifetime, self.resend_after) + _REMEMBERED
        # The clock may have gone back, and where it was before this code is still the last one.
        until = max(new.sent_at, realm.clock.latest()) + kept_for
        # Where there is none, it was forgotten more than `kept_for` ago, so the number of that span
        # tells this first code from those of other times.
        before = last.id if last is not None else f"none:{int(new.sent_at // kept_for)}"
        kept = kept_of(realm, holder)
        try:
            first = await realm.spend(f"{kept}:after:{before}", until)
            if first:
                await realm.keep(kept, orjson.dumps(asdict(new)), until)
        except StoreFull as full:
            raise Refusal(
                "otp_not_mailed", f"the code cannot be kept: {full}", principal=holder.name
            ) from full
        if not first:
            raise self._too_early(holder, self.resend_after)

    async def _attempt(self, realm: Realm, holder: Principal, last: _Mailed) -> None:
        """Take one of the attempts that are left."""
        for number in range(self.attempts):
            if await spent_now(realm, holder, f"{last.id}:attempt:{number}", last.expires_at):
                return
        raise Refusal(
            "otp_locked",
            f"the code of {holder.name} was tried {self.attempts} times; another must be mailed",
            principal=holder.name,
        )

    def _too_early(self, holder: Principal, left: float) -> Refusal:
        return Refusal(
            "otp_too_early",
            f"a code was mailed to {holder.name} already; the next may be in {left:.3g} s",
            principal=holder.name,
        )


async def mail_code(realm: Realm, request: OtpEmailRequest) -> CodeMailed:
    """Mail a one-time code to the user with this e-mail.

    Nobody has shown a password here, so nobody is told that the user is blocked.
    """
    user = known_user(realm.of(NbcGate), request.email)
    if not isinstance(user.otp, MailedCodes):
        has = "has another kind of one-time code" if user.otp else "has no one-time codes"
        raise Refusal("otp_not_mailed", f"{user.name} {has}", principal=user.name)
    return await user.otp.mail(realm, user)
