"""HTTPS: certificates for the vendors' hosts, of an authority that lives as long as this process.

The authority's key is never written and never told; nothing of it can be used once the server is
gone. Nothing here is imported unless HTTPS is wanted.
"""

import logging
import os
import ssl
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from emulator.core.clock import real_time
from emulator.core.outcomes import printable

NAME = "Auth Emulator"

_BEFORE = timedelta(days=30)
_AFTER = timedelta(days=790)
"""Certificates follow the machine's time, not a realm's, and bear clocks that are apart from it.
Apple's systems refuse those that are good for more than 825 days."""

_MOST_TOLD = 100
"""So many names that nobody has here are told in the log, each once."""

_log = logging.getLogger("emulator")


class Tls:
    """What a server of HTTPS shows to its callers: a certificate for each group of names.

    `groups` are names by whose they are: each group has a certificate of its own, which callers
    get who ask for one of its names (SNI); others get that of the group `own`. ValueError names
    what is no host name and no address.
    """

    def __init__(self, groups: Mapping[str, Sequence[str]], own: Iterable[str]) -> None:
        authority = trustme.CA(organization_name=NAME)
        self.ca_certificate = authority.cert_pem.bytes().decode("ascii")
        """The authority's certificate, in PEM: what a client has to trust."""
        own = list(dict.fromkeys(map(_spelt, own)))
        self.context = _context(authority, own, NAME)
        self._by_name = dict.fromkeys(own, self.context)
        for whose, names in groups.items():
            context = _context(authority, names, whose)
            self._by_name |= dict.fromkeys(map(_spelt, names), context)
        self._told: set[str] = set()
        self.context.sni_callback = self._choose

    def hear_of_all_names(self) -> None:
        """Tell of a name that is not ASCII as of any other: for the owner of the process.

        Python decodes a name before it calls back, and where that fails says so in five lines on
        stderr (https://github.com/python/cpython/blob/v3.13.0/Modules/_ssl.c#L4535).
        """
        others = sys.unraisablehook

        def heard(unraisable: "sys.UnraisableHookArgs") -> None:
            sent = unraisable.object
            if isinstance(sent, bytes) and isinstance(unraisable.exc_value, UnicodeDecodeError):
                self._tell(sent.decode("latin-1"), "an international one is asked for as xn--...")
            else:
                others(unraisable)

        sys.unraisablehook = heard

    def _choose(
        self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> None:
        if name is None:
            return
        name = _spelt(name)
        wildcard = f"*.{name.partition('.')[2]}"
        context = self._by_name.get(name) or self._by_name.get(wildcard)
        if context is not None:
            connection.context = context
        else:
            self._tell(name, "--tls-host makes one for it")

    def _tell(self, name: str, remedy: str) -> None:
        if name not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(name)
            _log.warning(
                "https: a caller asks for %s, and no certificate here has that name; %s",
                printable(name),
                remedy,
            )


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError for what is neither a host name nor an address."""
    authority = trustme.CA()
    for name in names:
        try:
            authority.issue_cert(name.replace("_", "z"))  # see `_with_underscores`
            good = name.isascii() and not {"/", "@"} & set(name)  # a network, a mailbox
        except ValueError:
            good = False
        if not good:
            raise ValueError(
                f"{name!r} is no host name (an international one is written xn--...) and no address"
            )


def own_names(bound_to: str, others: Iterable[str]) -> list[str]:
    """The names by which a server is reached as itself: localhost, its address, and `others`."""
    address = ip_address(bound_to.partition("%")[0])
    bound = [] if address.is_unspecified else [str(address)]
    return ["localhost", "127.0.0.1", "::1", *bound, *others]


def _spelt(name: str) -> str:
    """A name in its one spelling."""
    return name.lower().removesuffix(".")


def _context(authority: trustme.CA, names: Iterable[str], whose: str) -> ssl.SSLContext:
    now = datetime.fromtimestamp(real_time(), UTC)
    names = [_spelt(name) for name in names]
    underscored = [name for name in names if "_" in name]
    certificate = authority.issue_cert(
        *(name for name in names if name not in underscored),
        organization_name=NAME,
        organization_unit_name=whose,
        not_before=now - _BEFORE,
        not_after=now + _AFTER,
    )
    if underscored:
        certificate = _with_underscores(authority, certificate, underscored)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # a write never has to wait for a read
    context.set_alpn_protocols(["http/1.1"])
    _load(context, certificate)
    return context


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
    again = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return trustme.LeafCert(certificate.private_key_pem.bytes(), again, [])


def _load(context: ssl.SSLContext, certificate: trustme.LeafCert) -> None:
    """Give a context its certificate and key.

    It reads only files (https://github.com/python/cpython/issues/60691). Where the system can, it
    is one in memory: keys reach no disk, and a container may be without a folder to write to.
    """
    try:
        number = os.memfd_create("certificate")
    except (AttributeError, OSError):  # it is not Linux, or a hardened one
        certificate.configure_cert(context)
        return
    with os.fdopen(number, "wb") as file:
        file.write(certificate.private_key_and_cert_chain_pem.bytes())
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{number}")
