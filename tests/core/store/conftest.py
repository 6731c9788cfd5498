"""Every store that there is; each test of this folder runs with each."""

import pytest

from emulator.core.store import MemoryStore, Store


@pytest.fixture(params=[MemoryStore], ids=lambda kind: kind.__name__)
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param(capacity=3)
    return made
