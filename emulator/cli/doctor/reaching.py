"""Whether an emulator can be reached at a place; if not, who or what is in the way."""

import http.client
import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from itertools import takewhile

from emulator.cli.doctor.bounds import at_once, within
from emulator.cli.doctor.certificates import certificate_findings, shake_hands
from emulator.cli.doctor.clocks import Asked
from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.names import addresses_of
from emulator.cli.doctor.place import HEALTH, Place, health_in, unverified
from emulator.cli.doctor.ports import instead
from emulator.core.clock import real_time
from emulator.core.outcomes import printable
from emulator.driving.remote import Reply, Unreachable

_SERVER = "server"


@dataclass(frozen=True, slots=True)
class Reached:
    """An emulator that answers, and its health as it told it.

    `context` is what makes a connection that its certificate else prevents: no secret may go there.
    """

    health: Asked
    context: ssl.SSLContext | None = None


def reaching(place: Place) -> Generator[Finding, None, Reached | None]:
    """Say what is found on the way to an emulator, and return it where one answers."""
    addresses = addresses_of([place.host], place.timeout)[place.host]
    if not addresses:
        yield _name_unknown(place)
        return None
    if not _is_address(place.host):
        yield ok("name", f"{place.host} is {', '.join(addresses)}")
    failures = _failures(place, addresses)
    if len(failures) == len(addresses):
        yield _not_connected(place, failures[addresses[0]])
        return None
    if failures:
        yield _another_first(place, addresses[0], addresses[len(failures)])
    if place.scheme == "https":
        return (yield from _over_tls(place))
    return (yield from _asked(place))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _name_unknown(place: Place) -> Finding:
    return wrong(
        "name",
        Kind.NAME_UNKNOWN,
        f"{place.host} cannot be looked up here",
        "from a container use the name of the emulator's service, on a network that both are in; "
        "from the machine itself 127.0.0.1 and the published port",
    )


def _failures(place: Place, addresses: list[str]) -> Mapping[str, Exception]:
    """The addresses at which nobody takes a connection, up to the first at which somebody does."""
    looks = {address: partial(_connect, place, address) for address in addresses}
    seen = at_once(looks, place.timeout)
    failed = takewhile(lambda address: seen[address] is not None, addresses)
    return {address: error for address in failed if (error := seen[address]) is not None}


def _connect(place: Place, address: str) -> None:
    socket.create_connection((address, place.port), place.timeout).close()


def _not_connected(place: Place, error: Exception) -> Finding:
    if isinstance(error, ConnectionRefusedError):
        seen = f"nobody listens at {place.at}"
        return wrong(_SERVER, Kind.NOBODY_LISTENS, seen, instead(place, _start(place)))
    in_time = f" within {place.timeout:g} s" if isinstance(error, TimeoutError) else ""
    said = "" if in_time else f": {getattr(error, 'strerror', None) or error}"
    return wrong(
        _SERVER,
        Kind.UNREACHABLE,
        f"{place.at} does not take a connection{in_time}{said}",
        instead(
            place, "look for a firewall, another network, or an address of a container that is gone"
        ),
    )


def _start(place: Place) -> str:
    remedy = f"start it: auth-emulator serve --port {place.port}; or name its port in the URL"
    if place.host == "localhost" or (
        _is_address(place.host) and ip_address(place.host).is_loopback
    ):
        remedy += "; in a container this is the container itself: use the emulator's service name"
    return remedy


def _another_first(place: Place, first: str, good: str) -> Finding:
    """Of `localhost`, Node before version 20 tries the first address alone."""
    return warning(
        "name",
        Kind.OTHER_ADDRESS_FIRST,
        f"{place.host} is first {first}, where nobody answers; {good} does",
        f"use {good} in the URL: some clients try the first address alone",
    )


def _over_tls(place: Place) -> Generator[Finding, None, Reached | None]:
    try:
        within(place.timeout, partial(shake_hands, place))
    except ssl.SSLCertVerificationError as error:
        yield from certificate_findings(place, error)
        # Who cannot trust it is told the rest as well, without a secret going that way.
        return (yield from _asked(place, unverified()))
    except TimeoutError as error:
        yield _not_answered(place, error)
        return None
    except OSError as error:
        yield _no_tls(place, error)
        return None
    yield from certificate_findings(place, None)
    return (yield from _asked(place))


