"""Answers to requests that came to no answer of their own. They are nobody's: no API gives them."""

import logging

from emulator.web.messages import Answer

_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]

_log = logging.getLogger("emulator")


def stopped() -> Answer:
    """The grace of a stopping server is over."""
    answer = Answer(503, _TEXT.copy(), b"The emulator is stopping.")
    answer.reason = "stopping; the emulator is being stopped, and this took too long"
    return answer


def failed(error: Exception) -> Answer:
    """A bug; the log has all of it."""
    _log.error("this is a bug of the emulator", exc_info=error)
    answer = Answer(500, _TEXT.copy(), b"This is a bug of the emulator; its log says more.")
    answer.reason = f"emulator_bug; {type(error).__name__}; the log of the emulator says more"
    return answer
