"""The outbox of a realm: what a vendor would have mailed, for tests to read."""

import logging

from msgspec.json import decode, encode

from emulator.core.discreet import Discreet
from emulator.core.life import Life
from emulator.core.outcomes import printable
from emulator.core.store import Store

_KEPT = 1000
"""How many mails a realm keeps; the oldest go first."""

_log = logging.getLogger("emulator")


class Mail(Discreet, frozen=True):
    """A mailed code. Times are ISO 8601, by the realm's clock."""

    hidden = frozenset({"code"})

    vendor: str
    to: str
    code: str
    sent_at: str
    expires_at: str


class Outbox:
    """The mails of one realm."""

    def __init__(
        self, store: Store, realm: str, log: str, life: Life, *, show_codes: bool = False
    ) -> None:
        """`log` is its name in the store; with `show_codes` each mail also makes a log line.

        Nothing is laid into it once the `life` of its realm is over.
        """
        self._life = life
        self._store = store
        self._realm = realm
        self._name = log
        self._show_codes = show_codes

    async def put(self, mail: Mail) -> None:
        """Lay a mail into the outbox."""
        if self._life.over:
            return  # what its realm stored was forgotten, and nothing is to be stored again
        await self._store.append(self._realm, self._name, encode(mail), keep=_KEPT)
        if self._show_codes:
            _log.info("code for %s: %s", printable(mail.to), mail.code)

    async def mails(self, after: int = 0) -> list[tuple[int, Mail]]:
        """The mails with a number above `after`, each with its number, oldest first."""
        entries = await self._store.read(self._realm, self._name, after=after, limit=_KEPT)
        return [(entry.number, decode(entry.value, type=Mail)) for entry in entries]
