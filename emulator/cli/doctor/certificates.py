"""The certificate of an HTTPS server: whether clients here trust it, and by which variable."""

import os
import socket
import ssl
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography.x509 import (
    Certificate,
    DNSName,
    ExtensionNotFound,
    IPAddress,
    SubjectAlternativeName,
    load_der_x509_certificate,
)

from emulator.cli.doctor.bounds import at_once, within
from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.place import Place, unverified
from emulator.cli.doctor.ports import plain
from emulator.core.outcomes import printable

_ABOUT = "certificate"

_CLIENTS = {
    "SSL_CERT_FILE": "Python's ssl, httpx, curl",
    "REQUESTS_CA_BUNDLE": "requests",
    "NODE_EXTRA_CA_CERTS": "Node",
}
"""The variables that name a file of certificates to trust, and who reads each."""

_HOLDS = "does hold its CA"

# X509_V_ERR_..., of OpenSSL's x509_vfy.h
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAME, _OTHER_ADDRESS = 62, 64


def shake_hands(place: Place, context: ssl.SSLContext | None = None) -> bytes:
    """Make a connection that this machine trusts, or that `context` does: the certificate (DER).

    Raises ssl.SSLCertVerificationError, or another OSError where no connection comes about.
    """
    context = context or ssl.create_default_context()
    with (
        socket.create_connection((place.host, place.port), place.timeout) as plain,
        closing(context.wrap_socket(plain, server_hostname=place.host)) as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


def certificate_findings(
    place: Place, error: ssl.SSLCertVerificationError | None
) -> Iterator[Finding]:
    """What is wrong with a server's certificate; `error` is why it was not trusted."""
    if error is None:
        yield ok(_ABOUT, f"trusted here, and for {place.host}")
        if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
            yield from _not_everywhere(place)
    elif error.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
        yield _of_another(place)
    elif error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        yield _out_of_date(place, expired=error.verify_code == _EXPIRED)
    else:
        yield _untrusted(place, error)


def _untrusted(place: Place, error: ssl.SSLCertVerificationError) -> Finding:
    told = plain(place)
    where = f"{told.url} > ca.pem (" if told else "URL > ca.pem (URL: "
    return wrong(
        _ABOUT,
        Kind.CERTIFICATE_UNTRUSTED,
        f"not trusted here ({error.verify_message}): {'; '.join(_states(place).values())}",
        f"auth-emulator ca {where}its plain HTTP port; the CA is another after each "
        f"start), and name that file in {_readers(_CLIENTS)}; Java takes it into a trust store",
    )


def _not_everywhere(place: Place) -> Iterator[Finding]:
    """Python trusts it by a variable; others read others."""
    states = _states(place)
    missing = [name for name in _CLIENTS if name != "SSL_CERT_FILE" and _HOLDS not in states[name]]
    if missing:
        yield warning(
            _ABOUT,
            Kind.CA_NOT_EVERYWHERE,
            "trusted by SSL_CERT_FILE or SSL_CERT_DIR, which not everybody reads: "
            + "; ".join(states[name] for name in missing),
            f"name the CA's file in {_readers(missing)} too",
        )


def _readers(variables: Iterable[str]) -> str:
    return ", ".join(f"{name} ({_CLIENTS[name]})" for name in variables)


def _states(place: Place) -> dict[str, str]:
    """What each variable does for clients that read it; all are tried at once."""
    looks = {variable: partial(_state, place, variable) for variable in _CLIENTS}
    told = at_once(looks, place.timeout)
    return {
        variable: state if isinstance(state, str) else f"{variable} could not be tried in time"
        for variable, state in told.items()
    }


def _state(place: Place, variable: str) -> str:
    file = os.environ.get(variable)
    if not file:
        return f"{variable} is not set"
    try:
        if not stat.S_ISREG(Path(file).stat().st_mode):
            return f"{variable} names {file}, which is no file"
        Path(file).open("rb").close()
    except (FileNotFoundError, NotADirectoryError):
        return f"{variable} names {file}, which is no file"
    except OSError as error:
        return f"{variable} names {file}, which cannot be read here ({error.strerror})"
    try:
        shake_hands(place, ssl.create_default_context(cafile=file))
    except OSError:
        return f"{variable} names {file}, which does not hold its CA"
    return f"{variable} {_HOLDS}"


def _of_another(place: Place) -> Finding:
    names = ", ".join(_names(place)) or "nobody"
    return wrong(
        _ABOUT,
        Kind.CERTIFICATE_OF_ANOTHER,
        f"it is for {printable(names, 300)}, and not for {place.host}",
        "reach it by one of these names: network aliases in compose, or /etc/hosts",
    )


def _out_of_date(place: Place, *, expired: bool) -> Finding:
    certificate = _certificate(place)
    if expired:
        return wrong(
            _ABOUT,
            Kind.CERTIFICATE_EXPIRED,
            f"it ended at {_shown(certificate.not_valid_after_utc)}",
            "start the server anew, which makes one; and compare this machine's clock",
        )
    return wrong(
        _ABOUT,
        Kind.CERTIFICATE_NOT_YET_VALID,
        f"it begins at {_shown(certificate.not_valid_before_utc)}",
        "set this machine's clock: it is behind the one that made the certificate",
    )


def _shown(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _names(place: Place) -> list[str]:
    try:
        found = _certificate(place).extensions.get_extension_for_class(SubjectAlternativeName)
    except ExtensionNotFound:
        return []
    named = found.value
    return [*named.get_values_for_type(DNSName), *map(str, named.get_values_for_type(IPAddress))]


def _certificate(place: Place) -> Certificate:
    shown = within(place.timeout, partial(shake_hands, place, unverified()))
    return load_der_x509_certificate(shown)
