"""`auth-emulator doctor`: what keeps a client from an emulator, and what to do about it."""

import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.asking import admin_token
from emulator.cli.terminal import clean, columns, console, on_terminal, print_json, say, styled

if TYPE_CHECKING:
    from rich.table import Table

    from emulator.cli.doctor.finding import Finding

_LOOKS = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


def doctor(
    url: Annotated[
        str,
        typer.Argument(
            help="The base URL that a client is given; one of a realm too.",
            envvar="AUTH_EMULATOR_URL",
        ),
    ] = "http://127.0.0.1:8080",
    *,
    timeout: Annotated[
        float, typer.Option(help="How long each look may take, in seconds.", min=0.1, max=600)
    ] = 5.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the findings as one JSON object.")
    ] = False,
) -> None:
    """Look from here at a running emulator, and say what is wrong and what to do about it.

    Run it where the client runs: names, proxies, clocks and trusted certificates are those there.
    AUTH_EMULATOR_ADMIN_TOKEN opens the control API. Exit status 0: nothing is wrong (warnings do
    not count); 1: something is.

    Example: auth-emulator doctor http://auth-emulator:8080
    """
    from emulator.app import VENDORS
    from emulator.cli.doctor.examination import examined
    from emulator.cli.doctor.place import Place

    try:
        place = Place.of(url, timeout)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'URL'") from error
    found = examined(place, [api.name for api, _ in VENDORS], admin_token())
    counts = _told_as_json(place.url, found) if as_json else _told(found)
    if counts["wrong"]:
        raise typer.Exit(1)


def _told_as_json(url: str, found: "Iterable[Finding]") -> Counter[str]:
    findings = list(found)
    counts = Counter(finding.level.value for finding in findings)
    verdict = "wrong" if counts["wrong"] else "good"
    told = {"url": url, "verdict": verdict, "findings": [each.members() for each in findings]}
    print_json(told, sys.stdout)
    return counts


def _told(found: "Iterable[Finding]") -> Counter[str]:
    """Each finding as it comes; what they come to is for people alone."""
    counts: Counter[str] = Counter()
    for finding in found:
        counts[finding.level.value] += 1
        if on_terminal(sys.stdout):
            console(sys.stdout).print(_row(finding))
        else:
            remedy = f"; {finding.remedy}" if finding.remedy else ""
            said = clean(f"{finding.level}: {finding.about}: {finding.seen}{remedy}")
            say(said, sys.stdout)
    plural = {"warning": "warnings"}
    said = ", ".join(
        f"{count} {level if count == 1 else plural.get(level, level)}"
        for level in _LOOKS
        if (count := counts[level])
    )
    say(said, sys.stderr, _LOOKS["wrong" if counts["wrong"] else "ok"])
    return counts


def _row(finding: "Finding") -> "Table":
    table = columns()
    table.add_column(width=7)
    table.add_column(width=11)
    table.add_column()
    style = _LOOKS[finding.level.value]
    table.add_row(styled(finding.level, style), styled(finding.about, "bold"), styled(finding.seen))
    if finding.remedy:
        table.add_row("", "", styled(finding.remedy, "cyan"))
    return table
