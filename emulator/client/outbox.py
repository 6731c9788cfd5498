"""The outbox of a realm: mailed one-time codes."""

from dataclasses import dataclass, field
from datetime import datetime

from emulator.client.channel import Control
from emulator.client.errors import VerificationError, hide_traceback
from emulator.client.values import Duration, duration_text, parse_time

__tracebackhide__ = hide_traceback


@dataclass(frozen=True, slots=True)
class Mail:
    """A mailed code, with times by the realm's clock."""

    number: int
    vendor: str
    to: str
    code: str = field(repr=False)
    sent_at: datetime
    expires_at: datetime


class Outbox:
    """The mails of a realm."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def mails(self, to: str | None = None, *, wait: Duration | None = None) -> list[Mail]:
        """The mails, newest first.

        If there is none, `wait` for one, at most 60 seconds of real time.
        """
        query = {"to": to, "wait": None if wait is None else duration_text(wait)}
        return [
            Mail(
                number=mail["number"],
                vendor=mail["vendor"],
                to=mail["to"],
                code=mail["code"],
                sent_at=parse_time(mail["sent_at"]),
                expires_at=parse_time(mail["expires_at"]),
            )
            for mail in self._control.get("/outbox", query)["mails"]
        ]

    def code(self, to: str, *, wait: Duration = "5s") -> str:
        """The newest code that was mailed there; VerificationError if none comes in time."""
        mails = self.mails(to, wait=wait)
        if not mails:
            raise VerificationError(f"no code was mailed to {to} within {duration_text(wait)}")
        return mails[0].code
