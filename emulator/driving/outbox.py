"""The outbox of a realm, for tests: the codes that a vendor would have mailed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from emulator.driving.channel import Control
from emulator.driving.durations import Duration, duration_text, instant_in
from emulator.driving.errors import NotAsExpected, told_enough

__tracebackhide__ = told_enough

_PATH = "/outbox"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mailed code; its times are those of the realm's clock."""

    number: int
    vendor: str
    to: str
    code: str = field(repr=False)
    sent_at: datetime
    expires_at: datetime


class Outbox:
    """What a realm has mailed."""

    def __init__(self, control: Callable[[], Control]) -> None:
        self._control = control

    def mails(self, to: str | None = None, *, wait: Duration | None = None) -> list[Mail]:
        """The mails, newest first.

        Where there is none, it waits for the first, in real time, for 60 seconds at the most.
        """
        asked = {"to": to, "wait": None if wait is None else duration_text(wait)}
        return [
            Mail(
                number=told["number"],
                vendor=told["vendor"],
                to=told["to"],
                code=told["code"],
                sent_at=instant_in(told["sent_at"]),
                expires_at=instant_in(told["expires_at"]),
            )
            for told in self._control().get(_PATH, asked)["mails"]
        ]

    def code(self, to: str, *, wait: Duration = "5s") -> str:
        """The newest code that was mailed to somebody; NotAsExpected where none comes in time."""
        mails = self.mails(to, wait=wait)
        if not mails:
            raise NotAsExpected(f"no code was mailed to {to} within {duration_text(wait)}")
        return mails[0].code
