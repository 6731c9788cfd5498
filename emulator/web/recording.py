"""What the journal tells of a call. Secrets are masked here, before anything is written."""

from typing import Any

from emulator.core.clock import iso_milliseconds, real_time, stopwatch
from emulator.web.messages import Answer
from emulator.web.visit import Visit


def recorded(visit: Visit, vendor: str, answer: Answer) -> dict[str, Any]:
    """The journal's entry of a call to a vendor, and of its answer."""
    return {
        "at": iso_milliseconds(visit.realm.clock.now()),
        "real_at": iso_milliseconds(real_time()),
        "vendor": vendor,
        "operation": answer.operation or None,
        "principal": answer.principal or None,
        "outcome": answer.outcome or None,
        "reason": answer.reason,
        "status": answer.status or None,
        "duration_ms": round((stopwatch() - visit.began) * 1000, 3),
        "fault": answer.fault,
    }
