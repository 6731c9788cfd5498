"""OmniOmni through a client that openapi-python-client makes, of the vendor's document and of ours.

The generator is installed apart: it wants an older typer than the emulator does.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from serving import Served, client, serving

from clients.installing import installed

GENERATOR = "openapi-python-client==0.29.1"
VENDORS_DOCUMENT = Path(__file__).parent / "omniomni.openapi.yaml"
FIXTURE: dict[str, Any] = {
    "resources": [{"vendor": "omniomni", "path": "/offers", "respond": {"body": "{{principal}}"}}],
    "omniomni": {
        "token": {"algorithm": "ES256"},
        "clients": [
            {"client_id": "me"},
            {"client_id": "locked", "status": "locked"},
            {"client_id": "broken", "status": "server_error"},
        ],
    },
}

Generate: TypeAlias = "Callable[[Path, str], Made]"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(FIXTURE) as served:
        yield served


@pytest.fixture(scope="module")
def generator(request: pytest.FixtureRequest) -> Path:
    """The folder that the generator is installed in."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

    def install(folder: Path) -> list[str]:
        return [*pip, "--no-compile", "--target", str(folder), GENERATOR]

    return installed(request.config, GENERATOR, install, by="pip")


@pytest.fixture(scope="module")
def generate(generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generate]:
    """Makes a package of an OpenAPI document, and imports it."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.json").write_text('{"post_hooks": []}')  # else it runs ruff
    made: list[str] = []

    def generated(document: Path, name: str) -> Made:
        made.append(name)
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
        options = {
            "--path": document,
            "--output-path": folder / name,
            "--meta": "none",
            "--config": folder / "config.json",
        }
        done = subprocess.run(
            [*command, *(str(word) for option in options.items() for word in option)],
            env={**os.environ, "PYTHONPATH": str(generator)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Made(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield generated
    for module in [*sys.modules]:
        if module.partition(".")[0] in made:
            del sys.modules[module]


@pytest.fixture(scope="module")
def vendors_client(generate: Generate) -> "Made":
    return generate(VENDORS_DOCUMENT, "omniomni_of_the_vendor")


class Made:
    """What a test uses of a generated package."""

    def __init__(self, name: str) -> None:
        self.package: Any = importlib.import_module(name)
        self.sign_in_client: Any = importlib.import_module(f"{name}.api.auth.sign_in_client")
        self.models: Any = importlib.import_module(f"{name}.models")
        self.errors: Any = importlib.import_module(f"{name}.errors")

    def sign_in(self, base_url: str, *client_id: str, strict: bool = True) -> Any:
        api = self.package.Client(
            base_url=base_url,
            raise_on_unexpected_status=strict,
            httpx_args={"trust_env": False},
        )
        with api as entered:
            body = self.models.ClientSignInRequest(*client_id)
            return self.sign_in_client.sync_detailed(client=entered, body=body)


@pytest.mark.parametrize("base", ["/ecrop-command", ""])
def test_the_vendors_client_signs_in_and_meets_401_and_404(
    vendors_client: Made, served: Served, base: str
) -> None:
    made = vendors_client
    url = served.url + base
    signed_in = made.sign_in(url, "me")
    assert signed_in.status_code == 200
    assert isinstance(signed_in.parsed, made.models.ClientSignInResponse)
    for client_id, status in (("locked",), 401), (("nobody",), 404), ((), 401):
        refused = made.sign_in(url, *client_id)
        assert (refused.status_code, refused.content, refused.parsed) == (status, b"", None)

    authorized = made.package.AuthenticatedClient(
        base_url=served.url,
        token=signed_in.parsed.access_token,
        httpx_args={"trust_env": False},
    )
    with authorized as api:
        assert api.get_httpx_client().get("/offers").json() == "me"


def test_the_vendors_client_knows_no_500(vendors_client: Made, served: Served) -> None:
    with pytest.raises(vendors_client.errors.UnexpectedStatus) as caught:
        vendors_client.sign_in(served.url, "broken")
    assert caught.value.status_code == 500
    assert vendors_client.sign_in(served.url, "broken", strict=False).parsed is None


def test_a_client_of_our_document_does_the_same_and_knows_the_500(
    generate: Generate, served: Served, tmp_path: Path
) -> None:
    with client(served) as http:
        document = http.get("/openapi.json").raise_for_status().json()
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    made = generate(tmp_path / "openapi.json", "omniomni_of_the_emulator")
    signed_in = made.sign_in(served.url, "me")
    assert isinstance(signed_in.parsed, made.models.ClientSignInResponse)
    for client_id, status in (("locked",), 401), (("nobody",), 404), ((), 401):
        refused = made.sign_in(served.url, *client_id)
        assert (refused.status_code, refused.content, refused.parsed) == (status, b"", None)
    broken = made.sign_in(served.url, "broken")
    assert (broken.status_code, broken.parsed.error) == (500, "Internal Server Error")
