"""What goes wrong while an emulator is started or controlled.

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
    """The emulator cannot be used so; the message says what to do."""

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
    """Nothing answers at an address, or what answers there does not speak HTTP."""


class VerificationError(AssertionError):
    """The journal is not what a test expected; the message shows the calls that came nearest."""

    __module__ = _PUBLIC


def hide_traceback(failure: Any) -> bool:
    """Whether pytest leaves out the frames of a module: where the message alone says it all.

    A module sets it as `__tracebackhide__`, and pytest calls it with its ExceptionInfo.
    """
    return isinstance(failure.value, EmulatorError | VerificationError | ConnectionError)
