"""What goes wrong while an emulator is started or driven.

EmulatorError
 ├─ NotRunning     it has not been started, or is over
 ├─ NotStarted     it could not be started, or none answered in time
 └─ Refused        the control API refused a call; its sentence says what to do

`NotAsExpected` is an AssertionError: the journal is not what a test expected. They are told by the
names under which tests import them, those of `emulator.testing`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_PUBLIC = "emulator.testing"


class EmulatorError(Exception):
    """The emulator cannot be used so; the message says what to do."""

    __module__ = _PUBLIC


class NotRunning(EmulatorError, RuntimeError):
    """The emulator has not been started, or is over."""

    __module__ = _PUBLIC


class NotStarted(EmulatorError, RuntimeError):
    """The emulator could not be started, or none answered in time."""

    __module__ = _PUBLIC


class Refused(EmulatorError):
    """The control API refused a call (RFC 9457).

    `status` is HTTP's, `detail` the API's sentence, `errors` the mistakes of what was sent: each
    has `path` and `message`.
    """

    __module__ = _PUBLIC

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.detail = str(problem.get("detail", "")) or f"it answered with status {status}"
        self.errors: Sequence[Mapping[str, str]] = problem.get("errors") or ()
        self.problem = problem
        super().__init__(_told(self.detail, self.errors))


class NotAsExpected(AssertionError):
    """The journal is not what a test expected; the message tells what came nearest."""

    __module__ = _PUBLIC


def told_enough(failure: Any) -> bool:
    """Whether a failure's own sentence says it all, so that pytest need not show our frames.

    A module has it as `__tracebackhide__`, and pytest calls it with its ExceptionInfo.
    """
    return isinstance(failure.value, EmulatorError | NotAsExpected | ConnectionError)


def _told(detail: str, errors: Sequence[Mapping[str, str]]) -> str:
    """The sentence, and where there are several mistakes, each in a line of its own."""
    if len(errors) < 2:
        return detail
    return "\n".join([detail, *(f"  {each['path']}: {each['message']}" for each in errors)])
