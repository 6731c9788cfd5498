"""Calls: what a server is asked, once to see that it answers and then under load."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Call:
    """A request that can be repeated."""

    path: str
    body: str = ""
    content_type: str = JSON
    method: str = "POST"
    authorization: str = ""
    target: str = ""
    """What AWS names the operation by."""

    def headers(self) -> dict[str, str]:
        """Its headers, without those that the connection sets."""
        headers = {"Content-Type": self.content_type} if self.body else {}
        if self.authorization:
            headers["Authorization"] = self.authorization
        if self.target:
            headers["X-Amz-Target"] = self.target
        return headers

    def answer(self, port: int, timeout: float = 30) -> str:
        """Ask once on loopback. Raises ValueError for what is no success, OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            connection.request(self.method, self.path, self.body.encode() or None, self.headers())
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        if response.status not in range(200, 300):
            raise ValueError(f"{self.method} {self.path}: {response.status} {body[:200]}")
        return body

    def json(self, port: int) -> Any:
        """The answer, where it is JSON."""
        return json.loads(self.answer(port))


def posting(path: str, **members: object) -> Call:
    """A call with a JSON body."""
    return Call(path, json.dumps(members))


def form(path: str, **fields: str) -> Call:
    """A call with a form."""
    return Call(path, urlencode(fields), FORM)
