"""An emulator in a process of its own, for a test: `python -m emulator.testing.child`.

It reads its settings as a line of JSON, says as another where it listens (or why not), and ends
when its standard input does: no emulator outlives the tests that started it.
"""

import json
import os
import sys
import threading

from emulator.app import Config, create_app
from emulator.core.fixture import FixtureError
from emulator.web.server import Server, address_of, listening_socket


def main() -> None:
    """Serve until nobody is left who wants it."""
    settings = json.loads(sys.stdin.readline() or "{}")
    try:
        stage = create_app(Config(dated=True, bound_to="127.0.0.1", **settings))
    except (FixtureError, OSError, ValueError) as error:
        _say({"error": str(error)})
        return
    bound = listening_socket("127.0.0.1", 0)
    server = Server(stage, on_started=lambda: _say({"url": address_of(bound)}))

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        server.should_exit = True

    threading.Thread(target=wait, daemon=True).start()
    server.run(sockets=[bound])


def _say(what: dict[str, str]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - its parent reads it


if __name__ == "__main__":
    main()
