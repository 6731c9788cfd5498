"""Offers of another protocol, which a server may ignore (RFC 9110 §7.8)."""

from collections.abc import Iterable

_OFFERS = frozenset({b"upgrade", b"http2-settings"})


def head_without_upgrade(
    method: bytes, target: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """The head of a request as it would be if it had offered no upgrade."""
    lines = [b"%s %s HTTP/%s" % (method, target, version.encode())]
    for name, value in headers:
        if name == b"connection":
            options = (option.strip() for option in value.split(b","))
            kept = b", ".join(option for option in options if option.lower() not in _OFFERS)
            lines.append(b"connection: " + kept)
        elif name not in _OFFERS:
            lines.append(name + b": " + value)
    return b"\r\n".join(lines) + b"\r\n\r\n"
