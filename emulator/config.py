"""What an emulator is made from, given in code or by the environment."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from emulator.core.discreet import Discreet
from emulator.core.journal import MOST_ENTRIES

Source = Path | str | Sequence[Path | str] | Mapping[str, Any] | None
"""A fixture: a file or folder, several of them, data, or None for the demo."""

_JOURNAL_MIB = 32

_OFF = ("", "0", "false", "f", "no", "n", "off")


class Config(Discreet, frozen=True, kw_only=True):
    """What an emulator is made from.

    `reasons` sends `X-Emulator-Reason` with each refusal. `dated` sends a `Date` header by the
    realm's clock: for a server that sends none of its own. `trusted_proxies` are the addresses and
    networks whose `X-Forwarded-*` is believed. `show_codes` puts one-time codes into the log.

    The control API answers at `allowed_hosts` besides localhost. `bound_to` is the address that the
    server is bound to: where that is not loopback, whoever drives the emulator sends `admin_token`,
    which is made and logged where none is given. Without `bound_to`, the address decides at which
    each call arrives. `cors_origins` are the origins whose pages may call the vendors; `*` for all.

    `ca_certificate` is what callers have to trust where the server serves HTTPS, in PEM.

    `journal_entries` is how many calls a realm's journal keeps, `journal_mib` how many MiB the
    journals and outboxes of all realms take together, in memory.
    """

    hidden = frozenset({"admin_token"})

    fixture: Source = None
    reasons: bool = True
    dated: bool = False
    trusted_proxies: Sequence[str] = ()
    show_codes: bool = False
    bound_to: str | None = None
    allowed_hosts: Sequence[str] = ()
    admin_token: str = ""
    cors_origins: Sequence[str] = ()
    ca_certificate: str | None = None
    journal_entries: int = MOST_ENTRIES
    journal_mib: int = _JOURNAL_MIB

    @classmethod
    def from_environment(cls) -> Self:
        """As AUTH_EMULATOR_FIXTURE (files and folders, as in PATH) and the others say.

        They are AUTH_EMULATOR_NO_REASONS, AUTH_EMULATOR_SHOW_CODES, AUTH_EMULATOR_ADMIN_TOKEN, and
        lists with spaces: AUTH_EMULATOR_TRUSTED_PROXY, AUTH_EMULATOR_ALLOWED_HOST,
        AUTH_EMULATOR_CORS_ORIGIN, and the numbers AUTH_EMULATOR_JOURNAL_ENTRIES and
        AUTH_EMULATOR_JOURNAL_SIZE; a ValueError says which of these is no number.
        """
        named = os.environ.get("AUTH_EMULATOR_FIXTURE", "")
        return cls(
            fixture=[path for path in named.split(os.pathsep) if path] or None,
            reasons=os.environ.get("AUTH_EMULATOR_NO_REASONS", "").lower() in _OFF,
            trusted_proxies=os.environ.get("AUTH_EMULATOR_TRUSTED_PROXY", "").split(),
            show_codes=os.environ.get("AUTH_EMULATOR_SHOW_CODES", "").lower() not in _OFF,
            allowed_hosts=os.environ.get("AUTH_EMULATOR_ALLOWED_HOST", "").split(),
            admin_token=os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", ""),
            cors_origins=os.environ.get("AUTH_EMULATOR_CORS_ORIGIN", "").split(),
            journal_entries=_number("AUTH_EMULATOR_JOURNAL_ENTRIES", MOST_ENTRIES),
            journal_mib=_number("AUTH_EMULATOR_JOURNAL_SIZE", _JOURNAL_MIB),
        )


def _number(variable: str, usual: int) -> int:
    """What a variable of the environment says; where it says nothing, the usual."""
    given = os.environ.get(variable, "").strip()
    if not given:
        return usual
    if not (given.isascii() and given.isdigit()) or int(given) < 1:
        raise ValueError(f"{variable} is {given!r}; expected a whole number from 1 on")
    return int(given)
