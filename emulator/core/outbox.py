"""The outbox of a realm: what a vendor would have mailed, for tests to read."""

import logging
from collections.abc import Callable

from pydantic import BaseModel, Field

from emulator.core.outcomes import printable
from emulator.core.store import Store

_KEPT = 1000
"""How many mails a realm keeps; the oldest are dropped."""

_log = logging.getLogger("emulator")


class Mail(BaseModel):
    """A mailed code. Times are ISO 8601, by the realm's clock."""

    vendor: str
    to: str
    code: str = Field(repr=False)
    sent_at: str
    expires_at: str


class Outbox:
    """The mails of one realm."""

    def __init__(
        self, store: Store, realm: str, log: str, is_closed: Callable[[], bool], *, show_codes: bool
    ) -> None:
        """`log` is its name in the store; `show_codes` also writes a log line for each mail.

        `is_closed` is whether the realm was reset or removed.
        """
        self._store = store
        self._realm = realm
        self._log = log
        self._is_closed = is_closed
        self._show_codes = show_codes

    async def put(self, mail: Mail) -> None:
        """Add a mail, unless the realm is closed."""
        if self._is_closed():
            return
        value = mail.model_dump_json().encode()
        await self._store.append(self._realm, self._log, value, keep=_KEPT)
        if self._show_codes:
            _log.info("code for %s: %s", printable(mail.to), mail.code)

    async def mails(self, after: int = 0) -> list[tuple[int, Mail]]:
        """The mails with a number above `after`, each with its number, oldest first."""
        entries = await self._store.read(self._realm, self._log, after=after, limit=_KEPT)
        return [(entry.number, Mail.model_validate_json(entry.value)) for entry in entries]
