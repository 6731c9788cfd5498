"""How much a caller may send before its request is whole, or answered."""

HEAD_LIMIT = 64 * 1024
"""The largest request line and headers together, in bytes; also of what a chunked body has between
two parts of its content: the parser keeps a trailer as long as it grows."""

HEADER_LINES = 100
"""The most header lines: each costs thirty times the 5 bytes that the shortest has on the wire."""

MOST_AHEAD = 32
"""Requests that a caller may send ahead of their answers: more than any client does."""
