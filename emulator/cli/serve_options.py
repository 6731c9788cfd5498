"""What `auth-emulator serve` can be told, and the quick reader of it.

Each option is a field of `ServeOptions` and stands nowhere else: Typer's command is made from the
fields, and so is the quick reader, for a command line and environment that are plainly good. It
leaves everything else to Typer, whose import would take a third of the time to the first token.
"""

import dataclasses
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

_NUMBER = re.compile(r"[0-9]{1,9}")
_YES = frozenset({"1", "true", "t", "yes", "y", "on"})
_NO = frozenset({"0", "false", "f", "no", "n", "off"})


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


def _check_hosts(hosts: list[str]) -> None:
    from emulator.web.door import Door

    Door(allowed_hosts=hosts)


def _check_origins(origins: list[str]) -> None:
    from emulator.web.cors import Cors

    Cors(origins)


def _check_names(names: list[str]) -> None:
    from emulator.web.tls import check_names

    check_names(names)


def _told(default: Any, help_text: str, **more: Any) -> Any:
    """A field; `least`, `most` and `check` (of all values; raises ValueError) hold its values."""
    return dataclasses.field(default=default, metadata={"help": help_text, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What `auth-emulator serve` was told; a tuple holds what may be repeated."""

    fixture: tuple[Path, ...] = _told(
        (),
        "A YAML file, or a folder of them; several are merged. Without one: the demo.",
        positional=True,
    )
    host: str = _told("127.0.0.1", "The address to bind to.")
    port: int = _told(8080, "The port; 0 takes any free one.", least=0, most=65535)
    log_format: LogFormat = _told(LogFormat.TEXT, "How log lines are written.")  # noqa: RUF009 - a field
    no_reasons: bool = _told(False, "Send no X-Emulator-Reason.")
    trusted_proxy: tuple[str, ...] = _told(
        (), "An address or network whose X-Forwarded-* is believed; may be repeated."
    )
    show_codes: bool = _told(False, "Log one-time codes as they are mailed.")
    allowed_host: tuple[str, ...] = _told(
        (),
        "A host, besides localhost, at which the control API answers; may be repeated.",
        check=_check_hosts,
    )
    cors_origin: tuple[str, ...] = _told(
        (),
        "An origin whose pages may call the vendors (* for all); may be repeated.",
        check=_check_origins,
    )
    journal_entries: int = _told(10_000, "How many calls the journal of a realm keeps.", least=1)
    journal_size: int = _told(32, "How many MiB the journals of all realms take together.", least=1)
    watch: bool = _told(False, "Take up the fixture when it changes.")
    tls: bool = _told(False, "Serve HTTPS too, as the vendors' own hosts.")
    tls_port: int = _told(8443, "The port of HTTPS; 0 takes any free one.", least=0, most=65535)
    tls_host: tuple[str, ...] = _told(
        (),
        "A name or address that HTTPS has a certificate for, besides the vendors' hosts "
        "and localhost; may be repeated.",
        check=_check_names,
    )
    ca_file: Path | None = _told(  # noqa: RUF009 - a field
        None, "Write the CA certificate of HTTPS there (PEM), never its key."
    )

    def contradiction(self, by_hand: Collection[str]) -> str | None:
        """What does not go together; `by_hand` are the fields that the command line gives."""
        if not self.tls and ("tls_port" in by_hand or self.tls_host or self.ca_file):
            return "--tls-port, --tls-host and --ca-file are for --tls; give it too"
        return None


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the command, or its argument where it is `positional`."""

    name: str
    kind: type[Any]
    default: Any
    help: str
    repeated: bool
    positional: bool = False
    least: int | None = None
    most: int | None = None
    check: Callable[[list[str]], object] | None = None

    @property
    def flag(self) -> str:
        """What names it on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """What names it in the environment."""
        return f"AUTH_EMULATOR_{self.name.upper()}"


def options() -> Iterator[Option]:
    """Everything that the command can be told."""
    for field in dataclasses.fields(ServeOptions):
        kind, *_ = get_args(field.type) or (field.type,)
        repeated = get_origin(field.type) is tuple
        yield Option(field.name, kind, field.default, repeated=repeated, **field.metadata)


class _NotPlain(Exception):
    """Something for Typer: wrong usage, a wish for help, or a spelling that is only its own."""


def read_quickly(arguments: Sequence[str], environment: Mapping[str, str]) -> ServeOptions | None:
    """What is told after `auth-emulator serve`; None where that is not plainly good."""
    if os.name == "nt":  # where Typer expands patterns such as *.yaml, as no shell does
        return None
    known = {option.name: option for option in options()}
    try:
        by_hand = _by_hand(arguments, known.values())
        texts = {**_by_environment(environment, known.values()), **by_hand}
        told = ServeOptions(**{name: _value(known[name], texts[name]) for name in texts})
    except _NotPlain:
        return None
    return None if told.contradiction(by_hand) else told


def _by_hand(arguments: Sequence[str], known: Collection[Option]) -> dict[str, list[str]]:
    flags = {option.flag: option for option in known if not option.positional}
    argument = next(option for option in known if option.positional)
    told: dict[str, list[str]] = {}
    rest = iter(arguments)
    for text in rest:
        option, value = argument, text
        if text.startswith("-"):
            flag, equals, value = text.partition("=")
            if flag not in flags:
                raise _NotPlain
            option = flags[flag]
            if option.kind is bool:
                value = "" if equals else "true"
            elif not equals:
                value = next(rest, "")
        told.setdefault(option.name, []).append(value)
    return told


def _by_environment(
    environment: Mapping[str, str], known: Collection[Option]
) -> dict[str, list[str]]:
    told = {}
    for option in known:
        text = environment.get(option.variable)
        if text:
            separator = os.pathsep if option.kind is Path else None
            told[option.name] = text.split(separator) if option.repeated else [text]
    return told


def _value(option: Option, texts: list[str]) -> Any:
    values = [_one(option, text) for text in texts]
    if option.repeated and values:
        if option.check is not None:
            try:
                option.check(values)
            except ValueError:
                raise _NotPlain from None
        return tuple(values)
    if len(values) != 1:
        raise _NotPlain
    return values[0]


def _one(option: Option, text: str) -> Any:
    if not text or text.startswith("-"):
        raise _NotPlain
    if option.kind is bool and text.lower() in _YES | _NO:
        return text.lower() in _YES
    if option.kind is int and _NUMBER.fullmatch(text):
        number = int(text)
        if (option.least or 0) <= number <= (option.most or number):
            return number
    if option.kind is Path and (not Path(text).exists() or os.access(text, os.R_OK)):
        return Path(text)
    if option.kind is LogFormat and text in tuple(LogFormat):
        return LogFormat(text)
    if option.kind is str:
        return text
    raise _NotPlain
