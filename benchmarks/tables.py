"""The tables of docs/performance.md."""

from collections.abc import Iterable, Sequence

from benchmarks.figures import Figures
from benchmarks.load import MANY
from benchmarks.many_users import FEW_USERS, MANY_USERS
from benchmarks.memory import MARKS
from benchmarks.ours import TITLES, TOKENS, VENDORS
from benchmarks.signing import ALGORITHMS
from benchmarks.targets import PEERS, Target
from benchmarks.throughput import limit


def shown(value: float | None, unit: str = "") -> str:
    """A figure as it is read: three digits that count, and its unit."""
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    between = "" if unit in ("", "%") else " "
    return f"{value:,.{digits}f}{between}{unit}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def of_targets(targets: Iterable[Target]) -> str:
    """Every target, and whether it is met."""
    verdicts = {True: "met", False: "**not met**", None: "not measured"}
    return table(
        ("what", "measured", "wanted", ""),
        (
            (
                target.what,
                shown(target.measured, target.unit),
                _wanted(target),
                verdicts[target.met],
            )
            for target in targets
        ),
    )


def _wanted(target: Target) -> str:
    if target.bound is None:
        return ""
    return f"{'at least' if target.at_least else 'at most'} {shown(target.bound, target.unit)}"


def of_tokens(figures: Figures) -> str:
    """Tokens a second of all who sign, and what limits them."""
    names = {
        f"{TITLES[vendor]}": [(f"{vendor} {alg}", alg) for alg in ALGORITHMS] for vendor in VENDORS
    }
    names |= {peer: [(f"{peer} {alg}", alg) for alg in ALGORITHMS] for peer in PEERS}
    rows = [
        [title, *(_rates(figures, name) for name, _ in cells)] for title, cells in names.items()
    ]
    for signatures in (1, 2):
        limits = [_median(limit(figures, algorithm, signatures)) for algorithm in ALGORITHMS]
        title = f"limit of one process, {signatures} token{'s' * (signatures > 1)} an answer"
        rows.append([title, *map(shown, limits)])
    bare = [shown(figures.median(f"signing {algorithm}")) for algorithm in ALGORITHMS]
    rows.append(["bare signing, one thread", *bare])
    constant = f"floor: {_rates(figures, 'floor')} answers"
    rows.append([constant, "", "", ""])
    return table(("", *ALGORITHMS), rows)


def of_cpu(figures: Figures) -> str:
    """Tokens a CPU second, and how many CPUs were busy."""
    rows = []
    for title, name in [*((TITLES[v], v) for v in VENDORS), *((p, p) for p in PEERS)]:
        row = [title]
        for algorithm in ALGORITHMS:
            load = f"{name} {algorithm} at {MANY}"
            rate, cpus = figures.median(f"{load} a CPU second"), figures.median(f"{load} CPUs")
            row.append("" if rate is None or cpus is None else f"{shown(rate)} ({cpus:.1f})")
        rows.append(row)
    return table(("", *ALGORITHMS), rows)


def of_latency(figures: Figures) -> str:
    """p50 and p99 at one connection."""
    rows = []
    for title, name in [*((TITLES[v], v) for v in VENDORS), *((p, p) for p in PEERS)]:
        row = [title]
        for algorithm in ALGORITHMS:
            p50, p99 = (figures.least(f"{name} {algorithm} at 1 p{n}") for n in (50, 99))
            row.append("" if p50 is None else f"{shown(p50)}, {shown(p99)}")
        rows.append(row)
    return table(("", *ALGORITHMS), rows)


def of_uses(figures: Figures) -> str:
    """Answers a second to those who have a token."""
    rows = []
    for kind in ("sign-in", "refresh", "resource", "introspection"):
        row = [kind]
        for vendor in VENDORS:
            name = f"{vendor} {'ES256' if kind == 'sign-in' else kind} at {MANY}"
            rate = figures.median(name)
            if rate is not None and kind == "sign-in":
                rate /= TOKENS[vendor]
            row.append(shown(rate))
        rows.append(row)
    under = figures.median(f"omniomni ES256 under uvicorn at {MANY}")
    rows.append(
        ["sign-in, under `uvicorn emulator.app:create_app --factory`", shown(under), "", ""]
    )
    return table(("", *(TITLES[vendor] for vendor in VENDORS)), rows)


def of_starts(figures: Figures) -> str:
    """Spawn to first token."""
    titles = {
        "floor": "floor: uvicorn, a constant answer",
        "ours ES256": "ES256",
        "ours RS256": "RS256",
        "ours ES256 no key": "ES256, no key in the cache",
        "ours RS256 no key": "RS256, no key in the cache",
        "oauth2-mock-server": "oauth2-mock-server, a preset ES256 key",
        "oidc-provider": "oidc-provider, preset keys",
        "moto": "moto: a pool, a user and a sign-in",
    }
    return table(
        ("", "median", "least"),
        (
            (title, *(shown(value, "ms") for value in _middle_and_least(figures, f"{name} start")))
            for name, title in titles.items()
        ),
    )


def _middle_and_least(figures: Figures, name: str) -> tuple[float | None, float | None]:
    return figures.median(name), figures.least(name)


def of_memory(figures: Figures) -> str:
    """RSS idle and loaded, and over the million."""
    rows = [
        [name, *(shown(figures.median(f"{name} RSS {when}"), "MB") for when in ("idle", "loaded"))]
        for name in (
            *(f"ours {algorithm}" for algorithm in ALGORITHMS),
            "oauth2-mock-server ES256",
            "oidc-provider ES256",
            "moto RS256",
        )
    ]
    marks = [
        (f"{mark:,} sign-ins", shown(figures.median(f"ours RSS at {mark}"), "MB")) for mark in MARKS
    ]
    loaded = table(("", "idle", "loaded"), rows)
    return f"{loaded}\n\n{table(('in 1,000 realms, after', 'RSS'), marks)}"


def of_the_rest(figures: Figures) -> str:
    """The delay, and the many users."""
    rows = [
        (
            f"the others {when}: p50, p99",
            f"{shown(figures.least(f'{when} p50'), 'ms')}, "
            f"{shown(figures.least(f'{when} p99'), 'ms')}",
        )
        for when in ("without a delay", "with a delay")
    ]
    for users in (FEW_USERS, MANY_USERS):
        start, rate = (figures.median(f"{users} users {what}") for what in ("start", "rate"))
        held = figures.median(f"{users} users RSS")
        what = f"{users:,} users: spawn to first token, sign-ins a second, RSS"
        rows.append((what, f"{shown(start, 'ms')}, {shown(rate)}, {shown(held, 'MB')}"))
    return table(("", ""), rows)


def _rates(figures: Figures, name: str) -> str:
    many, one = figures.median(f"{name} at {MANY}"), figures.median(f"{name} at 1")
    return "" if many is None else f"{shown(many)} ({shown(one)})"


def _median(values: list[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None
