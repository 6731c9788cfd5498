"""One-time codes: a fixed one, those of an authenticator app, and those that are mailed. No HTTP.

Mailed codes are assumed: the vendor's reference names the endpoint and says no more. A code is
stored once; attempts and uses are consumed, so that the limits hold for concurrent calls, also in
several processes.
"""

import hmac

import pyotp
from pydantic import BaseModel

from emulator.core.clock import iso_milliseconds
from emulator.core.outbox import Mail
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.core.store import StoreFull
from emulator.vendors.nbcgate.models import CodeMailed, MailedCodes, NbcGateUser

_STEP = 30
_DRIFT = 1
"""How many steps a caller's clock may differ, either way (RFC 6238 §5.2)."""

_SEARCHED = 20
"""How many steps either way a refusal looks for the code, to say how far the clocks differ."""

_REMEMBERED = 86_400
"""How long a code is kept past its expiry, in seconds, so that it counts as expired."""


async def check_code(realm: Realm, user: NbcGateUser, given: str) -> None:
    """Accept the code that a user sent, or raise Refused."""
    otp = user.otp
    assert otp is not None  # noqa: S101 - asked by the caller
    if otp.mailed:
        await _check_mailed(realm, user, given)
    elif otp.totp is not None:
        await _check_totp(realm, user, otp.totp.get_secret_value(), given)
    elif otp.code is not None and given != otp.code.get_secret_value():
        raise _another_code(user)


async def mail_code(realm: Realm, user: NbcGateUser, settings: MailedCodes) -> CodeMailed:
    """Mail a code to a user, into the outbox."""
    now = realm.clock.now()
    resend_after = settings.resend_after.total_seconds()
    last = await _last_mailed(realm, user)
    if last is not None and last.sent_at <= now < last.sent_at + resend_after:
        raise _too_early(user, last.sent_at + resend_after - now)
    ids = realm.identity.ids
    new = _MailedCode(
        id=ids.unique(64),
        code=ids.digits(settings.digits),
        sent_at=now,
        expires_at=now + settings.lifetime,
    )
    await _keep(realm, user, settings, last, new)
    expires_at = iso_milliseconds(new.expires_at)
    await realm.outbox.put(
        Mail(
            vendor="nbcgate",
            to=user.email,
            code=new.code,
            sent_at=iso_milliseconds(new.sent_at),
            expires_at=expires_at,
        )
    )
    return CodeMailed(
        email=user.email, expiresAt=expires_at, resendAt=iso_milliseconds(now + resend_after)
    )


class _MailedCode(BaseModel):
    """The last code that was mailed to a user. Times are POSIX seconds."""

    id: str
    code: str
    sent_at: float
    expires_at: float


async def _last_mailed(realm: Realm, user: NbcGateUser) -> _MailedCode | None:
    kept = await realm.kept(_key(realm, user))
    return None if kept is None else _MailedCode.model_validate_json(kept)


async def _keep(
    realm: Realm,
    user: NbcGateUser,
    settings: MailedCodes,
    last: _MailedCode | None,
    new: _MailedCode,
) -> None:
    """Store a code as the last one; of concurrent calls, only one may follow `last`."""
    resend_after = settings.resend_after.total_seconds()
    kept_for = max(settings.lifetime, resend_after) + _REMEMBERED
    # The clock may have gone back, and where it was before this code is still the last one.
    until = max(new.sent_at, realm.clock.latest()) + kept_for
    # If there is none, it was dropped more than `kept_for` ago, so the number of that span shows
    # this first code from those of other times.
    before = last.id if last is not None else f"none:{int(new.sent_at // kept_for)}"
    key = _key(realm, user)
    try:
        first = await realm.consume_once(f"{key}:after:{before}", until)
        if first:
            await realm.keep(key, new.model_dump_json().encode(), until)
    except StoreFull as full:
        raise Refused(
            "otp_not_mailed", f"the code cannot be kept: {full}", principal=user.email
        ) from full
    if not first:
        raise _too_early(user, resend_after)


async def _check_mailed(realm: Realm, user: NbcGateUser, given: str) -> None:
    """A code can be used once; each guess is an attempt."""
    settings: MailedCodes = realm.vendors["nbcgate"].fixture.mailed_codes
    name = user.email
    last = await _last_mailed(realm, user)
    if last is None:
        raise Refused("otp_wrong", f"no code was mailed to {name}", principal=name)
    if realm.clock.now() >= last.expires_at:
        at = iso_milliseconds(last.expires_at)
        raise Refused("otp_expired", f"the code of {name} expired at {at}", principal=name)
    for number in range(settings.attempts):
        attempt = f"{last.id}:attempt:{number}"
        if await _consume(realm, user, attempt, last.expires_at):
            break
    else:
        raise Refused(
            "otp_locked",
            f"the code of {name} was tried {settings.attempts} times; another must be mailed",
            principal=name,
        )
    if given != last.code:
        raise _another_code(user)
    if not await _consume(realm, user, f"{last.id}:used", last.expires_at):
        raise Refused("otp_wrong", f"the code of {name} was used before", principal=name)


async def _check_totp(realm: Realm, user: NbcGateUser, secret: str, given: str) -> None:
    """Check a TOTP code (RFC 6238: 6 digits, 30 s, SHA-1). Each can be used once."""
    now = int(realm.clock.now()) // _STEP
    steps = _steps_of(secret, given, now, _DRIFT)
    if not steps:
        raise _refused_totp(user, secret, given, now)
    for step in steps:
        until = (step + _DRIFT + 1) * _STEP
        if await _consume(realm, user, f"step:{step}:{given}", until):  # RFC 6238 §5.2
            return
    raise Refused(
        "otp_wrong", f"the one-time code of {user.email} was used before", principal=user.email
    )


def _steps_of(secret: str, given: str, now: int, drift: int) -> list[int]:
    """The steps around `now` whose code it is, the nearest first."""
    totp = pyotp.TOTP(secret)
    near = sorted(range(max(0, now - drift), now + drift + 1), key=lambda step: abs(step - now))
    sent = given.encode()
    return [step for step in near if hmac.compare_digest(totp.generate_otp(step).encode(), sent)]


def _refused_totp(user: NbcGateUser, secret: str, given: str, now: int) -> Refused:
    further = _steps_of(secret, given, now, _SEARCHED)
    if not further:
        return _another_code(user)
    away = abs(further[0] - now)
    side = "behind" if further[0] < now else "ahead of"
    return Refused(
        "otp_wrong",
        f"the one-time code of {user.email} is {away} steps of {_STEP} s {side} the emulator's "
        "clock",
        principal=user.email,
    )


def _another_code(user: NbcGateUser) -> Refused:
    return Refused("otp_wrong", f"the one-time code of {user.email} is wrong", principal=user.email)


def _too_early(user: NbcGateUser, left: float) -> Refused:
    return Refused(
        "otp_too_early",
        f"a code was mailed to {user.email} already; the next may be in {left:.3g} s",
        principal=user.email,
    )


def _key(realm: Realm, user: NbcGateUser) -> str:
    """The storage key of a user's codes, which changes when the user is removed."""
    return f"otp:{realm.vendors['nbcgate'].subject_fingerprint(user)}"


async def _consume(realm: Realm, user: NbcGateUser, what: str, until: float) -> bool:
    """Consume a code; False if it was used before."""
    try:
        return await realm.consume_once(f"{_key(realm, user)}:{what}", until)
    except StoreFull as full:
        raise Refused(
            "otp_wrong", f"the use of a code cannot be stored: {full}", principal=user.email
        ) from full
