"""What `auth-emulator serve` can be told, and the quick reader of it.

Each option is a field of `ServeOptions` and stands nowhere else: Typer's command is made from the
fields, and so is the quick reader, for a command line and environment that are plainly good. It
leaves everything else to Typer, whose import would take a third of the time to the first token.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_origin

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


class Told(NamedTuple):
    """What there is to say of an option; `check` raises ValueError for values that it refuses."""

    help: str
    least: int | None = None
    most: int | None = None
    check: Callable[[list[str]], object] | None = None
    positional: bool = False


_FIXTURE = Told(
    "A YAML file, or a folder of them; several are merged. Without one: the demo.",
    positional=True,
)
_LOG_FORMAT = Told("How log lines are written.")
_PORT = Told("The port; 0 takes any free one.", least=0, most=65535)
_PROXY = Told("An address or network whose X-Forwarded-* is believed; may be repeated.")
_HOSTS = Told(
    "A host, besides localhost, at which the control API answers; may be repeated.",
    check=_check_hosts,
)
_ORIGINS = Told(
    "An origin whose pages may call the vendors (* for all); may be repeated.",
    check=_check_origins,
)
_ENTRIES = Told("How many calls the journal of a realm keeps.", least=1)
_SIZE = Told("How many MiB the journals and outboxes of all realms take together.", least=1)
_TLS_PORT = Told("The port of HTTPS; 0 takes any free one.", least=0, most=65535)
_TLS_HOSTS = Told(
    "A name or address that HTTPS has a certificate for, besides the vendors' hosts "
    "and localhost; may be repeated.",
    check=_check_names,
)
_CA_FILE = Told("Write the CA certificate of HTTPS there (PEM), never its key.")


class ServeOptions(NamedTuple):
    """What `auth-emulator serve` was told; a tuple holds what may be repeated."""

    fixture: Annotated[tuple[Path, ...], _FIXTURE] = ()
    host: Annotated[str, Told("The address to bind to.")] = "127.0.0.1"
    port: Annotated[int, _PORT] = 8080
    log_format: Annotated[LogFormat, _LOG_FORMAT] = LogFormat.TEXT
    no_reasons: Annotated[bool, Told("Send no X-Emulator-Reason.")] = False
    trusted_proxy: Annotated[tuple[str, ...], _PROXY] = ()
    show_codes: Annotated[bool, Told("Log one-time codes as they are mailed.")] = False
    allowed_host: Annotated[tuple[str, ...], _HOSTS] = ()
    cors_origin: Annotated[tuple[str, ...], _ORIGINS] = ()
    journal_entries: Annotated[int, _ENTRIES] = 10_000
    journal_size: Annotated[int, _SIZE] = 32
    watch: Annotated[bool, Told("Take up the fixture when it changes.")] = False
    tls: Annotated[bool, Told("Serve HTTPS too, as the vendors' own hosts.")] = False
    tls_port: Annotated[int, _TLS_PORT] = 8443
    tls_host: Annotated[tuple[str, ...], _TLS_HOSTS] = ()
    ca_file: Annotated[Path | None, _CA_FILE] = None

    def contradiction(self, by_hand: Collection[str]) -> str | None:
        """What does not go together; `by_hand` are the fields that the command line gives."""
        if not self.tls and ("tls_port" in by_hand or self.tls_host or self.ca_file):
            return "--tls-port, --tls-host and --ca-file are for --tls; give it too"
        return None


class Option(NamedTuple):
    """An option of the command, or its argument where that is told of it."""

    name: str
    kind: type[Any]
    default: Any
    repeated: bool
    told: Told

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
    for name, annotation in ServeOptions.__annotations__.items():
        of, told = get_args(annotation)
        kind, *_ = get_args(of) or (of,)
        default = ServeOptions._field_defaults[name]
        yield Option(name, kind, default, get_origin(of) is tuple, told)


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
    flags = {option.flag: option for option in known if not option.told.positional}
    argument = next(option for option in known if option.told.positional)
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
        if option.told.check is not None:
            try:
                option.told.check(values)
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
        if (option.told.least or 0) <= number <= (option.told.most or number):
            return number
    there = option.kind is Path and os.path.exists(text)  # noqa: PTH110 - raises for no name
    if option.kind is Path and (not there or os.access(text, os.R_OK)):
        return Path(text)
    if option.kind is LogFormat and text in tuple(LogFormat):
        return LogFormat(text)
    if option.kind is str:
        return text
    raise _NotPlain
