"""The emulator under test: its fixture, its command, and the calls of its three vendors."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calls import JSON, Call, form, posting
from benchmarks.server import Server, running

COMMAND = Path(sys.executable).with_name("auth-emulator")
VENDORS = ("omniomni", "nbcgate", "vault")
TITLES = {"omniomni": "OmniOmni", "nbcgate": "NBC Gate", "vault": "Vault"}

TOKENS = {"omniomni": 1, "nbcgate": 1, "vault": 2}
"""Tokens, and so signatures, in the answer to a sign-in."""

PASSWORD = "A9#bL8@z"  # noqa: S105 - of made-up users
_CLIENT = "haequi3Aah8lie2r"

SIGN_IN = {
    "omniomni": posting("/omni-omni/v1/auth/client-token", clientId="demo-client"),
    "nbcgate": posting("/auth/sign-in", email="alice@example.com", password=PASSWORD),
    "vault": posting(
        "/reg/auth/token",
        grant_type="password",
        client_id=_CLIENT,
        username="alice@example.com",
        password=PASSWORD,
    ),
}

RESOURCES = {"omniomni": "/offers", "nbcgate": "/balance", "vault": "/accounts"}


def fixture(algorithm: str, more: str = "") -> str:
    """A fixture whose vendors all sign so, with a protected path each.

    Vault's refresh is as by default, except that the same refresh token may be sent again.
    """
    secret = ", secret: a-secret-for-the-benchmark-of-32-bytes" if algorithm[:2] == "HS" else ""
    token = f"{{algorithm: {algorithm}{secret}}}"
    paths = [
        f'  - {{vendor: {vendor}, path: {path}, scopes: ["a:read"], respond: {{body: {{}}}}}}\n'
        for vendor, path in RESOURCES.items()
    ]
    return f"""\
omniomni:
  token: {token}
  clients:
    - {{client_id: demo-client, scopes: ["a:read"]}}
nbcgate:
  token: {token}
  users:
    - {{email: alice@example.com, password: "{PASSWORD}", scopes: ["a:read"]}}
vault:
  token: {token}
  refresh: {{rotate: true, reuse: allow}}
  clients: [{{client_id: {_CLIENT}}}]
  users:
    - {{username: alice@example.com, password: "{PASSWORD}", scopes: ["a:read"]}}
    - {{username: slow@example.com, password: "{PASSWORD}", scopes: ["a:read"]}}
resources:
{"".join(paths)}{more}"""


def vault_sign_in(username: str) -> Call:
    """A sign-in at Vault of somebody else."""
    return posting(
        "/reg/auth/token",
        grant_type="password",
        client_id=_CLIENT,
        username=username,
        password=PASSWORD,
    )


@dataclass(frozen=True)
class Setup:
    """Where the emulator's files lie: fixtures, and the keys that it made."""

    scratch: Path

    @property
    def keys(self) -> Path:
        """The cache folder, warm after the first start."""
        return self.scratch / "keys"

    def write(self, name: str, text: str) -> Path:
        """A fixture's file."""
        file = self.scratch / f"{name}.yaml"
        file.write_text(text)
        return file

    def environment(self, keys: Path | None = None) -> dict[str, str]:
        """With this cache folder, or the warm one."""
        return {"AUTH_EMULATOR_CACHE_DIR": str(keys or self.keys)}

    @contextmanager
    def serving(
        self, fixture: Path, first: Call = SIGN_IN["omniomni"], keys: Path | None = None
    ) -> Iterator[Server]:
        """The command, from its spawn to its first token."""
        command: list[str | Path] = [COMMAND, "serve", fixture, "--port", "PORT"]
        with running(command, first, environment=self.environment(keys)) as server:
            yield server

    @contextmanager
    def under_uvicorn(self, fixture: Path) -> Iterator[Server]:
        """The same application under a server that is not its own."""
        command = [
            sys.executable, "-m", "uvicorn", "emulator.app:create_app", "--factory", "--port",
            "PORT", "--no-access-log", "--log-level", "warning",
        ]  # fmt: skip
        environment = self.environment() | {"AUTH_EMULATOR_FIXTURE": str(fixture)}
        with running(command, SIGN_IN["omniomni"], environment=environment) as server:
            yield server


def signed_in(server: Server, vendor: str) -> Mapping[str, str]:
    """The access token and, of Vault, the refresh token of a sign-in."""
    answer = SIGN_IN[vendor].json(server.port)
    if isinstance(answer, str):
        return {"access": answer}
    access = answer.get("accessToken") or answer["access_token"]
    return {"access": access, "refresh": answer.get("refresh_token", "")}


def using_tokens(server: Server) -> dict[str, tuple[str, Call]]:
    """What is done with tokens: by its name the vendor, and a call that can be repeated."""
    found: dict[str, tuple[str, Call]] = {}
    for vendor in VENDORS:
        tokens = signed_in(server, vendor)
        bearer = f"Bearer {tokens['access']}"
        resource = Call(RESOURCES[vendor], method="GET", authorization=bearer)
        introspect = form(f"/_emulator/{vendor}/introspect", token=tokens["access"])
        found[f"{vendor} resource"] = (vendor, resource)
        found[f"{vendor} introspection"] = (vendor, introspect)
        if vendor == "vault":
            refresh = posting(
                "/reg/auth/token", grant_type="refresh_token", refresh_token=tokens["refresh"]
            )
            found["vault refresh"] = (vendor, refresh)
    return found


def realm_sign_in(realm: str) -> Call:
    """A sign-in at OmniOmni in a realm."""
    sign_in = SIGN_IN["omniomni"]
    return Call(f"/realms/{realm}{sign_in.path}", sign_in.body, JSON)
