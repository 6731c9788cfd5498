"""HTTPS: one certificate for all names, of a CA that lasts as long as this process.

The CA's key never leaves the process.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from emulator.core.clock import machine_time

NAME = "Auth Emulator"

_BEFORE = timedelta(days=30)
_AFTER = timedelta(days=790)
"""Validity is by the machine's time, not a realm's, with a margin for clock skew. Apple's systems
refuse more than 825 days.
"""


class Tls:
    """A certificate for `names` (hosts and addresses), and its authority.

    Raises ValueError where one is neither.
    """

    def __init__(self, names: Iterable[str]) -> None:
        authority = trustme.CA(organization_name=NAME)
        self.ca_certificate = authority.cert_pem.bytes().decode("ascii")
        """The authority's certificate in PEM: what a client has to trust."""
        self._certificate = _certificate(authority, names)

    @contextmanager
    def certificate_file(self) -> Iterator[str]:
        """The path of a file with the certificate and its key, while the context is open.

        OpenSSL reads only files (https://github.com/python/cpython/issues/60691). On Linux it is
        one in memory: the key reaches no disk, and a container needs no folder to write to.
        """
        pem = self._certificate.private_key_and_cert_chain_pem
        try:
            number = os.memfd_create("certificate")
        except (AttributeError, OSError):  # not Linux, or not allowed
            with pem.tempfile() as path:
                yield path
            return
        with os.fdopen(number, "wb") as file:
            file.write(pem.bytes())
            file.flush()
            yield f"/proc/self/fd/{number}"


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError for what is neither a host name nor an address."""
    authority = trustme.CA()
    for name in names:
        try:
            authority.issue_cert(name.replace("_", "z"))  # see `_with_underscores`
            valid = name.isascii() and not {"/", "@"} & set(name)  # a network, a mailbox
        except ValueError:
            valid = False
        if not valid:
            raise ValueError(
                f"{name!r} is neither an address nor a host name (non-ASCII ones are xn--...)"
            )


def own_names(bound_to: str, others: Iterable[str]) -> list[str]:
    """The names by which a server is reached as itself: localhost, its address, and `others`."""
    address = ip_address(bound_to.partition("%")[0])
    bound = [] if address.is_unspecified else [str(address)]
    return ["localhost", "127.0.0.1", "::1", *bound, *others]


def _certificate(authority: trustme.CA, names: Iterable[str]) -> trustme.LeafCert:
    now = datetime.fromtimestamp(machine_time(), UTC)
    all_names = list(dict.fromkeys(name.lower().removesuffix(".") for name in names))
    underscored = [name for name in all_names if "_" in name]
    certificate = authority.issue_cert(
        *(name for name in all_names if "_" not in name),
        organization_name=NAME,
        organization_unit_name=NAME,
        not_before=now - _BEFORE,
        not_after=now + _AFTER,
    )
    return _with_underscores(authority, certificate, underscored) if underscored else certificate


def _with_underscores(
    authority: trustme.CA, certificate: trustme.LeafCert, names: Iterable[str]
) -> trustme.LeafCert:
    """A certificate with more names, of a kind that trustme refuses and Docker's networks have."""
    leaf = x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    known = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    all_names = x509.SubjectAlternativeName([*known.value, *map(x509.DNSName, names)])
    builder = (
        x509.CertificateBuilder()
        .issuer_name(leaf.issuer)
        .subject_name(leaf.subject)
        .public_key(leaf.public_key())
        .serial_number(leaf.serial_number)
        .not_valid_before(leaf.not_valid_before_utc)
        .not_valid_after(leaf.not_valid_after_utc)
    )
    for each in leaf.extensions:
        builder = builder.add_extension(all_names if each is known else each.value, each.critical)
    key: Any = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    signed = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return trustme.LeafCert(certificate.private_key_pem.bytes(), signed, [])
