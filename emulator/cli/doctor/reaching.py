"""Whether an emulator can be reached at a base URL; if not, why."""

import asyncio
import os
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.request import getproxies_environment, proxy_bypass

import httpx

from emulator.cli.doctor.finding import Finding, Kind, NotReached, Report, ok, warning, wrong
from emulator.cli.doctor.target import HEALTH, Target, health_in, unverified
from emulator.core.clock import machine_time

_CA_FILES = {
    "SSL_CERT_FILE": "Python's ssl, httpx, curl",
    "REQUESTS_CA_BUNDLE": "requests",
    "NODE_EXTRA_CA_CERTS": "Node",
}
"""The variables that name a file of certificates to trust, and who reads each."""

_OTHER_HOST = {62, 64}
"""OpenSSL's codes for a certificate of another name or address (X509_V_ERR_..., x509_vfy.h)."""

_ANOTHER_PROGRAM = "another program uses this port; give the emulator's in the URL"


@dataclass(frozen=True, slots=True)
class Reached:
    """An emulator that answers, and its answer about its health.

    `asked` and `answered` are when, in POSIX seconds of this machine. Unless its certificate
    `is_trusted` here, no secret may be sent to it.
    """

    response: httpx.Response
    asked: float
    answered: float
    is_trusted: bool


async def proxy_finding(target: Target) -> Finding:
    """Whether proxy variables apply to a client's calls (httpx, requests, curl)."""
    host = target.host
    proxies = getproxies_environment()
    scheme = target.scheme if proxies.get(target.scheme) else "all"
    proxy = proxies.get(scheme)
    if not proxy:
        return ok("proxy", "no proxy variable is set")
    if proxy_bypass(host):
        return ok("proxy", f"NO_PROXY excludes {host} from the proxy")
    names = [n for n in (f"{scheme}_proxy", f"{scheme}_proxy".upper()) if os.environ.get(n)]
    shown = proxy.rpartition("@")[2]  # without a password
    seen = f"calls to {host} go through {shown}, by {' and '.join(names)}"
    remedy = f"set NO_PROXY={host} (and no_proxy, for some) where the client runs"
    if await target.health(proxy=proxy if "://" in proxy else f"http://{proxy}"):
        seen = f"{seen}; it does reach the emulator"
        return warning("proxy", Kind.PROXY_USED, seen, remedy)
    return wrong("proxy", Kind.PROXY_USED, f"{seen}; it does not reach the emulator", remedy)


async def reach(target: Target, report: Report) -> Reached:
    """Report what is found on the way to an emulator. Raises NotReached if none answers."""
    addresses = await addresses_of(target.host, target.timeout)
    if not addresses:
        remedy = (
            "from a container use the name of the emulator's service, on a network that both are "
            "in; from the machine itself 127.0.0.1 and the published port"
        )
        seen = f"{target.host} does not resolve here"
        raise NotReached(wrong("name", Kind.HOST_NOT_FOUND, seen, remedy))
    if not _is_address(target.host):
        report(ok("name", f"{target.host} is {', '.join(addresses)}"))
    error = await _connect(target, addresses)
    if error is not None:
        raise NotReached(_not_connected(target, error))
    is_trusted = True
    if target.scheme == "https":
        try:
            is_trusted = await _examine_certificate(target, report)
        except TimeoutError:
            raise NotReached(_silent(target)) from None
        except OSError as failure:
            raise NotReached(await _speaks_no_tls(target, failure)) from failure
    return await _ask_health(target, report, is_trusted=is_trusted)


