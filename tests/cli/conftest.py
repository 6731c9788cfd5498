import socket
from collections.abc import Iterator
from typing import Any

import pytest
from fronts import HOST, nobody_listening

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_TRUSTED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no CA of this machine's; no DNS is waited for either."""
    for name in (*_VARIABLES, *map(str.lower, _VARIABLES), *_TRUSTED):
        monkeypatch.delenv(name, raising=False)
    real = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **options: Any) -> Any:
        shown = host.decode() if isinstance(host, bytes) else str(host)
        if shown.endswith((".test", ".invalid", "the-vault")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def dead() -> Iterator[str]:
    """Where nobody listens."""
    with nobody_listening() as port:
        yield f"{HOST}:{port}"
