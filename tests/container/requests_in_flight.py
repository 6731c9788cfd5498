"""Keep a server busy while it is told to stop, and count what it leaves unanswered.

Runs beside the emulator, with the standard library alone, against the loopback
address. It prints "in flight" when everything is under way: that is the moment to
send SIGTERM. Two kinds of requests are then in flight:

- held: head and half of the body are sent. The rest follows once the server stops
  accepting connections, so that the answer is made while it stops.
- flowing: clients that send request upon request, each on the connection it has,
  until an answer says `Connection: close`.

A request is begun once all of its head is sent on an open connection. The last line
printed is JSON: how many were begun, how many answered, and what went wrong.
"""

import http.client
import json
import socket
import sys
import threading
import time

HELD = 8
FLOWING = 4
LONGEST = 10.0  # seconds
GRACE_USED = 1.0  # at most this much of the server's 5 seconds goes by before the rest is sent

PATH = "/omni-omni/v1/auth/client-token"
BODY = b'{"clientId": "demo-client"}'


class Tally:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.begun = 0
        self.answered = 0
        self.unanswered: list[str] = []

    def begin(self) -> None:
        with self._lock:
            self.begun += 1

    def answer(self) -> None:
        with self._lock:
            self.answered += 1

    def cross(self) -> None:
        with self._lock:
            self.begun -= 1

    def lose(self, why: str) -> None:
        with self._lock:
            self.unanswered.append(why)


def connect(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
    connection.connect()
    return connection


def send_head(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", PATH)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders()


def read_answer(connection: http.client.HTTPConnection, tally: Tally, kind: str) -> bool:
    """Whether the connection may be used again."""
    try:
        answer = connection.getresponse()
    except ConnectionResetError as error:
        # A stopping server closes idle connections, which a next request may cross on its way
        # (RFC 9112 section 9.5): then nothing of it was read.
        tally.cross() if kind == "flowing" else tally.lose(f"{kind}: {error}")
        return False
    except (OSError, http.client.HTTPException) as error:
        tally.lose(f"{kind}: {type(error).__name__}: {error}")
        return False
    try:
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        tally.lose(f"{kind}: {type(error).__name__}: {error}")
        return False
    if answer.status != http.client.OK:
        tally.lose(f"{kind}: answered {answer.status}")
        return False
    tally.answer()
    return not answer.will_close


def flow(port: int, tally: Tally, deadline: float) -> None:
    connection = connect(port)
    while time.monotonic() < deadline:
        try:
            connection.request("POST", PATH, BODY, {"Content-Type": "application/json"})
        except OSError:
            return  # the server closed before anything was sent: nothing was begun
        tally.begin()
        if not read_answer(connection, tally, "flowing"):
            return


def wait_until_none_is_accepted(port: int, longest: float) -> None:
    deadline = time.monotonic() + longest
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.02)


def main() -> None:
    port = int(sys.argv[1])
    tally = Tally()
    deadline = time.monotonic() + LONGEST
    held = [connect(port) for _ in range(HELD)]
    for connection in held:
        send_head(connection)
        connection.send(BODY[:10])
        tally.begin()
    flows = [threading.Thread(target=flow, args=(port, tally, deadline)) for _ in range(FLOWING)]
    for thread in flows:
        thread.start()
    time.sleep(0.5)  # the server has read every head by now
    print("in flight", flush=True)  # noqa: T201
    wait_until_none_is_accepted(port, GRACE_USED)
    for connection in held:
        connection.send(BODY[10:])
        read_answer(connection, tally, "held")
    for thread in flows:
        thread.join()
    counted = {"begun": tally.begun, "answered": tally.answered, "unanswered": tally.unanswered}
    print(json.dumps(counted))  # noqa: T201


if __name__ == "__main__":
    main()
