"""Base64url without padding, as the segments of a token have it (RFC 7515 §2)."""

from base64 import b64decode

from jwt.utils import base64url_encode


def encode_segment(data: bytes) -> bytes:
    """The bytes as a segment."""
    return base64url_encode(data)


def decode_segment(segment: str) -> bytes:
    """The bytes of a segment; ValueError where it is not base64url."""
    # PyJWT's own decoder skips every character that is not of the alphabet.
    return b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
