"""Tokens to order, and tokens explained, for tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack

from emulator.driving.channel import Control
from emulator.driving.durations import Duration, duration_text
from emulator.driving.errors import told_enough

__tracebackhide__ = told_enough

_PATH = "/tokens"


class Order(TypedDict, total=False):
    """What a token is to be like; what is not given is as a sign-in would make it.

    In `claims` and `headers` a None takes a member out.
    """

    use: Literal["access", "refresh"] | None
    lifetime: Duration | None
    scopes: Sequence[str] | None
    claims: Mapping[str, object] | None
    headers: Mapping[str, object] | None
    defect: str | None


@dataclass(frozen=True, slots=True)
class Minted:
    """A token, what it holds, and why the emulator itself refuses it (`note`), if it does."""

    token: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a token."""

    fault: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What a token is, and all that is wrong with it. `told` is the whole answer of the API."""

    good: bool
    summary: str
    problems: Sequence[Problem]
    vendor: str | None
    principal: str | None
    use: str | None
    signature: str
    header: Mapping[str, Any] | None
    claims: Mapping[str, Any] | None
    told: Mapping[str, Any]


class Tokens:
    """The mint of a realm."""

    def __init__(self, control: Callable[[], Control]) -> None:
        self._control = control

    def mint(self, vendor: str, subject: str, **order: Unpack[Order]) -> Minted:
        """A token of a vendor's for a principal, or for anybody, without a sign-in.

        Raises Refused, which tells what of the order cannot be.
        """
        given: dict[str, object] = {"vendor": vendor, "subject": subject, **order}
        if (lifetime := order.get("lifetime")) is not None:
            given["lifetime"] = duration_text(lifetime)
        if (scopes := order.get("scopes")) is not None:
            given["scopes"] = list(scopes)
        sent = {name: value for name, value in given.items() if value is not None}
        told = self._control().post(_PATH, sent)
        return Minted(told["token"], told["header"], told["claims"], told.get("note"))

    def inspect(self, token: str) -> Explained:
        """What a token is, by the realm's keys and clock, and everything that is wrong with it."""
        told = self._control().post(f"{_PATH}/inspect", {"token": token})
        return Explained(
            good=told["verdict"] == "good",
            summary=told["summary"],
            problems=[Problem(each["fault"], each["reason"]) for each in told["problems"]],
            vendor=told["vendor"],
            principal=told["principal"],
            use=told["use"],
            signature=told["signature"],
            header=told["header"],
            claims=told["claims"],
            told=told,
        )
