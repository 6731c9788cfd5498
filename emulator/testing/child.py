"""An emulator in a process of its own, for a test: `python -m emulator.testing.child`.

It reads settings as a line of JSON, writes as another where it listens (or why not), and ends when
its standard input does: no emulator outlives the tests that started it.
"""

import json
import os
import sys
import threading

from emulator.app import create_app
from emulator.fixture import FixtureError
from emulator.server.server import Server, address_of, listening_socket
from emulator.settings import Settings


def main() -> None:
    """Serve until standard input ends."""
    given = json.loads(sys.stdin.readline())
    try:
        host = given["host"]
        app = create_app(Settings(date_header=True, bound_to=host, **given["settings"]))
        bound = listening_socket(host, given["port"])
    except (FixtureError, OSError, ValueError) as error:
        _say({"error": str(error)})
        return
    server = Server(app, on_started=lambda: _say({"url": address_of(bound)}))

    def stop_at_the_end() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        server.should_exit = True

    threading.Thread(target=stop_at_the_end, daemon=True).start()
    server.run(sockets=[bound])


def _say(what: dict[str, str]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - its parent reads it


if __name__ == "__main__":
    main()
