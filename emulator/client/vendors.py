"""The vendors of a realm: where each is, who can sign in there, and its tokens."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Unpack

from emulator.client.channel import Control, segment
from emulator.client.errors import hide_traceback
from emulator.client.tokens import MintRequest, Tokens
from emulator.client.values import duration_text

__tracebackhide__ = hide_traceback

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or client, without its secrets.

    `members` are those that are not at their defaults; `warnings` values that are probably a
    mistake.
    """

    name: str
    status: str
    members: Mapping[str, Any]
    warnings: Sequence[str] = ()


class Principals:
    """The users, or the clients, of a vendor in a realm."""

    def __init__(self, control: Control, vendor: str, kind: Literal["users", "clients"]) -> None:
        self._control = control
        self._path = f"/{vendor}/{kind}"
        self._kind = kind

    def add(self, name: str, **members: object) -> Principal:
        """Add one, or replace the one of that name; `members` are a fixture's.

        Raises ApiError, with every mistake.
        """
        return _principal(name, self._control.put(self._one(name), _json(members)))

    def change(self, name: str, **members: object) -> Principal:
        """Change members; None resets one to its default (RFC 7396)."""
        return _principal(name, self._control.patch(self._one(name), _json(members)))

    def get(self, name: str) -> Principal:
        """One of them, without its secrets."""
        return _principal(name, self._control.get(self._one(name)))

    def remove(self, name: str) -> None:
        """Remove one; tokens issued to it, or through it, are refused from now on."""
        self._control.delete(self._one(name))

    def lock(self, name: str) -> Principal:
        """Lock one: it cannot sign in, and its tokens are refused until it is unlocked."""
        return self.change(name, status="locked")

    def disable(self, name: str) -> Principal:
        """Disable one."""
        return self.change(name, status="disabled")

    def unlock(self, name: str) -> Principal:
        """Make one active again."""
        return self.change(name, status="active")

    def all(self) -> list[Principal]:
        """All of them, sorted by name."""
        return [self.get(name) for name, _ in self._names()]

    def statuses(self) -> dict[str, str]:
        """The statuses by name, sorted; among many this is faster than `all`."""
        return dict(self._names())

    def _names(self) -> Iterator[tuple[str, str]]:
        query: dict[str, object] = {"limit": _PAGE}
        while True:
            page = self._control.get(self._path, query)
            for each in page[self._kind]:
                name = next(value for member, value in each.items() if member != "status")
                yield name, each["status"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def _one(self, name: str) -> str:
        return f"{self._path}/{segment(name)}"


class Vendor:
    """One vendor in a realm."""

    name: str
    base_path = ""
    """The path of the vendor's server, as its pages say."""

    signs_in: Literal["users", "clients"] = "users"
    """What `lock`, `disable` and `unlock` mean."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def url(self) -> str:
        """The base URL for a client of this vendor, in place of the vendor's own server."""
        return f"{self._control.url}{self.base_path}"

    @property
    def issuer_url(self) -> str:
        """Below it are the vendor's `.well-known` documents, introspection and revocation."""
        return f"{self._control.url}/_emulator/{self.name}"

    @property
    def jwks_url(self) -> str:
        """The URL of its public keys."""
        return f"{self.issuer_url}/.well-known/jwks.json"

    def token(self, subject: str, **request: Unpack[MintRequest]) -> str:
        """A token for any subject, without a sign-in; see `Tokens.mint`.

        Warns if the emulator itself refuses the token, and nothing but the subject was asked for.
        """
        minted = Tokens(self._control).mint(self.name, subject, **request)
        if minted.note is not None and not request:
            warnings.warn(minted.note, stacklevel=2)
        return minted.token

    def jwks(self) -> dict[str, Any]:
        """Its public keys (RFC 7517)."""
        return self._well_known("jwks.json")

    def metadata(self) -> dict[str, Any]:
        """Its metadata as an authorization server (RFC 8414)."""
        return self._well_known("oauth-authorization-server")

    def introspect(self, token: str) -> dict[str, Any]:
        """Introspect a token (RFC 7662): `{"active": False}` if it is invalid."""
        found: dict[str, Any] = self._control.submit(f"/{self.name}/introspect", {"token": token})
        return found

    def revoke(self, token: str) -> None:
        """Revoke a token (RFC 7009); a refresh token revokes all tokens of its sign-in."""
        self._control.submit(f"/{self.name}/revoke", {"token": token})

    def lock(self, name: str) -> Principal:
        """Lock a user (OmniOmni: a client): sign-ins and tokens are refused until `unlock`."""
        return self._principals(self.signs_in).lock(name)

    def disable(self, name: str) -> Principal:
        """Disable a user (OmniOmni: a client)."""
        return self._principals(self.signs_in).disable(name)

    def unlock(self, name: str) -> Principal:
        """Make a user (OmniOmni: a client) active again."""
        return self._principals(self.signs_in).unlock(name)

    def _well_known(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = self._control.get(f"/{self.name}/.well-known/{name}")
        return document

    def _principals(self, kind: Literal["users", "clients"]) -> Principals:
        return Principals(self._control, self.name, kind)


class _HasClients(Vendor):
    @property
    def clients(self) -> Principals:
        """Its clients: adding, changing, locking and removing them."""
        return self._principals("clients")

    def add_client(self, client_id: str, **members: object) -> Principal:
        """Add a client, or replace the one of that name; `members` are a fixture's."""
        return self.clients.add(client_id, **members)


class _HasUsers(Vendor):
    @property
    def users(self) -> Principals:
        """Its users: adding, changing, locking and removing them."""
        return self._principals("users")

    def add_user(self, name: str, password: str, **members: object) -> Principal:
        """Add a user, or replace the one of that name; `members` are a fixture's."""
        return self.users.add(name, password=password, **members)


class OmniOmni(_HasClients):
    """OmniOmni; its clients sign in."""

    name = "omniomni"
    base_path = "/ecrop-command"
    signs_in = "clients"


class NbcGate(_HasUsers):
    """NBC Gate; its users sign in."""

    name = "nbcgate"


class Vault(_HasClients, _HasUsers):
    """Vault; its users sign in, through its clients."""

    name = "vault"


def _json(members: Mapping[str, object]) -> dict[str, object]:
    """Members as JSON: durations as strings."""
    return {
        name: duration_text(value) if isinstance(value, timedelta) else value
        for name, value in members.items()
    }


def _principal(name: str, answer: Mapping[str, Any]) -> Principal:
    members = {member: value for member, value in answer.items() if member != "warnings"}
    warnings = [f"{each['path']}: {each['message']}" for each in answer.get("warnings", ())]
    return Principal(name, answer.get("status", "active"), members, warnings)
