"""Where the control API is, and endpoints that only ask."""

from emulator.control.reading import read_path
from emulator.web.operation import Endpoint, Operation, nothing_read

BASE = "/_emulator"


def well_known(vendor: str, document: str) -> str:
    """The path of a vendor's well-known document (RFC 8615)."""
    return f"{BASE}/{vendor}/.well-known/{document}"


def reading_its_path(method: str, path: str, operation: Operation) -> Endpoint:
    """An endpoint that reads nothing but the parameters of its path."""
    return Endpoint(method=method, paths=(path,), operations=(operation,), read=read_path)


def asking(
    path: str,
    operation: Operation,
    *,
    seen_from: bool = False,
    about: str | None = None,
    is_open: bool = False,
) -> Endpoint:
    """An endpoint of GET, which reads nothing; an open one does not mind what is sent beside."""
    return Endpoint(
        method="GET",
        paths=(path,),
        operations=(operation,),
        read=nothing_read if is_open else read_path,
        seen_from=seen_from,
        about=about,
        is_open=is_open,
    )
