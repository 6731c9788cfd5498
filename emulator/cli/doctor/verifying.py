"""Whether services can verify the tokens: metadata, issuers, and a JWKS that fits the tokens."""

import http.client
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from emulator.cli.doctor.bounds import at_once
from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.names import addresses_of
from emulator.cli.doctor.place import Place, object_in
from emulator.core.outcomes import printable
from emulator.driving.remote import Remote, Unreachable

_ISSUER, _JWKS, _METADATA, _TOKEN = "issuer", "jwks", "metadata", "token"
_LATE = "no answer in time"
_JSON = {"Content-Type": "application/json"}
_NOBODY = "auth-emulator-doctor"
"""The subject of the tokens that are minted to look at their signature."""

_LONGEST = 200
_CALLER = "set issuer: caller in the fixture, or tell the library the JWKS address, not the issuer"


Told: TypeAlias = dict[str, Any] | str
"""The members of a document, or why there are none."""


@dataclass(frozen=True, slots=True)
class Documents:
    """What is told of a vendor; of a token nothing where none was to be had."""

    metadata: Told
    jwks: Told
    minted: Told


def documents(
    remote: Remote, vendors: Collection[str], within: float, *, mints: bool
) -> dict[str, Documents]:
    """What the vendors tell, all of them asked at once; `mints`: tokens can be had."""
    looks: dict[tuple[str, str], Callable[[], Told]] = {}
    for vendor in vendors:
        of = f"/_emulator/{vendor}/.well-known"
        looks[vendor, _METADATA] = partial(_told, remote, "GET", f"{of}/openid-configuration")
        looks[vendor, _JWKS] = partial(_told, remote, "GET", f"{of}/jwks.json")
        if mints:
            body = json.dumps({"vendor": vendor, "subject": _NOBODY}).encode()
            looks[vendor, _TOKEN] = partial(_told, remote, "POST", "/_emulator/tokens", body)
    told = at_once(looks, within)

    def of_it(vendor: str, what: str) -> Told:
        found = told.get((vendor, what), "none was asked for")
        return _LATE if isinstance(found, Exception) else found

    return {
        vendor: Documents(*(of_it(vendor, what) for what in (_METADATA, _JWKS, _TOKEN)))
        for vendor in vendors
    }


def issuer_findings(place: Place, told_of: Mapping[str, Documents]) -> Iterator[Finding]:
    """Whether who goes by the metadata finds it all, seen from here."""
    issuers: dict[str, str] = {}
    for vendor, documents in told_of.items():
        told = documents.metadata
        if not told:
            told = "it has no members"
        if isinstance(told, str):
            yield _metadata_unusable(vendor, told)
            continue
        issuers[vendor] = str(told.get("issuer", ""))
        jwks = str(told.get("jwks_uri", ""))
        if jwks != f"{place.url}/_emulator/{vendor}/.well-known/jwks.json":
            yield warning(
                _METADATA,
                Kind.METADATA_ELSEWHERE,
                f"{vendor}'s metadata place its JWKS at {printable(jwks, _LONGEST)}, and not below "
                f"{place.url}",
                "name the proxy between with serve --trusted-proxy, and let it send "
                "X-Forwarded-Host and -Proto",
            )
    if issuers:
        yield from _issuers(place, issuers)


def _issuers(place: Place, issuers: Mapping[str, str]) -> Iterator[Finding]:
    elsewhere = {
        vendor: issuer
        for vendor, issuer in issuers.items()
        if issuer != f"{place.url}/_emulator/{vendor}"
    }
    if not elsewhere:
        yield ok(_ISSUER, "each vendor's issuer is where its metadata are")
        return
    hosts = {vendor: _host(issuer) for vendor, issuer in elsewhere.items()}
    known = addresses_of([host for host in hosts.values() if host], place.timeout)
    unknown = [vendor for vendor, host in hosts.items() if not known.get(host)]
    if unknown:
        shown = ", ".join(f"{printable(elsewhere[v], _LONGEST)} ({v})" for v in unknown)
        yield warning(
            _ISSUER,
            Kind.ISSUER_UNKNOWN,
            f"cannot be looked up here: {shown}",
            f"where a library goes by the issuer (discovery): {_CALLER}",
        )
    others = [vendor for vendor in elsewhere if vendor not in unknown]
    if others:
        shown = ", ".join(f"{printable(elsewhere[v], _LONGEST)} ({v})" for v in others)
        yield warning(
            _ISSUER,
            Kind.ISSUER_ELSEWHERE,
            f"leads away from this emulator: {shown}",
            f"a library that goes by the issuer asks there: {_CALLER}",
        )


