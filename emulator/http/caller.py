"""The address that a caller used, for links and issuers.

It is the request's `Host`. `X-Forwarded-*` counts only from a trusted proxy, as anyone can send it.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from emulator.addresses import TrustedProxies

_PORT = r"(:[1-5]?\d{1,4}|:6[0-4]\d{3}|:65[0-4]\d{2}|:655[0-2]\d|:6553[0-5])?"
_HOST = re.compile(rf"([A-Za-z0-9._-]{{1,253}}|\[[0-9A-Fa-f:.]{{2,45}}\]){_PORT}")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def base_url(scope: Mapping[str, Any], proxies: TrustedProxies) -> str:
    """The base URL of an ASGI scope's caller, without a slash at its end."""
    headers = {name: value.decode("latin-1") for name, value in reversed(list(scope["headers"]))}
    scheme, host, prefix = scope.get("scheme", "http"), headers.get(b"host", ""), ""
    peer = scope.get("client")
    if peer and peer[0] in proxies:
        scheme = _first(headers.get(b"x-forwarded-proto")) or scheme
        host = _first(headers.get(b"x-forwarded-host")) or host
        prefix = _first(headers.get(b"x-forwarded-prefix")).rstrip("/")
    if not _HOST.fullmatch(host):
        host = _own_address(scope)
    if not _PREFIX.fullmatch(prefix):
        prefix = ""
    scheme = scheme if scheme in ("http", "https") else "http"
    return f"{scheme}://{host}{prefix}{scope.get('root_path', '')}"


def path_in_app(request: Request) -> str:
    """The decoded path of a request, without the prefix of a mount."""
    path: str = request.scope["path"]
    root: str = request.scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def raw_path_in_app(request: Request) -> bytes:
    """The same as it was sent, with escapes; empty if the server does not provide it."""
    raw: bytes = request.scope.get("raw_path") or b""
    root: str = request.scope.get("root_path", "")
    return raw.removeprefix(root.encode()) if root else raw


def _first(value: str | None) -> str:
    """The first of a list of values, from the outermost proxy."""
    return (value or "").partition(",")[0].strip()


def _own_address(scope: Mapping[str, Any]) -> str:
    host, port = scope.get("server") or ("localhost", None)
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown
