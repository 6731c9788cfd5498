"""`auth-emulator doctor`: why a client cannot use an emulator, and what to do about it."""

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.calls import admin_token
from emulator.cli.terminal import clean, columns, console, on_terminal, print_json, say, styled

if TYPE_CHECKING:
    from rich.table import Table

    from emulator.cli.doctor.finding import Finding, Report
    from emulator.cli.doctor.target import Target

_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


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
        float, typer.Option(help="The timeout of each check, in seconds.", min=0.1, max=600)
    ] = 5.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the findings as one JSON object.")
    ] = False,
) -> None:
    """Check a running emulator from here: what is wrong, and what to do about it.

    Run it where the client runs, as it uses the names, proxies, clock and certificates there.
    AUTH_EMULATOR_ADMIN_TOKEN is the token for the control API. Exit status 0: nothing is wrong
    (warnings do not count); 1: something is.

    Example: auth-emulator doctor http://auth-emulator:8080
    """
    from emulator.cli.doctor.target import target_of

    try:
        target = target_of(url, timeout)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'URL'") from error
    token = admin_token()
    findings: list[Finding] = []

    def report(finding: "Finding") -> None:
        findings.append(finding)
        if not as_json:
            _print(finding)

    asyncio.run(_examine(target, token, report))
    counts = Counter(finding.level.value for finding in findings)
    if as_json:
        verdict = "wrong" if counts["wrong"] else "good"
        members = [finding.members() for finding in findings]
        print_json({"url": str(target), "verdict": verdict, "findings": members}, sys.stdout)
    else:
        _print_counts(counts)
    if counts["wrong"]:
        raise typer.Exit(1)


async def _examine(target: "Target", token: str, report: "Report") -> None:
    """Report each finding at once; nothing is changed."""
    import httpx

    from emulator.cli.doctor.finding import Kind, NotReached, wrong
    from emulator.cli.doctor.reaching import proxy_finding, reach
    from emulator.cli.doctor.verifying import examine_tokens

    report(await proxy_finding(target))
    try:
        reached = await reach(target, report)
        await examine_tokens(target, reached, token, report)
    except NotReached as error:
        report(error.finding)
    except (OSError, httpx.HTTPError) as error:
        seen = f"{target} does not respond any more ({error or type(error).__name__})"
        report(wrong("server", Kind.TIMEOUT, seen, "check that it still runs, and read its log"))


def _print(finding: "Finding") -> None:
    if on_terminal(sys.stdout):
        console(sys.stdout).print(_row(finding))
    else:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        say(clean(f"{finding.level}: {finding.about}: {finding.seen}{remedy}"), sys.stdout)


def _row(finding: "Finding") -> "Table":
    table = columns()
    table.add_column(width=7)
    table.add_column(width=11)
    table.add_column()
    style = _STYLES[finding.level.value]
    table.add_row(styled(finding.level, style), styled(finding.about, "bold"), styled(finding.seen))
    if finding.remedy:
        table.add_row("", "", styled(finding.remedy, "cyan"))
    return table


def _print_counts(counts: Counter[str]) -> None:
    plurals = {"warning": "warnings"}
    text = ", ".join(
        f"{count} {level if count == 1 else plurals.get(level, level)}"
        for level in _STYLES
        if (count := counts[level])
    )
    say(text, sys.stderr, _STYLES["wrong" if counts["wrong"] else "ok"])
