"""Writing scripts: a call to a line."""

import json
from collections.abc import Mapping
from typing import Any

from records.calls import Body, Call, Header, Script

JSON: Header = ("Content-Type", "application/json")
FORM: Header = ("Content-Type", "application/x-www-form-urlencoded")

OMNIOMNI = "/omni-omni/v1/auth/client-token"
NBCGATE = "/auth/sign-in"
VAULT = "/reg/auth/token"


class Writing(Script):
    """A script that is being written; each call gives its number."""

    def call(self, method: str, target: str, *headers: Header, body: Body = "", **more: Any) -> int:
        """Any call."""
        self.calls.append(Call(method, target, headers, body, **more))
        return len(self.calls) - 1

    def get(self, target: str, *headers: Header, **more: Any) -> int:
        """A call that sends nothing."""
        return self.call("GET", target, *headers, **more)

    def send(self, method: str, target: str, value: Any, *headers: Header, **more: Any) -> int:
        """A call with a JSON body."""
        body = json.dumps(value, ensure_ascii=False)
        return self.call(method, target, JSON, *headers, body=body, **more)

    def post(self, target: str, value: Any, *headers: Header, **more: Any) -> int:
        """A POST with a JSON body."""
        return self.send("POST", target, value, *headers, **more)

    def put(self, target: str, value: Any, *headers: Header, **more: Any) -> int:
        """A PUT with a JSON body."""
        return self.send("PUT", target, value, *headers, **more)

    def form(self, target: str, body: str, *headers: Header, **more: Any) -> int:
        """A POST with a form."""
        return self.call("POST", target, FORM, *headers, body=body, **more)

    def bearer(self, target: str, token: str, method: str = "GET", scheme: str = "Bearer ") -> int:
        """A call with a token."""
        return self.call(method, target, ("Authorization", f"{scheme}{token}"))

    def clock(self, change: Mapping[str, Any], realm: str = "") -> int:
        """A change of the clock."""
        return self.put(f"{realm}/_emulator/clock", change)

    def omniomni(self, client: str = "good", realm: str = "") -> str:
        """A sign-in at OmniOmni; a reference to its token."""
        return f"<<{self.post(f'{realm}{OMNIOMNI}', {'clientId': client})}.accessToken>>"

    def nbcgate(self, email: str = "good@x", realm: str = "", **more: Any) -> int:
        """A sign-in at NBC Gate."""
        body = {"email": email, "password": "correct-horse", **more}
        return self.post(f"{realm}{NBCGATE}", body)

    def vault(self, username: str = "good@x", realm: str = "", **more: Any) -> int:
        """A sign-in at Vault."""
        return self.post(f"{realm}{VAULT}", password_grant(username, **more))

    def refresh(self, token: str, realm: str = "", **more: Any) -> int:
        """A refresh at Vault."""
        body = {"grant_type": "refresh_token", "refresh_token": token, **more}
        return self.post(f"{realm}{VAULT}", body)


def password_grant(username: str = "good@x", **more: Any) -> dict[str, Any]:
    """The body of a sign-in at Vault."""
    usual = {"grant_type": "password", "username": username, "password": "A9#bL8@z"}
    return {**usual, "client_id": "app", **more}
