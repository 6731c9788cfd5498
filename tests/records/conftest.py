from collections.abc import Iterator

import pytest
from secrets_watch import Watch


@pytest.fixture(autouse=True)
def unwatched(watch: Watch) -> Iterator[None]:
    """The records send passwords in other cases where names belong; what is shown was recorded."""
    found = list(watch.found)
    yield
    watch.found[:] = found
