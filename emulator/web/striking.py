"""What a fault makes of a call that it strikes."""

import asyncio
from collections.abc import Awaitable, Callable

from emulator.core.clock import wall
from emulator.core.defects import Defect, DefectiveIssuer
from emulator.core.faults import ConnectionFault, Fault, Phase, Strike
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.web.answering import answered, values_of
from emulator.web.messages import Answer

Work = Callable[[Realm], Awaitable[Answer]]
"""What the vendor does of itself."""

_LOOKS_EVERY = 0.5
"""How often a delayed call looks whether its realm is still there, in seconds."""

ANSWERED_BY_A_FAULT = "fault"
"""The outcome of a call that a fault answers in its own words."""

Refuse = Callable[[Realm, Refusal], Answer]
"""How the API words a refusal."""


async def struck(
    strike: Strike, realm: Realm, vendor: str, principal: str, work: Work, refuse: Refuse
) -> Answer:
    """The answer of a vendor's call that a fault strikes, and that speaks of `principal`."""
    fault = strike.fault
    done: Answer | None = None
    if fault.phase is Phase.AFTER:
        done = await work(_spoiling(fault, realm, vendor))
    await _pass(strike.delay, realm)
    if fault.connection is not None:
        answer = _broken(done or Answer(0), fault.connection, strike)
    elif fault.outcome is not None:
        answer = refuse(
            realm, Refusal(fault.outcome, _sentence(strike), principal=principal or None)
        )
    elif fault.answer is not None:
        answer = answered(
            fault.answer, values_of(realm, reason=_sentence(strike), principal=principal)
        )
        answer.outcome = ANSWERED_BY_A_FAULT
        answer.reason = f"{answer.outcome}; {_sentence(strike)}"
    else:
        answer = done or await work(realm)
    answer.fault = strike.id
    return answer


async def _pass(seconds: float, realm: Realm) -> None:
    """Let time pass, but not longer than the realm is there."""
    ends = wall() + seconds
    left = seconds
    while left > 0 and not realm.life.over:
        await asyncio.sleep(min(left, _LOOKS_EVERY))
        left = ends - wall()


def _spoiling(fault: Fault, realm: Realm, vendor: str) -> Realm:
    """The realm, issuing tokens with the fault's defect if it has one."""
    if fault.defect is None:
        return realm
    issuer = realm.sections[vendor].issuer
    return realm.issuing_with(vendor, DefectiveIssuer(issuer, Defect(fault.defect), realm.clock))


def _broken(answer: Answer, how: ConnectionFault, strike: Strike) -> Answer:
    answer.connection = how
    if how is not ConnectionFault.TRUNCATE:
        answer.status = 0  # none of it reaches the caller
    answer.outcome = f"connection_{how}"
    answer.reason = f"{answer.outcome}; {_sentence(strike)}"
    return answer


def _sentence(strike: Strike) -> str:
    return f"the fault {strike.id} struck this call"
