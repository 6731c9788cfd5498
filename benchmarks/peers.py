"""The peers that the registries have: installing them into the scratch folder, and running them."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calls import Call, form
from benchmarks.server import Server, running

MOTO = "5.2.5"
_NODE = Path(__file__).with_name("node")
_NODE_PEERS = ("oauth2-mock-server", "oidc-provider")
_PRODUCTION = {"NODE_ENV": "production"}
_AWS = (
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/cognito-idp/aws4_request, "
    "SignedHeaders=host, Signature=bench"
)
_PASSWORD = "A9#bL8@z"  # noqa: S105 - of a made-up user


class NotInstalled(Exception):
    """A peer cannot be installed; it says why."""


@dataclass(frozen=True)
class Peer:
    """A peer that signs with one algorithm, and how it is started and asked.

    `asked` gives the call that brings tokens, once the server answers `first`.
    """

    name: str
    algorithm: str
    tokens: int
    command: tuple[str, ...]
    folder: Path
    first: Call
    asked: Callable[[Server], Call]
    starts: int
    """How often its start is measured, at most."""

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Its server, from its spawn to its first answer (moto's: to the first page)."""
        with running(self.command, self.first, environment=_PRODUCTION, folder=self.folder) as it:
            yield it


def installed(scratch: Path) -> list[Peer]:
    """All peers, installed unless they are. Raises NotInstalled."""
    node = _install_node(scratch / "node")
    moto = _install_moto(scratch / "moto")
    return [*_oauth2_mock_server(node), *_oidc_provider(node), _moto(moto)]


def versions(scratch: Path) -> dict[str, str]:
    """The peers' versions, by their names."""
    found = {"moto": MOTO}
    for name in _NODE_PEERS:
        package = scratch / "node" / "node_modules" / name / "package.json"
        found[name] = package.read_text().partition('"version": "')[2].partition('"')[0]
    return found


def _install_node(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lock = _NODE / "package-lock.json"
    copied = folder / lock.name
    done = (folder / "node_modules").exists() and copied.read_text() == lock.read_text()
    for file in _NODE.iterdir():
        shutil.copy(file, folder)
    if not done:
        print("installing oauth2-mock-server and oidc-provider ...", file=sys.stderr)
        _ran(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        _ran(["node", "keys.mjs"], folder)
    return folder


def _install_moto(folder: Path) -> Path:
    if not list(folder.glob(f"lib/*/site-packages/moto-{MOTO}.dist-info")):
        print("installing moto ...", file=sys.stderr)
        _ran([sys.executable, "-m", "venv", str(folder)], folder.parent)
        wanted = f"moto[server,cognitoidp]=={MOTO}"
        _ran([str(folder / "bin" / "pip"), "install", "--quiet", wanted], folder.parent)
    return folder


def _ran(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"{' '.join(command)}: {(done.stdout + done.stderr).strip()[-500:]}")


def _oauth2_mock_server(node: Path) -> Iterator[Peer]:
    call = form("/token", grant_type="client_credentials")
    for algorithm in ("RS256", "ES256"):
        yield Peer(
            "oauth2-mock-server",
            algorithm,
            1,
            (
                "node", "node_modules/oauth2-mock-server/dist/oauth2-mock-server.mjs",
                "--jwk", f"{algorithm}.jwk.json", "-a", "127.0.0.1", "-p", "PORT",
            ),
            node,
            call,
            lambda _: call,
            starts=100,
        )  # fmt: skip


def _oidc_provider(node: Path) -> Iterator[Peer]:
    for algorithm in ("RS256", "ES256"):
        yield _oidc_provider_with(node, algorithm)


def _oidc_provider_with(node: Path, algorithm: str) -> Peer:
    call = form(
        "/token",
        grant_type="client_credentials",
        client_id="bench",
        client_secret="a-secret-for-the-benchmark-of-32-bytes",  # noqa: S106 - node/oidc-provider.mjs
        resource=f"urn:{algorithm}",
        scope="read",
    )
    command = ("node", "oidc-provider.mjs", "PORT")
    return Peer("oidc-provider", algorithm, 1, command, node, call, lambda _: call, starts=100)


def _moto(folder: Path) -> Peer:
    command = (str(folder / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", "PORT")
    first = Call("/moto-api/", method="GET")
    # An access token and an ID token; its refresh token is no JWT.
    return Peer("moto", "RS256", 2, command, folder, first, _cognito_sign_in, starts=3)


def _cognito_sign_in(server: Server) -> Call:
    pool = _cognito("CreateUserPool", '{"PoolName": "bench"}').json(server.port)["UserPool"]["Id"]
    of_pool = f'"UserPoolId": "{pool}"'
    made = _cognito("CreateUserPoolClient", f'{{{of_pool}, "ClientName": "bench"}}')
    client = made.json(server.port)["UserPoolClient"]["ClientId"]
    alice = f'{of_pool}, "Username": "alice"'
    _cognito("AdminCreateUser", f"{{{alice}}}").answer(server.port)
    password = f'"Password": "{_PASSWORD}", "Permanent": true'
    _cognito("AdminSetUserPassword", f"{{{alice}, {password}}}").answer(server.port)
    return _cognito(
        "InitiateAuth",
        f'{{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "{client}", '
        f'"AuthParameters": {{"USERNAME": "alice", "PASSWORD": "{_PASSWORD}"}}}}',
    )


def _cognito(operation: str, body: str) -> Call:
    target = f"AWSCognitoIdentityProviderService.{operation}"
    return Call("/", body, "application/x-amz-json-1.1", authorization=_AWS, target=target)
