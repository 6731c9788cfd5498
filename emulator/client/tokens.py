"""The tokens of a realm, minted and inspected, and the keys that sign them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

from emulator.client.channel import Control
from emulator.client.errors import hide_traceback
from emulator.client.values import Duration, duration_text

__tracebackhide__ = hide_traceback

RotationMode: TypeAlias = Literal["overlap", "no_overlap", "unknown_kid", "same_kid"]


class MintRequest(TypedDict, total=False):
    """The properties of a token; by default those of a sign-in.

    In `claims` and `headers`, None removes a member.
    """

    use: Literal["access", "refresh"] | None
    lifetime: Duration | None
    scopes: Sequence[str] | None
    claims: Mapping[str, object] | None
    headers: Mapping[str, object] | None
    defect: str | None


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A token, what it holds, and why the emulator itself refuses it (`note`), if it does."""

    token: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a token."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What a token is, and all that is wrong with it. `raw` is the API's whole response."""

    verdict: Literal["good", "refused"]
    summary: str
    problems: Sequence[Problem]
    vendor: str | None
    principal: str | None
    use: str | None
    signature: str
    header: Mapping[str, Any] | None
    claims: Mapping[str, Any] | None
    raw: Mapping[str, Any]

    @property
    def good(self) -> bool:
        """Whether the verdict is `good`."""
        return self.verdict == "good"


class Tokens:
    """Tokens of a realm, without a sign-in."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def mint(self, vendor: str, subject: str, **request: Unpack[MintRequest]) -> MintedToken:
        """A token of a vendor for any subject.

        Raises ApiError.
        """
        given: dict[str, object] = {"vendor": vendor, "subject": subject, **request}
        if (lifetime := request.get("lifetime")) is not None:
            given["lifetime"] = duration_text(lifetime)
        if (scopes := request.get("scopes")) is not None:
            given["scopes"] = list(scopes)
        sent = {name: value for name, value in given.items() if value is not None}
        answer = self._control.post("/tokens", sent)
        return MintedToken(answer["token"], answer["header"], answer["claims"], answer.get("note"))

    def inspect(self, token: str) -> TokenInfo:
        """Inspect a token with the realm's keys and clock."""
        answer = self._control.post("/tokens/inspect", {"token": token})
        same = ("verdict", "summary", "vendor", "principal", "use", "signature", "header", "claims")
        return TokenInfo(
            problems=[Problem(each["code"], each["reason"]) for each in answer["problems"]],
            raw=answer,
            **{name: answer[name] for name in same},
        )


@dataclass(frozen=True, slots=True)
class VendorKeys:
    """A vendor's algorithm, the `kid` that signs, and the keys that are published (RFC 7517)."""

    algorithm: str
    signs_with: str | None
    published: Sequence[Mapping[str, Any]]


class Keys:
    """The signing keys of a realm."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def all(self) -> dict[str, VendorKeys]:
        """The keys of each vendor, by its name."""
        return {
            vendor: VendorKeys(keys["algorithm"], keys["signs_with"], keys["published"])
            for vendor, keys in self._control.get("/keys").items()
        }

    def rotate(self, vendor: str, mode: RotationMode = "overlap") -> str:
        """Rotate a vendor's key; returns the new `kid`. Raises ApiError for a secret."""
        answer = self._control.post("/keys/rotate", {"vendor": vendor, "mode": mode})
        kid: str = answer["signs_with"]
        return kid
