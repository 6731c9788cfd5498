"""The vendors of a realm, for tests: where each is, who can sign in there, and its tokens."""

from collections.abc import Callable
from typing import Any, Unpack

from emulator.driving.channel import Control
from emulator.driving.errors import told_enough
from emulator.driving.principals import Principal, Principals
from emulator.driving.tokens import Order, Tokens

__tracebackhide__ = told_enough


class Vendor:
    """One vendor in a realm."""

    name: str
    base_path = ""
    """What the vendor documents as the path of its server."""

    def __init__(self, control: Callable[[], Control], url: Callable[[], str]) -> None:
        self._control = control
        self._url = url

    @property
    def url(self) -> str:
        """The base URL for a client of this vendor: that of the vendor's own server, replaced."""
        return f"{self._url()}{self.base_path}"

    @property
    def issuer_url(self) -> str:
        """Below it are the vendor's `.well-known` documents, introspection and revocation."""
        return f"{self._url()}/_emulator/{self.name}"

    @property
    def jwks_url(self) -> str:
        """Where its public keys are."""
        return f"{self.issuer_url}/.well-known/jwks.json"

    def token(self, subject: str, **order: Unpack[Order]) -> str:
        """A token for a principal, or anybody, without a sign-in; see `Tokens.mint` for more."""
        return Tokens(self._control).mint(self.name, subject, **order).token

    def jwks(self) -> dict[str, Any]:
        """Its public keys (RFC 7517)."""
        keys: dict[str, Any] = self._control().get(f"/{self.name}/.well-known/jwks.json")
        return keys

    def metadata(self) -> dict[str, Any]:
        """Its metadata as an authorization server (RFC 8414)."""
        path = f"/{self.name}/.well-known/oauth-authorization-server"
        metadata: dict[str, Any] = self._control().get(path)
        return metadata

    def introspect(self, token: str) -> dict[str, Any]:
        """What it says of a token (RFC 7662): `{"active": False}` of a bad one."""
        told: dict[str, Any] = self._control().submit(f"/{self.name}/introspect", {"token": token})
        return told

    def revoke(self, token: str) -> None:
        """Refuse a token from now on (RFC 7009); a refresh token takes its sign-in along."""
        self._control().submit(f"/{self.name}/revoke", {"token": token})

    def _principals(self, kind: str) -> Principals:
        return Principals(self._control, self.name, kind)


class _HasClients(Vendor):
    @property
    def clients(self) -> Principals:
        """Its clients: adding, changing, locking and removing them."""
        return self._principals("clients")

    def add_client(self, client_id: str, **members: object) -> Principal:
        """Add a client, or put it in the place of its namesake; `members` are a fixture's."""
        return self.clients.add(client_id, **members)


class _HasUsers(Vendor):
    @property
    def users(self) -> Principals:
        """Its users: adding, changing, locking and removing them."""
        return self._principals("users")

    def add_user(self, name: str, password: str, **members: object) -> Principal:
        """Add a user, or put it in the place of its namesake; `members` are a fixture's."""
        return self.users.add(name, password=password, **members)

    def lock(self, name: str) -> Principal:
        """Lock a user: sign-ins and tokens are refused until it is unlocked."""
        return self.users.lock(name)

    def disable(self, name: str) -> Principal:
        """Disable a user."""
        return self.users.disable(name)

    def unlock(self, name: str) -> Principal:
        """Let a user be active again."""
        return self.users.unlock(name)


class OmniOmni(_HasClients):
    """OmniOmni; its clients sign in."""

    name = "omniomni"
    base_path = "/ecrop-command"

    def lock(self, name: str) -> Principal:
        """Lock a client: sign-ins and tokens are refused until it is unlocked."""
        return self.clients.lock(name)

    def disable(self, name: str) -> Principal:
        """Disable a client."""
        return self.clients.disable(name)

    def unlock(self, name: str) -> Principal:
        """Let a client be active again."""
        return self.clients.unlock(name)


class NbcGate(_HasUsers):
    """NBC Gate; its users sign in."""

    name = "nbcgate"


class Vault(_HasClients, _HasUsers):
    """Vault; its users sign in, through its clients."""

    name = "vault"
