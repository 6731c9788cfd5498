"""Settings, given in code or by the environment (`AUTH_EMULATOR_*`)."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from emulator.addresses import TrustedProxies, allowed_host, cors_origin

FixtureSource: TypeAlias = (
    Path | str | Mapping[str, Any] | Sequence[Path | str | Mapping[str, Any]] | None
)
"""A fixture: a file, a folder, a shipped one's name, data, or several; None for the demo."""

JOURNAL_ENTRIES = 10_000
"""How many calls the journal of a realm keeps unless the server is configured otherwise."""

JOURNAL_MIB = 32


def _words(value: object) -> object:
    return value.split() if isinstance(value, str) else value


def _network(value: str) -> str:
    try:
        TrustedProxies([value])
    except ValueError as error:
        raise ValueError(f"{error}; give an address or a network") from error
    return value


Networks: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_words)
]
Hosts: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(allowed_host)], ...], NoDecode, BeforeValidator(_words)
]
Origins: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(cors_origin)], ...], NoDecode, BeforeValidator(_words)
]


class Settings(BaseModel):
    """The settings of an emulator.

    `no_reasons` leaves `X-Emulator-Reason` out of refusals. `date_header` sends `Date` by the
    realm's clock, for a server that sends none. `trusted_proxy` lists the addresses and networks
    whose `X-Forwarded-*` is trusted. `show_codes` writes one-time codes to the log.

    The control API allows the hosts of `allowed_host` and localhost. `bound_to` is the
    address that the server is bound to: if it is not loopback, control calls need `admin_token`,
    which is made and logged if none is given. Without `bound_to`, the address at which a call
    arrives decides. `cors_origin` lists the origins whose pages may call the vendors; `*` for all.

    `ca_certificate` is the PEM that clients have to trust if the server serves HTTPS.

    `journal_entries` is how many calls the journal of a realm keeps, `journal_size` how many MiB
    the journals and outboxes of all realms take together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fixture: Annotated[Any, NoDecode] = None
    no_reasons: bool = False
    date_header: bool = False
    trusted_proxy: Networks = ()
    show_codes: bool = False
    bound_to: str | None = None
    allowed_host: Hosts = ()
    admin_token: SecretStr = SecretStr("")
    cors_origin: Origins = ()
    ca_certificate: str | None = None
    journal_entries: Annotated[int, Field(ge=1)] = JOURNAL_ENTRIES
    journal_size: Annotated[int, Field(ge=1)] = JOURNAL_MIB

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of the environment. Raises ValueError, which names the variable.

        `AUTH_EMULATOR_FIXTURE` holds files and folders, separated as in PATH; other lists are
        separated by spaces. A variable that is empty counts as unset.
        """
        try:
            given = _Environment().model_dump(exclude_unset=True)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            variable = f"AUTH_EMULATOR_{first['loc'][0]}".upper()
            why = first["msg"].removeprefix("Value error, ")
            raise ValueError(f"{variable}: {why}") from error
        if isinstance(given.get("fixture"), str):
            given["fixture"] = [path for path in given["fixture"].split(os.pathsep) if path] or None
        return cls(**given)


class _Environment(BaseSettings, Settings):
    """The same, read from the environment."""

    model_config = SettingsConfigDict(
        env_prefix="AUTH_EMULATOR_", env_ignore_empty=True, extra="ignore"
    )
