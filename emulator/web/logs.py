"""Log lines: one a message, to stderr, as text or as JSON."""

import logging
from datetime import UTC, datetime

import orjson


class _Lines(logging.Formatter):
    """`12:30:45.123 message`, with the level where it is more than information."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        text = f"{at:%H:%M:%S}.{int(record.msecs):03} {level}{record.getMessage()}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        members = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(members).decode()


def log_to_stderr(*, as_json: bool) -> None:
    """Send the log of the emulator, and what uvicorn warns of, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("emulator").setLevel(logging.INFO)
