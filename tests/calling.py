"""The same call by every library, for tests of what is below the libraries."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import pytest
import requests
import urllib3

VAULT = "https://api.sandbox-v2.vault.ist"
NBCGATE = "https://api.client.nbcgate.tech"
OMNIOMNI = "https://backend.sandbox.ecrop.de"


class Answer(NamedTuple):
    status: int
    url: str
    body: bytes


Call = Callable[[str, object], Answer]
"""Posts JSON to a URL."""


def by_httpx(client: httpx.Client) -> Call:
    def call(url: str, body: object) -> Answer:
        answer = client.post(url, json=body)
        return Answer(answer.status_code, str(answer.url), answer.content)

    return call


def by_async_httpx(client: httpx.AsyncClient) -> Call:
    """By a client that meets another event loop with each call."""

    def call(url: str, body: object) -> Answer:
        answer = asyncio.run(client.post(url, json=body))
        return Answer(answer.status_code, str(answer.url), answer.content)

    return call


def by_requests(session: requests.Session) -> Call:
    def call(url: str, body: object) -> Answer:
        answer = session.post(url, json=body, timeout=10)
        return Answer(answer.status_code, answer.url, answer.content)

    return call


def by_urllib3(manager: urllib3.PoolManager) -> Call:
    def call(url: str, body: object) -> Answer:
        answer = manager.request("POST", url, json=body, timeout=10, retries=False)
        seen = str(answer.geturl())  # the path alone, where nothing led elsewhere
        return Answer(answer.status, url if url.endswith(seen) else seen, answer.data)

    return call


def by_a_new_client(url: str, body: object) -> Answer:
    with httpx.Client() as client:
        return by_httpx(client)(url, body)


def by_a_new_session(url: str, body: object) -> Answer:
    with requests.Session() as session:
        return by_requests(session)(url, body)


ANEW: dict[str, Call] = {"httpx, anew": by_a_new_client, "requests, anew": by_a_new_session}
"""By clients that are younger than the block, and which read the environment."""

KEPT = ("httpx.Client", "httpx.AsyncClient", "requests.Session", "urllib3.PoolManager")
"""By clients that are older than every block, and know no proxy."""


@contextmanager
def kept_clients(proxy: str | None = None) -> Iterator[dict[str, Call]]:
    """A client of each library, going by a proxy if one is given, until the end."""
    # What the AsyncClient calls at other hosts may leave nothing open for its next event loop.
    limits = httpx.Limits(max_keepalive_connections=0)
    aio = httpx.AsyncClient(proxy=proxy, trust_env=False, limits=limits)
    manager = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
    with (
        httpx.Client(proxy=proxy, trust_env=False) as client,
        requests.Session() as session,
        manager,
    ):
        session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        ways = (by_httpx(client), by_async_httpx(aio), by_requests(session), by_urllib3(manager))
        yield dict(zip(KEPT, ways, strict=True))
    asyncio.run(aio.aclose())


def the_proxy_is(proxy: str | None, patch: pytest.MonkeyPatch) -> None:
    """What the environment says of proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        for spelt in (name, name.upper()):
            patch.delenv(spelt, raising=False)
            if proxy and name.startswith("http"):
                patch.setenv(spelt, proxy)
