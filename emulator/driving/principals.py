"""The users and clients of a realm's vendors, for tests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from emulator.driving.channel import Control, segment
from emulator.driving.durations import duration_text
from emulator.driving.errors import told_enough

__tracebackhide__ = told_enough

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or client as it is told: never with its secrets.

    `members` are those that are not at their defaults; `warnings` what is odd about it.
    """

    name: str
    status: str
    members: Mapping[str, Any]
    warnings: Sequence[str] = ()


class Principals:
    """The users, or the clients, of a vendor in a realm."""

    def __init__(self, control: Callable[[], Control], vendor: str, kind: str) -> None:
        """`kind` is `users` or `clients`."""
        self._control = control
        self._path = f"/{vendor}/{kind}"
        self._kind = kind

    def add(self, name: str, **members: object) -> Principal:
        """Add one, or put it in the place of its namesake; `members` are a fixture's.

        Raises Refused, with every mistake.
        """
        return _principal(name, self._control().put(self._one(name), _sent(members)))

    def change(self, name: str, **members: object) -> Principal:
        """Change the members that are given; None takes one back to its default (RFC 7396)."""
        return _principal(name, self._control().patch(self._one(name), _sent(members)))

    def get(self, name: str) -> Principal:
        """One of them, without its secrets."""
        return _principal(name, self._control().get(self._one(name)))

    def remove(self, name: str) -> None:
        """Remove one; what was issued to it, or through it, is refused from now on."""
        self._control().delete(self._one(name))

    def lock(self, name: str) -> Principal:
        """Let one be locked: it cannot sign in, and its tokens are refused until it is unlocked."""
        return self.change(name, status="locked")

    def disable(self, name: str) -> Principal:
        """Let one be disabled."""
        return self.change(name, status="disabled")

    def unlock(self, name: str) -> Principal:
        """Let one be active again."""
        return self.change(name, status="active")

    def statuses(self) -> dict[str, str]:
        """The names of all of them, in the order of their characters, and their statuses."""
        return dict(self._every())

    def _every(self) -> Iterator[tuple[str, str]]:
        query: dict[str, object] = {"limit": _PAGE}
        while True:
            page = self._control().get(self._path, query)
            for told in page[self._kind]:
                name = next(value for member, value in told.items() if member != "status")
                yield name, told["status"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def _one(self, name: str) -> str:
        return f"{self._path}/{segment(name)}"


def _sent(members: Mapping[str, object]) -> dict[str, object]:
    """Members as JSON has them: what is a duration is written as one."""
    return {
        name: duration_text(value) if isinstance(value, timedelta) else value
        for name, value in members.items()
    }


def _principal(name: str, told: Mapping[str, Any]) -> Principal:
    members = {member: value for member, value in told.items() if member != "warnings"}
    odd = [f"{each['path']}: {each['message']}" for each in told.get("warnings", ())]
    return Principal(name, told.get("status", "active"), members, odd)
