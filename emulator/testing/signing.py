"""Requests that are signed for OmniOmni, by httpx."""

import os
from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path
from typing import TypeAlias

import httpx

from emulator.core.clock import iso_milliseconds, machine_time
from emulator.core.keys import PrivateKey
from emulator.core.keys.files import any_private_key_in
from emulator.vendors.omniomni.signature import DEVICE_ID, SignedRequest, signature_headers

PrivateKeySource: TypeAlias = PrivateKey | str | os.PathLike[str]
"""A private key of the `cryptography` package, or a file that holds one (PEM or JWK)."""

_requests = count()
"""The counter of the whole process."""


class OmniOmniSignature(httpx.Auth):
    """Signs each request of an httpx client, as OmniOmni's Proof of Action page says.

    `private_key` is a key of the `cryptography` package, RSA, EC or Ed25519, or a file that holds
    one (PEM or JWK; KeyFileError if it does not). Without `device_id` it signs the
    X-Signature-DeviceId of the request, if that has one. `now` gives the time in POSIX seconds, for
    an emulator whose clock is not the machine's.
    """

    requires_request_body = True

    def __init__(
        self,
        private_key: PrivateKeySource,
        device_id: str | None = None,
        *,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._key = (
            any_private_key_in(Path(private_key))
            if isinstance(private_key, str | os.PathLike)
            else private_key
        )
        self._device_id = device_id
        self._now = now or machine_time

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the headers into a request (httpx calls it)."""
        device_id = self._device_id
        if device_id is None:
            device_id = request.headers.get(DEVICE_ID, "")
        signed = SignedRequest(
            request.method,
            request.url.raw_path,
            request.content,
            timestamp=self._timestamp(),
            device_id=device_id,
        )
        headers = signature_headers(self._key, signed)
        request.headers.update({name: value for name, value in headers.items() if value})
        yield request

    def _timestamp(self) -> str:
        # The digits below a millisecond count the requests: two at a frozen clock would
        # else have the same signature, and the second would be refused.
        return f"{iso_milliseconds(self._now())[:-1]}{next(_requests) % 1_000_000:06}Z"
