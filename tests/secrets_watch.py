"""Looks for secrets wherever the emulator speaks, while all tests run.

Log lines, reasons, journal entries and the bodies of refusals, of every server that runs in the
tests' own process. The tests' passwords, secrets and tokens are known by their looks.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import Response

from emulator.core.store import MemoryStore
from emulator.http import recording, route, unrouted
from emulator.http.context import CallContext

SECRET = re.compile(
    r"correct-horse|A9#bL8@z|wrong-horse|a-secret-of-thirty|BEGIN [A-Z ]*PRIVATE KEY"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    re.IGNORECASE,
)


class Watch(logging.Handler):
    """What was said that holds a secret, and in which test."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []
        self.looked_at = 0

    def look(self, where: str, text: str) -> None:
        self.looked_at += 1
        if SECRET.search(text):
            test = os.environ.get("PYTEST_CURRENT_TEST", "?")
            self.found.append(f"{where} in {test}: {text[:500]}")

    def emit(self, record: logging.LogRecord) -> None:
        self.look("log", logging.Formatter().format(record))


@contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    append, finish = MemoryStore.append, recording.finish

    async def watched_append(
        self: MemoryStore, realm: str, log: str, value: bytes, *, keep: int
    ) -> int:
        if "journal" in log:
            watch.look("journal", value.decode(errors="replace"))
        return await append(self, realm, log, value, keep=keep)

    async def watched_finish(context: CallContext, response: Response) -> Response:
        finished = await finish(context, response)
        if context.reason is not None:
            watch.look("reason", context.reason)
        by_fixture = context.outcome in ("forwarded", "answered", "fault")
        if finished.status_code >= 400 and not by_fixture:
            watch.look("refusal", bytes(finished.body).decode(errors="replace"))
        return finished

    loggers = [logging.getLogger(name) for name in ("emulator", "uvicorn.error")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryStore, "append", watched_append)
        patch.setattr(recording, "finish", watched_finish)
        patch.setattr(route, "finish", watched_finish)
        patch.setattr(unrouted, "finish", watched_finish)
        for logger in loggers:
            patch.setattr(logger, "level", logging.INFO)
            logger.addHandler(watch)
        try:
            yield watch
        finally:
            for logger in loggers:
                logger.removeHandler(watch)
