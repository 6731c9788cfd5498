from typing import Any

import pytest

from emulator.addresses import TrustedProxies
from emulator.http.caller import base_url

FORWARDED = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "auth.test, inner",
    "x-forwarded-prefix": "/sso/",
}


def scope(peer: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    return {
        "scheme": "http",
        "client": (peer, 5),
        "server": ("127.0.0.1", 8080),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def test_it_is_the_host_that_the_caller_named() -> None:
    assert (
        base_url(scope(host="auth-emulator:8080"), TrustedProxies()) == "http://auth-emulator:8080"
    )


def test_without_a_host_or_with_a_forged_one_it_is_our_own_address() -> None:
    for headers in ({}, {"host": "a b"}, {"host": "x/../y"}, {"host": 'x"><script>'}):
        assert base_url(scope(**headers), TrustedProxies()) == "http://127.0.0.1:8080"


def test_only_a_named_proxy_is_believed() -> None:
    for named in ((), ("10.0.0.1",), ("10.0.0.0/8",)):
        found = base_url(scope(host="h", **FORWARDED), TrustedProxies(named))
        assert found == "http://h"


def test_a_named_proxy_is_believed_whatever_names_it() -> None:
    for named in ("127.0.0.1", "127.0.0.0/8"):
        found = base_url(scope(host="h", **FORWARDED), TrustedProxies([named]))
        assert found == "https://auth.test/sso"


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="proxy"):
        TrustedProxies(["proxy"])
