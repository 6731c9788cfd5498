"""Tests as a user of the pytest plugin writes them; `realms.py` runs this file and times them."""

import json
import os
import time
from pathlib import Path

import httpx
import pytest

from emulator.testing import Realm

_TESTS = 200
_client = httpx.Client()
_times: list[float] = []


@pytest.mark.parametrize("_number", range(_TESTS))
def test_signs_in(auth_emulator: Realm, _number: int) -> None:
    """Sign in, advance the clock, verify the journal."""
    _times.append(time.perf_counter())
    url = f"{auth_emulator.omniomni.url}/omni-omni/v1/auth/client-token"
    _client.post(url, json={"clientId": "demo-client"}).raise_for_status()
    auth_emulator.clock.advance(hours=1)
    auth_emulator.journal.verify(operation="sign_in", count=1)


def test_times_are_written() -> None:
    """When each test began, for who measures."""
    Path(os.environ["TEST_TIMES"]).write_text(json.dumps(_times))
