from collections.abc import Iterator

import pytest
from server.tiny import Tiny, serving_tiny


@pytest.fixture(scope="module")
def tiny() -> Iterator[Tiny]:
    with serving_tiny() as tiny:
        yield tiny
