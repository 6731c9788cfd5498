"""Errors of starting and controlling an emulator.

EmulatorError
 ├─ NotRunning     it has not been started, or has ended
 ├─ NotStarted     it could not be started, or none answered in time
 └─ ApiError        the control API refused a call; its sentence says what to do
ConnectionError
 └─ Unreachable    nothing answers at its address
AssertionError
 └─ VerificationError  the journal is not what a test expected

Tracebacks show them under the names by which tests import them, those of `emulator.testing`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_PUBLIC = "emulator.testing"


class EmulatorError(Exception):
    """Base class; the message says what to do."""

    __module__ = _PUBLIC


class NotRunning(EmulatorError, RuntimeError):
    """The emulator has not been started, or has ended."""

    __module__ = _PUBLIC


class NotStarted(EmulatorError, RuntimeError):
    """The emulator could not be started, or none answered in time."""

    __module__ = _PUBLIC


class ApiError(EmulatorError):
    """The control API refused a call (RFC 9457).

    `status` is HTTP's, `detail` the API's sentence, `errors` the mistakes of the request, each with
    `path` and `message`; `problem` is the whole body.
    """

    __module__ = _PUBLIC

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.detail = str(problem.get("detail", "")) or f"it answered with status {status}"
        self.errors: Sequence[Mapping[str, str]] = problem.get("errors") or ()
        self.problem = problem
        lines = [f"  {error['path']}: {error['message']}" for error in self.errors]
        # A single mistake is in the sentence already.
        super().__init__("\n".join([self.detail, *lines]) if len(lines) > 1 else self.detail)


class Unreachable(ConnectionError):
    """Nothing responds at an address, or not with HTTP."""


class VerificationError(AssertionError):
    """The journal is not what a test expected; the message shows the calls that came nearest."""

    __module__ = _PUBLIC


def hide_traceback(failure: Any) -> bool:
    """Whether pytest hides the frames of a module, as the message is enough.

    A module sets it as `__tracebackhide__`, and pytest calls it with the ExceptionInfo.
    """
    return isinstance(failure.value, EmulatorError | VerificationError | ConnectionError)
