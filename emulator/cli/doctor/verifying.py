"""Whether services can verify the tokens: clocks, metadata, issuers, and a JWKS that fits."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from emulator.cli.doctor.finding import Finding, Kind, Report, ok, warning, wrong
from emulator.cli.doctor.reaching import Reached, addresses_of
from emulator.cli.doctor.target import VENDORS, Target, members_of, unverified
from emulator.core.clock import iso_milliseconds

_NEAR = 2.0
"""The tolerated difference between clocks, in seconds."""

_SUBJECT = "auth-emulator-doctor"
"""The subject of the tokens that are minted to check their signatures."""

_LOOK_FOR_FAULT = "look for a fault: GET .../_emulator/faults"
_CALLER = "set issuer: caller in the fixture, or tell the library the JWKS address, not the issuer"

Document: TypeAlias = dict[str, Any] | str
"""The members of a document, or why there are none."""


@dataclass(frozen=True, slots=True)
class Documents:
    """The responses of a vendor's endpoints; `minted` only if the control API is open."""

    metadata: Document
    jwks: Document
    minted: Document


async def examine_tokens(
    target: Target, reached: Reached, admin_token: str, report: Report
) -> None:
    """Check what services need that verify tokens themselves."""
    headers = {}
    if admin_token and reached.is_trusted:
        headers["Authorization"] = f"Bearer {admin_token}"
    context = None if reached.is_trusted else unverified()
    async with target.client(context, headers=headers) as client:
        clock = await target.ask(client, "GET", "/_emulator/clock")
        report(_control_finding(clock, withheld=bool(admin_token) and not reached.is_trusted))
        for finding in _clock_findings(reached, members_of(clock)):
            report(finding)
        names = [vendor.name for vendor in VENDORS]
        found = await asyncio.gather(
            *(_documents(target, client, name, mint=clock.is_success) for name in names)
        )
    vendors = dict(zip(names, found, strict=True))
    for finding in (
        *_metadata_findings(target, vendors),
        *await _issuer_findings(target, vendors),
        *_jwks_findings(vendors),
    ):
        report(finding)


def _control_finding(response: httpx.Response, *, withheld: bool) -> Finding:
    """Whether the control API is open to this caller."""
    status = response.status_code
    if status == httpx.codes.OK:
        return ok("control", "the control API answers")
    remedy = "look at its log"
    if status == httpx.codes.MISDIRECTED_REQUEST:
        remedy = "start it with --allowed-host and this name"
    elif status == httpx.codes.UNAUTHORIZED:
        remedy = (
            "AUTH_EMULATOR_ADMIN_TOKEN is withheld until the certificate is trusted"
            if withheld
            else "set AUTH_EMULATOR_ADMIN_TOKEN here to the token that it was started with, or "
            "that its log shows"
        )
    detail = str(members_of(response).get("detail", ""))[:200]
    seen = f"the control API is closed (HTTP {status}: {detail}); what needs it was left out"
    return warning("control", Kind.CONTROL_API_REFUSED, seen, remedy)


