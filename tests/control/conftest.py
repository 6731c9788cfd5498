from collections.abc import Iterator

import httpx
import pytest
from serving import Served, client, serving


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """The fixture of the test's module, served."""
    with serving(request.module.FIXTURE) as served:
        yield served


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    """A client of a default realm that is as its fixture says."""
    with client(served) as http:
        http.post("/_emulator/reset").raise_for_status()
        yield http
