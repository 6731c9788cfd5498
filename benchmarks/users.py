"""A hundred thousand users in a file: how long they take to load, and what a sign-in costs then."""

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from statistics import mean

from benchmarks import subjects
from benchmarks.figures import Bench, Figures, Promise, show, table
from benchmarks.load import load
from benchmarks.mock import PASSWORD
from benchmarks.server import Call, Server
from benchmarks.subjects import vault_sign_in

MANY, FEW = 100_000, 10
_MOST_ROUNDS = 3


def measure(bench: Bench) -> None:
    """Starts, rates and memory, with many users and with few. Raises NotStarted, LoadFailed."""
    rounds = min(bench.rounds, _MOST_ROUNDS)
    figures = bench.figures
    for number in range(rounds):
        print(f"users: round {number + 1} of {rounds} ...", file=sys.stderr)
        with _serving(bench, FEW) as few, _serving(bench, MANY) as many:
            figures.add("load users", many.start - few.start)
            rates: dict[int, list[float]] = {FEW: [], MANY: []}
            servers = {FEW: few, MANY: many}
            for users in (FEW, MANY):  # what is made at first use is made now
                load(servers[users], _sign_ins(users))
            for users in (FEW, MANY, MANY, FEW):
                rates[users].append(load(servers[users], _sign_ins(users)).rate)
            for users, server in servers.items():
                figures.add(f"{users} users rate", mean(rates[users]))
                figures.add(f"{users} users start", server.start)
                figures.add(f"{users} users RSS", server.rss())


def _name(number: int) -> str:
    return f"user-{number:06}@example.com"


def _sign_ins(users: int) -> list[Call]:
    """All of a few users, and a thousand of many."""
    return [vault_sign_in(_name(number)) for number in range(0, users, max(1, users // 1_000))]


def _serving(bench: Bench, users: int) -> AbstractContextManager[Server]:
    lines = (
        json.dumps({"username": _name(number), "password": PASSWORD, "scopes": ["a:read"]})
        for number in range(users)
    )
    (bench.scratch / f"users-{users}.jsonl").write_text("\n".join(lines) + "\n")
    fixture = subjects.fixture("HS256", vault=f"users_file: users-{users}.jsonl")
    return subjects.emulator(bench.scratch, fixture, vault_sign_in(_name(users - 1)))


def promises(figures: Figures) -> Iterator[Promise]:
    """The time to load, and the rate that is left."""
    yield Promise(f"{MANY:,} users loaded", figures.median("load users"), 3, "s")
    share = figures.ratio(f"{MANY} users rate", f"{FEW} users rate") * 100
    what = f"A sign-in's rate among {MANY:,} users beside that among {FEW}"
    yield Promise(what, share, 90, "%", at_least=True)


def tables(figures: Figures) -> str:
    """Start, rate and memory with either."""
    rows = [
        (
            f"{users:,} users",
            show(figures.median(f"{users} users start"), "s"),
            show(figures.median(f"{users} users rate")),
            show(figures.median(f"{users} users RSS"), "MB"),
        )
        for users in (FEW, MANY)
    ]
    return table(("", "spawn to first token", "sign-ins a second", "RSS"), rows)
