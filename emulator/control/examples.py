"""What each control call reads, with examples that work as they stand: for its OpenAPI."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from emulator.control.calls import Filters
from emulator.control.clock import ClockChange
from emulator.control.journal import Expectation, Reading
from emulator.control.keys import RotateRequest
from emulator.control.minting import InspectRequest, MintRequest
from emulator.control.realms import NewRealm
from emulator.core.fixture.faults import FaultModel
from emulator.core.fixture.sections import SectionModel
from emulator.core.realm import Realm
from emulator.web.documentation import Schema

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

NEW = "eve@example.com"
"""The principal that examples add, change and remove."""

_PASSWORD = "E5#fG6$hI7"  # noqa: S105 - of a principal that is not there yet
_UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJldmUifQ."
_TOKEN: Schema = {
    "type": "object",
    "properties": {"token": {"type": "string"}},
    "required": ["token"],
}
_INVALID = ("invalid_request",)


class Call(Struct, frozen=True):
    """What a call reads. `outcomes` are those that it can end in beside its success.

    `in_the_path` is the member of its body that the path gives, so that the body need not.
    """

    body: type | Schema | None = None
    examples: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    outcomes: Sequence[str] = ()
    optional: bool = False
    in_the_path: str = ""
    media_type: str = JSON


def calls(
    realm: Realm, sections: Iterable[type[SectionModel]], fault: type[FaultModel]
) -> dict[str, Call]:
    """What the calls read, by `METHOD path` where they differ by path, else by operation.

    The examples name principals of `realm`; `fault` is a fixture's fault.
    """
    return {
        **_of_realms(),
        **_of_faults(fault),
        **_of_the_journal(),
        **_of_tokens(realm),
        "set_clock": Call(
            ClockChange,
            {
                "a day ahead": {"advance": "25h"},
                "stand still": {"now": "2031-01-01T00:00:00Z", "frozen": True},
                "run again": {"frozen": False},
            },
            outcomes=_INVALID,
        ),
        "ca": Call(outcomes=("no_https",)),
        "outbox": Call(query={"to": None, "wait": "1s"}, outcomes=_INVALID),
        **{
            f"{method} /{section.vendor}/{kind}/{{name}}": call
            for section in sections
            for kind in section.named_by
            for method, call in _of_a_principal(section, kind)
        },
        **{
            f"GET /{section.vendor}/{kind}": Call(
                query={"after": None, "limit": "10"}, outcomes=_INVALID
            )
            for section in sections
            for kind in section.named_by
        },
    }


def _of_realms() -> dict[str, Call]:
    return {
        "make_realm": Call(
            NewRealm,
            {
                "for ten minutes": {"ttl": "10m"},
                "like another": {"from": "default"},
                "of a fixture": {"fixture": {"clock": "2031-01-01T00:00:00Z"}},
            },
            outcomes=("told", *_INVALID, "realm_unknown", "realm_kept", "too_many"),
            optional=True,
        ),
        "realm": Call(outcomes=("realm_unknown",)),
        "remove_realm": Call(outcomes=("realm_unknown", "realm_kept")),
    }


def _of_faults(model: type[FaultModel]) -> dict[str, Call]:
    examples = {
        "an outage": {"operation": "sign_in", "times": 3, "outcome": "server_error"},
        "a slow user": {"principal": NEW, "delay": "2s"},
        "a lost answer": {
            "vendor": "vault",
            "operation": "refresh",
            "phase": "after",
            "connection": "reset",
            "times": 1,
        },
        "a bad token": {
            "vendor": "omniomni",
            "operation": "sign_in",
            "token": {"defect": "wrong_key"},
            "times": 1,
        },
    }
    return {
        "add_fault": Call(model, examples, outcomes=(*_INVALID, "too_many")),
        "fault": Call(outcomes=("not_found",)),
        "remove_fault": Call(outcomes=("not_found",)),
    }


def _of_the_journal() -> dict[str, Call]:
    where = {"vendor": "vault", "operation": "sign_in"}
    expected = {"where": where, "count": {"at_most": 1000}, "within": "1s"}
    reading: dict[str, Any] = dict.fromkeys(Reading.members)
    return {
        "journal": Call(query=reading | {"limit": "10"}, outcomes=_INVALID),
        "verify_journal": Call(
            Expectation,
            {"sign-ins at Vault": expected},
            outcomes=(*_INVALID, "not_verified"),
        ),
        "watch_journal": Call(
            query=dict.fromkeys(Filters.members), outcomes=(*_INVALID, "too_many")
        ),
    }


def _of_tokens(realm: Realm) -> dict[str, Call]:
    holder = next((one.name for one in realm.sections["vault"].holders), NEW)
    with_keys = next(
        (
            vendor
            for vendor, section in realm.sections.items()
            if not section.issuer.keyring.algorithm.symmetric
        ),
        "vault",
    )
    token = {"a token of nobody's": {"token": _UNSIGNED}}
    return {
        "mint": Call(
            MintRequest,
            {
                "a good one": {"vendor": "vault", "subject": holder},
                "an expired one": {"vendor": "vault", "subject": holder, "defect": "expired"},
            },
            outcomes=_INVALID,
        ),
        "inspect": Call(InspectRequest, token, outcomes=_INVALID),
        "rotate_keys": Call(
            RotateRequest,
            {"with overlap": {"vendor": with_keys, "mode": "overlap"}},
            outcomes=_INVALID,
        ),
        "introspect": Call(_TOKEN, token, outcomes=(*_INVALID, "token_inactive"), media_type=FORM),
        "revoke": Call(
            _TOKEN, token, outcomes=(*_INVALID, "nothing_revoked", "store_full"), media_type=FORM
        ),
    }


def _of_a_principal(section: type[SectionModel], kind: str) -> list[tuple[str, Call]]:
    model = section.principal_model(kind)
    known: dict[str, Any] = {"password": _PASSWORD, "scopes": ["offers:read"], "status": "active"}
    whole = {name: value for name, value in known.items() if name in model.members}
    change = {"type": "object", "description": "Members to change; null takes one back."}
    return [
        ("GET", Call(outcomes=(*_INVALID, "not_found"))),
        (
            "PUT",
            Call(
                model,
                {"a new one": whole},
                outcomes=("made", *_INVALID, "too_many"),
                in_the_path=section.named_by[kind],
            ),
        ),
        (
            "PATCH",
            Call(
                change,
                {"lock": {"status": "locked"}, "unlock": {"status": "active"}},
                outcomes=(*_INVALID, "not_found", "too_many"),
            ),
        ),
        ("DELETE", Call(outcomes=("not_found", "too_many"))),
    ]
