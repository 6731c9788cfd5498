"""A hundred thousand users in a file: how long they take to load, and what a sign-in then costs."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.load import Wrk
from benchmarks.ours import PASSWORD, Setup, fixture, vault_sign_in
from benchmarks.server import NotStarted, Server

MANY_USERS = 100_000
FEW_USERS = 10
_RUNS = 3


def _name(number: int) -> str:
    return f"user-{number:06}@example.com"


def _write(setup: Setup, users: int) -> Path:
    lines = [
        json.dumps({"username": _name(number), "password": PASSWORD, "scopes": ["a:read"]})
        for number in range(users)
    ]
    (setup.scratch / f"users-{users}.jsonl").write_text("\n".join(lines) + "\n")
    text = fixture("HS256").replace("vault:\n", f"vault:\n  users_file: users-{users}.jsonl\n")
    return setup.write(f"users-{users}", text)


def measure(figures: Figures, setup: Setup, wrk: Wrk, rounds: int) -> None:
    """Starts in ms and sign-ins a second, with many and with few in turn.

    A thousand of the many sign in one after the other, and all of the few.
    """
    files = {users: _write(setup, users) for users in (FEW_USERS, MANY_USERS)}
    calls = {
        users: [vault_sign_in(_name(n)) for n in range(0, users, max(1, users // 1_000))]
        for users in files
    }
    try:
        for number in range(rounds):
            print(f"a file of users: round {number + 1} of {rounds} ...", file=sys.stderr)
            with ExitStack() as stack:
                servers: dict[int, Server] = {}
                for users, file in files.items():
                    first = vault_sign_in(_name(users - 1))
                    servers[users] = stack.enter_context(setup.serving(file, first))
                    figures.add(f"{users} users start", servers[users].first * 1e3)
                for run in range(1 + _RUNS):
                    for users, server in servers.items():
                        load = wrk.run(server, calls[users], seconds=1)
                        if run:  # what is made at the first use was made before
                            figures.add(f"{users} users rate", load.rate, bounded=True)
                for users, server in servers.items():
                    figures.add(f"{users} users RSS", server.rss())
    except NotStarted as error:
        figures.failures.append(f"users_file: {error}")
