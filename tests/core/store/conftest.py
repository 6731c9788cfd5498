"""Every store that there is: each test of `test_conformance.py` runs with each.

Another store is plugged in by a function here that opens it, empty, and closes it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from emulator.core.store import MemoryStore, Store

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]

CAPACITY = 3
"""How many consumed keys, and how many values, a realm has room for in these tests."""


@asynccontextmanager
async def memory_store() -> AsyncIterator[Store]:
    yield MemoryStore(capacity=CAPACITY)


@pytest.fixture(params=[memory_store], ids=lambda opener: opener.__name__)
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    opener: OpenStore = request.param
    return opener
