"""Answers to what is no whole request: written as they stand, and the connection ends."""


def _plain(status: bytes, said: bytes) -> bytes:
    return (
        b"HTTP/1.1 %s\r\ncontent-type: text/plain; charset=utf-8\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (status, len(said), said)
    )


HEAD_TOO_LARGE = _plain(
    b"431 Request Header Fields Too Large",
    b"The request's head is larger than 64 KiB, or has more than 100 lines.",
)
TOO_SLOW = _plain(b"408 Request Timeout", b"The request was not whole within 30 seconds.")
NOT_HTTP = _plain(b"400 Bad Request", b"Invalid HTTP request received.")
NOT_HTTPS = _plain(
    b"400 Bad Request", b"This port serves https. Ask it by https://, or the other port by http://."
)


class HeadTooLarge(Exception):
    """The request line and headers are too long, or too many."""


class TooFarAhead(Exception):
    """Too many requests wait for their answers."""
