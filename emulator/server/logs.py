"""Log lines: one a message, to stderr, as text or as JSON."""

import json
import logging
from datetime import UTC, datetime
from functools import lru_cache


class _TextFormatter(logging.Formatter):
    """`12:30:45.123 message`, with the level if it is above INFO."""

    def format(self, record: logging.LogRecord) -> str:
        at = _time_of_day(int(record.created))
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        text = f"{at}.{int(record.msecs):03} {level}{record.getMessage()}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


@lru_cache(maxsize=8)
def _time_of_day(second: int) -> str:
    """A POSIX second as the local time of day, formatted once: it takes half of a line's time."""
    return f"{datetime.fromtimestamp(second, UTC).astimezone():%H:%M:%S}"


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        members = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        members |= getattr(record, "call", {})
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def log_to_stderr(*, as_json: bool, calls: str = "calls") -> None:
    """Send the emulator's log, and the warnings of uvicorn, to stderr.

    `calls` says which calls have a line: `calls` to vendors and refusals, `refusals`, or `none`.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if as_json else _TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("emulator").setLevel(logging.INFO)
    if calls != "calls":
        logging.getLogger("emulator.calls").setLevel(logging.WARNING)
    if calls == "none":
        logging.getLogger("emulator.refusals").setLevel(logging.WARNING)