def _clock_findings(reached: Reached, clock: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether this machine's clock, the emulator's machine's and the emulator's own agree."""
    real = _seconds(members_of(reached.response).get("real_time"))
    if real is None:
        return
    apart = real - (reached.asked + reached.answered) / 2
    if abs(apart) <= max(_NEAR, reached.answered - reached.asked):
        yield ok("machine", "its clock agrees with this one's")
    else:
        seen = f"the clock of the emulator's machine is {_difference(apart)} this one's"
        remedy = f"{_effect(apart)}; set both by NTP (a virtual machine of containers: restart it)"
        yield wrong("machine", Kind.CLOCK_SKEW, seen, remedy)
    now = _seconds(clock.get("now"))
    if now is None:
        return
    moved = now - real
    if clock.get("frozen"):
        frozen_at = iso_milliseconds(now)
        seen = f"the emulator's clock is frozen at {frozen_at}, {_difference(moved)} the real time"
        remedy = 'let it run: PUT .../_emulator/clock {"frozen": false}'
        yield warning("clock", Kind.CLOCK_FROZEN, seen, f"{_effect(moved)}; {remedy}")
    elif abs(moved) <= _NEAR:
        yield ok("clock", "the emulator's clock shows the real time")
    else:
        seen = f"the emulator's clock is {_difference(moved)} the real time"
        remedy = (
            "take it back: POST .../_emulator/reset, or PUT .../_emulator/clock; or move theirs too"
        )
        yield warning("clock", Kind.CLOCK_MOVED, seen, f"{_effect(moved)}; {remedy}")


def _effect(ahead: float) -> str:
    if ahead > 0:
        return (
            "services that verify tokens themselves refuse its tokens: their iat is in the future"
        )
    return "services that verify tokens themselves may find its tokens expired as soon as they come"


def _difference(ahead: float) -> str:
    length = timedelta(seconds=round(abs(ahead)))
    return f"{length} {'ahead of' if ahead > 0 else 'behind'}"


def _seconds(text: object) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


async def _documents(
    target: Target, client: httpx.AsyncClient, vendor: str, *, mint: bool
) -> Documents:
    """The documents of a vendor, requested concurrently."""

    async def document(method: str, path: str, **options: Any) -> Document:
        try:
            response = await target.ask(client, method, path, **options)
        except TimeoutError:
            return "no answer in time"
        except (OSError, httpx.HTTPError) as error:
            return str(error)[:80] or type(error).__name__
        if not response.is_success:
            return f"HTTP {response.status_code}"
        return members_of(response) or "it is not a JSON object, or has no members"

    async def minted() -> Document:
        body = {"vendor": vendor, "subject": _SUBJECT}
        return await document("POST", "/_emulator/tokens", json=body) if mint else "not asked for"

    known = f"/_emulator/{vendor}/.well-known"
    return Documents(
        *await asyncio.gather(
            document("GET", f"{known}/openid-configuration"),
            document("GET", f"{known}/jwks.json"),
            minted(),
        )
    )


def _metadata_findings(target: Target, vendors: Mapping[str, Documents]) -> Iterator[Finding]:
    for vendor, documents in vendors.items():
        metadata = documents.metadata
        if isinstance(metadata, str):
            seen = f"{vendor}'s metadata cannot be read: {metadata}"
            yield wrong("metadata", Kind.METADATA_INVALID, seen, _LOOK_FOR_FAULT)
            continue
        jwks = str(metadata.get("jwks_uri", ""))
        if jwks != f"{target}/_emulator/{vendor}/.well-known/jwks.json":
            seen = f"{vendor}'s metadata place its JWKS at {jwks[:200]}, and not below {target}"
            remedy = (
                "name the proxy between with serve --trusted-proxy, and let it send "
                "X-Forwarded-Host and -Proto"
            )
            yield warning("metadata", Kind.METADATA_OTHER_HOST, seen, remedy)


async def _issuer_findings(target: Target, vendors: Mapping[str, Documents]) -> list[Finding]:
    """Whether discovery by issuer works from here."""
    issuers = {
        vendor: str(documents.metadata.get("issuer", ""))
        for vendor, documents in vendors.items()
        if isinstance(documents.metadata, dict)
    }
    unknown: list[str] = []
    other_host: list[str] = []
    for vendor, issuer in issuers.items():
        if issuer != f"{target}/_emulator/{vendor}":
            is_known = await _is_known(issuer, target)
            (other_host if is_known else unknown).append(f"{issuer[:200]} ({vendor})")
    findings = []
    if unknown:
        seen = f"does not resolve here: {', '.join(unknown)}"
        remedy = f"where a library uses discovery by issuer: {_CALLER}"
        findings.append(warning("issuer", Kind.ISSUER_NOT_FOUND, seen, remedy))
    if other_host:
        seen = f"points to another server: {', '.join(other_host)}"
        remedy = f"a library that uses discovery asks there: {_CALLER}"
        findings.append(warning("issuer", Kind.ISSUER_OTHER_HOST, seen, remedy))
    if issuers and not findings:
        findings.append(ok("issuer", "each vendor's issuer serves its metadata"))
    return findings


async def _is_known(issuer: str, target: Target) -> bool:
    """Whether the host of an issuer resolves here."""
    try:
        host = urlsplit(issuer).hostname
    except ValueError:
        host = None
    return bool(host and await addresses_of(host, target.timeout))


def _jwks_findings(vendors: Mapping[str, Documents]) -> Iterator[Finding]:
    """Whether each vendor's JWKS verifies its tokens, if one could be minted."""
    good = []
    for vendor, documents in vendors.items():
        jwks, minted = documents.jwks, documents.minted
        listed = jwks.get("keys") if isinstance(jwks, dict) else None
        if not isinstance(listed, list):
            why = jwks if isinstance(jwks, str) else "it is not a JWKS (RFC 7517)"
            seen = f"{vendor}'s JWKS cannot be read: {why}"
            yield wrong("jwks", Kind.JWKS_INVALID, seen, _LOOK_FOR_FAULT)
        elif isinstance(minted, dict) and isinstance(header := minted.get("header"), dict):
            finding = _key_finding(vendor, str(minted.get("token")), header, listed)
            if finding is None:
                good.append(f"{vendor} ({header.get('alg')})")
            else:
                yield finding
    if good:
        yield ok("jwks", f"fits the tokens of {', '.join(good)}")


def _key_finding(
    vendor: str, token: str, header: Mapping[str, Any], keys: list[Any]
) -> Finding | None:
    """What is wrong with a JWKS for verifying this token; None if nothing is."""
    algorithm, kid = str(header.get("alg")), header.get("kid")
    if algorithm.startswith("HS"):  # a secret is in no JWKS
        return None
    jwk = next((key for key in keys if isinstance(key, dict) and key.get("kid") == kid), None)
    if jwk is None:
        return wrong(
            "jwks",
            Kind.JWKS_MISSING_KEY,
            f"{vendor} signs with the key {str(kid)[:80]}, which is not in its JWKS",
            "a rotation with unknown_kid does this, or something that keeps an old JWKS: "
            "POST .../_emulator/reset takes rotations back",
        )
    try:
        verifier = PyJWS(algorithms=[algorithm])
        verifier.decode(token, PyJWK(jwk, algorithm), algorithms=[algorithm])
    except PyJWTError:
        return wrong(
            "jwks",
            Kind.JWKS_WRONG_KEY,
            f"{vendor}'s tokens are not signed by the key that its JWKS has as {str(kid)[:80]}",
            "something between keeps the JWKS of before a rotation with same_kid: empty that cache",
        )
    return None