def _host(issuer: str) -> str:
    try:
        return urlsplit(issuer).hostname or ""
    except ValueError:
        return ""


def _metadata_unusable(vendor: str, why: str) -> Finding:
    return wrong(
        _METADATA,
        Kind.METADATA_UNUSABLE,
        f"{vendor}'s metadata cannot be read: {why}",
        "look for a fault: GET .../_emulator/faults",
    )


def jwks_findings(told_of: Mapping[str, Documents]) -> Iterator[Finding]:
    """Whether each vendor's JWKS verifies its tokens, where one was to be had."""
    good = []
    for vendor, documents in told_of.items():
        told = documents.jwks
        keys = told.get("keys") if isinstance(told, dict) else None
        if not isinstance(keys, list):
            why = told if isinstance(told, str) else "it is no JWKS (RFC 7517)"
            yield wrong(
                _JWKS,
                Kind.JWKS_UNUSABLE,
                f"{vendor}'s JWKS cannot be read: {why}",
                "look for a fault: GET .../_emulator/faults",
            )
        elif token := _minted(documents.minted):
            found = _fault(vendor, token, keys)
            if found is not None:
                yield found
            else:
                good.append(f"{vendor} ({token.algorithm})")
    if good:
        yield ok(_JWKS, f"fits the tokens of {', '.join(good)}")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    algorithm: str
    kid: str | None


def _minted(told: Told) -> _Token | None:
    """A token of the vendor's; None where none is to be had."""
    header = told.get("header") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(header, dict) or "token" not in told:
        return None
    return _Token(str(told["token"]), str(header.get("alg")), header.get("kid"))


def _fault(vendor: str, token: _Token, keys: list[Any]) -> Finding | None:
    """What is wrong with a JWKS for who holds this token; a secret is in none."""
    if token.algorithm.startswith("HS"):
        return None
    named = [key for key in keys if isinstance(key, dict) and key.get("kid") == token.kid]
    if not named:
        return wrong(
            _JWKS,
            Kind.JWKS_LACKS_KEY,
            f"{vendor} signs with the key {printable(str(token.kid), 80)}, which its JWKS lacks",
            "a rotation with unknown_kid does this, or something that keeps an old JWKS: "
            "POST .../_emulator/reset takes rotations back",
        )
    if not _verifies(token, named[0]):
        return wrong(
            _JWKS,
            Kind.JWKS_WRONG_KEY,
            f"{vendor}'s tokens are not signed by the key that its JWKS has as "
            f"{printable(str(token.kid), 80)}",
            "something between keeps the JWKS of before a rotation with same_kid: empty that cache",
        )
    return None


def _verifies(token: _Token, jwk: Mapping[str, Any]) -> bool:
    from jwt import PyJWK, PyJWS
    from jwt.exceptions import PyJWTError

    try:
        key = PyJWK(dict(jwk), token.algorithm)
        PyJWS(algorithms=[token.algorithm]).decode(token.text, key, algorithms=[token.algorithm])
    except PyJWTError:
        return False
    return True


def _told(remote: Remote, method: str, path: str, body: bytes | None = None) -> Told:
    try:
        reply = remote.ask(method, path, body, _JSON if body else None)
    except Unreachable as error:
        return _why(error)
    if reply.status >= http.client.MULTIPLE_CHOICES:
        return f"HTTP {reply.status}"
    told = object_in(reply)
    return "it is no JSON object" if told is None else told


def _why(error: Unreachable) -> str:
    cause = error.__cause__
    if isinstance(cause, TimeoutError):
        return _LATE
    if isinstance(cause, http.client.IncompleteRead):
        return "its answer breaks off in the middle"
    return printable(str(cause) or type(cause).__name__, 80)
