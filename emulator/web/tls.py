"""HTTPS: certificates for the vendors' hosts, of an authority that lives as long as this process.

The authority's key is never written and never told; nothing of it can be used once the server is
gone. Nothing here is imported unless HTTPS is wanted.
"""

import logging
import os
import ssl
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import trustme

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
        own = list(dict.fromkeys(own))
        self.context = _context(authority, own, NAME)
        self._by_name = dict.fromkeys((name.lower() for name in own), self.context)
        for whose, names in groups.items():
            context = _context(authority, names, whose)
            self._by_name |= dict.fromkeys((name.lower() for name in names), context)
        self._told: set[str] = set()
        self.context.sni_callback = self._choose

    def _choose(
        self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> None:
        if name is None:
            return
        name = name.lower()
        wildcard = f"*.{name.partition('.')[2]}"
        context = self._by_name.get(name) or self._by_name.get(wildcard)
        if context is not None:
            connection.context = context
        elif name not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(name)
            _log.warning(
                "https: a caller asks for %s, and no certificate here has that name; "
                "--tls-host makes one for it",
                printable(name),
            )


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError for what is neither a host name nor an address."""
    authority = trustme.CA()
    for name in names:
        try:
            authority.issue_cert(name)
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


def _context(authority: trustme.CA, names: Iterable[str], whose: str) -> ssl.SSLContext:
    now = datetime.fromtimestamp(real_time(), UTC)
    certificate = authority.issue_cert(
        *names,
        organization_name=NAME,
        organization_unit_name=whose,
        not_before=now - _BEFORE,
        not_after=now + _AFTER,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # a write never has to wait for a read
    context.set_alpn_protocols(["http/1.1"])
    _load(context, certificate)
    return context


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