def _no_tls(place: Place, error: OSError) -> Finding:
    plain = place.moved(scheme="http")
    if plain.health():
        remedy = f"use {plain.url}; or serve HTTPS: auth-emulator serve --tls"
        return wrong(_SERVER, Kind.SPEAKS_NO_TLS, f"the emulator at {place.at} speaks HTTP", remedy)
    said = printable(str(getattr(error, "reason", None) or error or type(error).__name__))
    return wrong(
        _SERVER,
        Kind.SPEAKS_NO_TLS,
        f"what listens at {place.at} makes no TLS connection ({said})",
        instead(place),
    )


def _asked(
    place: Place, context: ssl.SSLContext | None = None
) -> Generator[Finding, None, Reached | None]:
    before = real_time()
    try:
        with closing(place.remote(context=context)) as remote:
            reply = remote.ask("GET", HEALTH)
    except Unreachable as error:
        yield _not_answered(place, error.__cause__)
        return None
    health = Asked(reply, before, real_time())
    told = health_in(reply)
    if told is None:
        yield _no_realm(place) or _other_program(place, reply)
        return None
    count = len(told["realms"])
    version = printable(str(told.get("version")), 40)
    realms = f"{count} realm{'' if count == 1 else 's'}"
    yield ok(_SERVER, f"auth-emulator {version} answers at {place.url}, with {realms}")
    return Reached(health, context)


def _not_answered(place: Place, error: BaseException | None) -> Finding:
    elsewhere = instead(place)
    if isinstance(error, TimeoutError):
        seen = f"what listens at {place.at} did not answer within {place.timeout:g} s"
        return wrong(_SERVER, Kind.SILENT, seen, elsewhere)
    if place.scheme == "http" and _speaks_tls(place):
        return _tls_spoken(place)
    said = printable(str(error) or type(error).__name__, 80)
    seen = f"what listens at {place.at} does not speak HTTP ({said})"
    if isinstance(error, http.client.IncompleteRead):
        seen = f"what listens at {place.at} breaks off in the middle of its answer"
    return wrong(_SERVER, Kind.NOT_HTTP, seen, elsewhere)


def _tls_spoken(place: Place) -> Finding:
    seen = f"what listens at {place.at} speaks TLS"
    secure = place.moved(scheme="https")
    remedy = f"use {secure.url}" if secure.health() else instead(place)
    return wrong(_SERVER, Kind.SPEAKS_TLS, seen, remedy)


def _speaks_tls(place: Place) -> bool:
    try:
        within(place.timeout, partial(shake_hands, place, unverified()))
    except OSError:
        return False
    return True


def _no_realm(place: Place) -> Finding | None:
    """What is wrong with the path of a base URL, where an emulator does answer at its root."""
    base, below, behind = place.path.partition("/realms/")
    root = place.moved(path=base)
    told = root.health() if below else None
    if told is None:
        root = place.moved(path="")
        told = root.health() if place.path and base else None
        if told is None:
            return None
        return _no_base_url(place, root, f"{root.url}, or {root.url}/realms/NAME")
    name, more, _ = behind.partition("/")
    if name in told["realms"]:
        good = place.moved(path=f"{base}/realms/{name}") if more else root
        return _no_base_url(place, root, good.url)
    return wrong(
        "realm",
        Kind.REALM_UNKNOWN,
        f"the emulator has no realm {name!r} (any more)",
        f"make it: PUT {root.url}/_emulator/realms/{name}; one with a ttl goes by itself",
    )


def _no_base_url(place: Place, root: Place, remedy: str) -> Finding:
    return wrong(
        _SERVER,
        Kind.NO_BASE_URL,
        f"an emulator answers at {root.url}, but not below {place.path}",
        f"use {remedy}",
    )


def _other_program(place: Place, reply: Reply) -> Finding:
    if reply.status == http.client.BAD_REQUEST and place.scheme == "http" and _speaks_tls(place):
        return _tls_spoken(place)
    server = reply.headers.get("server")
    named = f", Server: {printable(server, 60)}" if server else ""
    return wrong(
        _SERVER,
        Kind.OTHER_PROGRAM,
        f"what answers at {place.url} is no emulator (HTTP {reply.status}{named})",
        instead(place),
    )