async def addresses_of(host: str, timeout: float) -> list[str]:  # noqa: ASYNC109 - a look's end
    """The addresses of a name, in the order in which clients try them; none: it is unknown."""
    look_up = asyncio.get_running_loop().getaddrinfo
    try:
        async with asyncio.timeout(timeout):
            found = await look_up(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _connect(target: Target, addresses: list[str]) -> OSError | None:
    """Why no address accepts a connection; None if one does."""
    errors = []
    for address in addresses:
        try:
            async with asyncio.timeout(target.timeout):
                _, writer = await asyncio.open_connection(address, target.port)
        except OSError as error:
            errors.append(error)
        else:
            writer.transport.abort()
            return None
    return errors[0]


def _not_connected(target: Target, error: OSError) -> Finding:
    at = target.authority
    if isinstance(error, ConnectionRefusedError):
        remedy = f"start it: auth-emulator serve --port {target.port}; or name its port in the URL"
        host = target.host
        if host == "localhost" or (_is_address(host) and ip_address(host).is_loopback):
            remedy += (
                "; in a container this is the container itself: use the emulator's service name"
            )
        seen = f"nothing listens at {at}"
        return wrong("server", Kind.CONNECTION_REFUSED, seen, remedy)
    timed_out = isinstance(error, TimeoutError)
    said = f" within {target.timeout:g} s" if timed_out else f": {error.strerror or error}"
    return wrong(
        "server",
        Kind.UNREACHABLE,
        f"{at} does not take a connection{said}",
        "look for a firewall, another network, or the address of a stopped container",
    )


def _silent(target: Target) -> Finding:
    seen = f"what listens at {target.authority} did not respond within {target.timeout:g} s"
    return wrong("server", Kind.TIMEOUT, seen, _ANOTHER_PROGRAM)


async def _speaks_no_tls(target: Target, error: OSError) -> Finding:
    plain = target.moved(scheme="http", port=target.port)
    if await plain.health():
        remedy = f"use {plain}; or serve HTTPS: auth-emulator serve --tls"
        seen = f"the emulator at {target.authority} speaks HTTP"
        return wrong("server", Kind.HTTP_EXPECTED, seen, remedy)
    said = getattr(error, "reason", None) or error or type(error).__name__
    seen = f"what listens at {target.authority} makes no TLS connection ({said})"
    return wrong("server", Kind.HTTP_EXPECTED, seen, _ANOTHER_PROGRAM)


async def _examine_certificate(target: Target, report: Report) -> bool:
    """Whether the certificate is trusted here. Raises OSError if there is no TLS connection."""
    try:
        await _shake_hands(target, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        report(_not_trusted(target, error))
        return False
    report(ok("certificate", f"trusted here, and for {target.host}"))
    return True


def _not_trusted(target: Target, error: ssl.SSLCertVerificationError) -> Finding:
    seen = f"not trusted here: {error.verify_message.rstrip('.')}"
    if error.verify_code in _OTHER_HOST:
        remedy = (
            "reach it by a name that the certificate has (network aliases in compose, or "
            f"/etc/hosts), or start it with --tls-host {target.host}"
        )
        return wrong("certificate", Kind.HOSTNAME_MISMATCH, seen, remedy)
    set_here = [f"{name} is {os.environ.get(name) or 'not set'}" for name in _CA_FILES]
    readers = ", ".join(f"{name} ({reader})" for name, reader in _CA_FILES.items())
    remedy = (
        "auth-emulator ca URL > ca.pem (URL: its plain HTTP port; the CA changes with each "
        f"start), and name that file in {readers}; Java takes it into a trust store"
    )
    return wrong("certificate", Kind.CERTIFICATE_UNTRUSTED, "; ".join([seen, *set_here]), remedy)


async def _shake_hands(target: Target, context: ssl.SSLContext) -> None:
    """Make a TLS connection, and close it.

    Raises ssl.SSLCertVerificationError if `context` does not trust the certificate, and another
    OSError if there is no connection.
    """
    async with asyncio.timeout(target.timeout):
        _, writer = await asyncio.open_connection(target.host, target.port, ssl=context)
    writer.transport.abort()


async def _speaks_tls(target: Target) -> bool:
    try:
        await _shake_hands(target, unverified())
    except OSError:
        return False
    return True


async def _ask_health(target: Target, report: Report, *, is_trusted: bool) -> Reached:
    asked = machine_time()
    try:
        async with target.client(None if is_trusted else unverified()) as client:
            response = await target.ask(client, "GET", HEALTH)
    except TimeoutError:
        raise NotReached(_silent(target)) from None
    except (OSError, httpx.HTTPError) as error:
        said = f"it does not speak HTTP: {str(error)[:80] or type(error).__name__}"
        raise NotReached(await _other_program(target, said)) from error
    answered = machine_time()
    health = health_in(response)
    if health is None:
        server = response.headers.get("Server")
        said = f"HTTP {response.status_code}{f', Server: {server[:60]}' if server else ''}"
        raise NotReached(await _wrong_path(target) or await _other_program(target, said))
    count = len(health["realms"])
    realms = f"{count} realm{'' if count == 1 else 's'}"
    version = str(health.get("version"))[:40]
    report(ok("server", f"auth-emulator {version} answers at {target}, with {realms}"))
    return Reached(response, asked, answered, is_trusted)


async def _other_program(target: Target, said: str) -> Finding:
    if target.scheme == "http" and await _speaks_tls(target):
        secure = target.moved(scheme="https", port=target.port)
        remedy = f"use {secure}" if await secure.health() else _ANOTHER_PROGRAM
        seen = f"what listens at {target.authority} speaks TLS"
        return wrong("server", Kind.HTTPS_EXPECTED, seen, remedy)
    seen = f"what answers at {target} is not an emulator ({said})"
    return wrong("server", Kind.NOT_AN_EMULATOR, seen, _ANOTHER_PROGRAM)


async def _wrong_path(target: Target) -> Finding | None:
    """What is wrong with the path of a base URL, if an emulator answers above it."""
    prefix, _, behind = target.base_url.path.partition("/realms/")
    for base in dict.fromkeys((prefix, "")):
        root = target.moved(path=base or "/")
        health: dict[str, Any] | None = await root.health()
        if health is None:
            continue
        name = behind.partition("/")[0]
        if base == prefix and behind and name not in health["realms"]:
            seen = f"the emulator has no realm {name!r}"
            remedy = f"create it: PUT {root}/_emulator/realms/{name}; one with a ttl expires"
            return wrong("realm", Kind.REALM_NOT_FOUND, seen, remedy)
        remedy = f"use {root}, or {root}/realms/NAME"
        if base == prefix and behind:
            remedy = f"use {root}/realms/{name}"
        seen = f"an emulator answers at {root}, but not below {target.base_url.path}"
        return wrong("server", Kind.WRONG_PATH, seen, remedy)
    return None
