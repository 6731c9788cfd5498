"""What is measured: the emulator, the hand-made mock, and oidc-provider as a peer."""

import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.mock import PASSWORD
from benchmarks.server import Call, Server, post_form, post_json, running

PYTHON = Path(sys.executable)
ALGORITHMS = ("RS256", "ES256", "HS256")
PEER_ALGORITHMS = ("RS256", "ES256")
VENDORS = {"omniomni": "OmniOmni", "nbcgate": "NBC Gate", "vault": "Vault"}

TOKENS = {"omniomni": 1, "nbcgate": 1, "vault": 2}
"""Signed tokens in the answer to a sign-in."""

_NODE = Path(__file__).with_name("node")


def vault_sign_in(username: str) -> Call:
    """A sign-in of this user at Vault."""
    return post_json(
        "/reg/auth/token",
        grant_type="password",
        client_id="haequi3Aah8lie2r",
        username=username,
        password=PASSWORD,
    )


SIGN_IN = {
    "omniomni": post_json("/omni-omni/v1/auth/client-token", clientId="demo-client"),
    "nbcgate": post_json("/auth/sign-in", email="alice@example.com", password=PASSWORD),
    "vault": vault_sign_in("alice@example.com"),
}
"""By vendor the call that both the emulator and the mock answer with tokens."""


def fixture(algorithm: str, vault: str = "") -> str:
    """An emulator's fixture in YAML; all vendors sign with the algorithm.

    `vault` is one more line for Vault's section.
    """
    secret = ", secret: a-secret-for-the-benchmark-of-32-bytes" if algorithm == "HS256" else ""
    token = f"{{algorithm: {algorithm}{secret}}}"
    return f"""\
omniomni:
  token: {token}
  clients: [{{client_id: demo-client, scopes: ["a:read"]}}]
nbcgate:
  token: {token}
  users: [{{email: alice@example.com, password: "{PASSWORD}", scopes: ["a:read"]}}]
vault:
  token: {token}
  clients: [{{client_id: haequi3Aah8lie2r}}]
  users: [{{username: alice@example.com, password: "{PASSWORD}", scopes: ["a:read"]}}]
  {vault}
"""


def emulator(
    scratch: Path, text: str, first: Call = SIGN_IN["omniomni"]
) -> AbstractContextManager[Server]:
    """The emulator's own command with this fixture; keys that it makes are cached in scratch."""
    file = scratch / "fixture.yaml"
    file.write_text(text)
    command = [str(PYTHON.with_name("auth-emulator")), "serve", str(file), "--port", "PORT"]
    return running(command, first, environment={"AUTH_EMULATOR_CACHE_DIR": str(scratch / "keys")})


def mock(algorithm: str) -> AbstractContextManager[Server]:
    """The hand-made mock under uvicorn."""
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.mock:app", "--port", "PORT",
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    return running(command, SIGN_IN["omniomni"], environment={"MOCK_ALGORITHM": algorithm})


def oidc_provider_call(algorithm: str) -> Call:
    """A token request (client credentials) at oidc-provider, for a JWT signed so."""
    return post_form(
        "/token",
        grant_type="client_credentials",
        client_id="bench",
        client_secret="a-secret-for-the-benchmark-of-32-bytes",  # noqa: S106 - node/oidc-provider.mjs
        resource=f"urn:{algorithm}",
        scope="read",
    )


def oidc_provider(scratch: Path) -> AbstractContextManager[Server]:
    """oidc-provider on Node, with keys made beforehand."""
    return running(
        ["node", "oidc-provider.mjs", "PORT"],
        oidc_provider_call("ES256"),
        environment={"NODE_ENV": "production"},
        folder=scratch / "node",
    )


def install_oidc_provider(scratch: Path) -> None:
    """Install it by npm below scratch, unless it is there. Raises CalledProcessError."""
    folder = scratch / "node"
    lock = folder / "package-lock.json"
    wanted = (_NODE / lock.name).read_text()
    installed = (folder / "node_modules").exists() and lock.read_text() == wanted
    shutil.copytree(_NODE, folder, dirs_exist_ok=True)
    if not installed:
        for command in (
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            ["node", "keys.mjs"],
        ):
            subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
