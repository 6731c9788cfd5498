"""`OmniOmniSignature`: httpx clients that sign, as their users write them."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from serving import Served
from signing import KEYS, PATH, WHOLE_PATH, signers_served

from emulator.app import demo_fixture
from emulator.core.keys.files import KeyFileError
from emulator.testing import Emulator, OmniOmniSignature

KEY = demo_fixture().parent / "signing-client.demo-private-key.pem"


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with signers_served(tmp_path_factory.mktemp("keys")) as served:
        yield served


@pytest.mark.parametrize("base", ["", "/ecrop-command"])
@pytest.mark.parametrize("key", [KEY, str(KEY)])
def test_each_request_of_a_client_is_signed_with_the_key_in_a_file(
    key: Path | str, base: str
) -> None:
    with Emulator() as emulator:
        auth = OmniOmniSignature(key, device_id="device-7")
        url = emulator.url + base
        with httpx.Client(base_url=url, auth=auth, trust_env=False) as http:
            for _ in range(3):
                answer = http.post(PATH, json={"clientId": "signing-client"})
                assert answer.status_code == 200, answer.headers
                assert answer.request.headers["X-Signature-DeviceId"] == "device-7"


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_may_be_an_object_and_time_the_emulators(kind: str, signing: Served) -> None:
    auth = OmniOmniSignature(KEYS[kind], now=signing.clock.now)
    with httpx.Client(base_url=signing.url, auth=auth, trust_env=False) as http:
        answers = [http.post(WHOLE_PATH, json={"clientId": kind}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3  # although the clock stands
    assert "X-Signature-DeviceId" not in answers[0].request.headers
    for answer in answers:
        at = answer.request.headers["X-Signature-DateTime"]
        assert re.fullmatch(r"2026-01-01T00:00:00\.000\d{6}Z", at)


def test_at_another_time_than_the_emulators_it_is_refused(signing: Served) -> None:
    answer = httpx.post(
        signing.url + PATH,
        json={"clientId": "ec"},
        auth=OmniOmniSignature(KEYS["ec"]),
        trust_env=False,
    )
    assert answer.status_code == 401
    assert "ahead of the emulator's clock" in answer.headers["X-Emulator-Reason"]


def test_requests_of_many_threads_have_signatures_of_their_own(signing: Served) -> None:
    auth = OmniOmniSignature(KEYS["rsa"], now=signing.clock.now)
    with (
        httpx.Client(base_url=signing.url, auth=auth, trust_env=False) as http,
        ThreadPoolExecutor(10) as threads,
    ):
        sent = [{"clientId": "rsa"}] * 100
        statuses = list(threads.map(lambda body: http.post(PATH, json=body).status_code, sent))
    assert statuses == [200] * 100


def test_the_device_id_of_a_request_is_signed_where_the_client_has_none(signing: Served) -> None:
    auth = OmniOmniSignature(KEYS["ed25519"], now=signing.clock.now)
    with httpx.Client(base_url=signing.url, auth=auth, trust_env=False) as http:
        named = {"X-Signature-DeviceId": "tablet"}
        answer = http.post(PATH, params={"b": 2, "a": "x y"}, json={"clientId": "ed25519"})
        assert answer.status_code == 200
        answer = http.post(PATH, headers=named, json={"clientId": "ed25519"})
    assert answer.status_code == 200
    assert answer.request.headers["X-Signature-DeviceId"] == "tablet"


def test_a_streamed_body_and_an_async_client_are_signed_too(signing: Served) -> None:
    auth = OmniOmniSignature(KEYS["ec"], now=signing.clock.now)
    named = {"Content-Type": "application/json"}

    async def parts() -> AsyncIterator[bytes]:
        yield b'{ "clientId":'
        yield b' "ec" }'

    async def posted() -> int:
        async with httpx.AsyncClient(base_url=signing.url, auth=auth, trust_env=False) as http:
            return (await http.post(PATH, content=parts(), headers=named)).status_code

    assert asyncio.run(posted()) == 200


def test_a_file_that_holds_no_private_key_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="expected a private key"):
        OmniOmniSignature(KEY.parent / "signing-client.pub")
    with pytest.raises(KeyFileError, match="No such file"):
        OmniOmniSignature(tmp_path / "none.pem")


def test_emulator_testing_is_imported_without_httpx() -> None:
    program = (
        "import sys; import emulator.testing as t; assert 'httpx' not in sys.modules;"
        "t.OmniOmniSignature; assert 'httpx' in sys.modules; t.other"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == (
        "AttributeError: module 'emulator.testing' has no attribute 'other'"
    )
