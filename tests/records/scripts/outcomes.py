"""Every outcome of every vendor: the requests of `tests/cases.py`, and each alone."""

import copy
import json
from collections.abc import Iterator

from cases import CASES, FIXTURE, Case

from records.calls import Body, Header
from records.scripts.fixtures import FROZEN
from records.scripts.writing import JSON, Writing

_TOKENS = {"omniomni": "accessToken", "nbcgate": "token", "vault": "access_token"}
_REFRESH = {
    "nbcgate": ("refreshToken", {}),
    "vault": ("refresh_token", {"grant_type": "refresh_token"}),
}


def scripts() -> Iterator[Writing]:
    """All in a row, as they stand, with tokens of earlier answers; then the same below a realm."""
    fixture = copy.deepcopy(FIXTURE) | {"clock": FROZEN}
    for vendor, key in (("omniomni", "@keys/ed25519.pem"), ("vault", "@keys/ed25519.pem")):
        fixture[vendor]["token"]["private_key_file"] = key
    for name, prefix in (("outcomes.in_a_row", ""), ("outcomes.in_a_realm", "/realms/r1")):
        written = Writing(name, fixture)
        if prefix:
            written.put("/_emulator/realms/r1", {})
        _in_a_row(written, prefix)
        yield written
    for number, case in enumerate(CASES):
        written = Writing(f"outcomes.alone_{number:02}_{case.vendor}_{case.outcome}", fixture)
        _sent(written, case, "", {}, {})
        if number % 9 == 0:
            yield written


def _in_a_row(written: Writing, prefix: str) -> None:
    tokens: dict[str, int] = {}
    refreshes: dict[str, int] = {}
    for case in CASES:
        number = _sent(written, case, prefix, tokens, refreshes)
        if case.outcome == "signed_in":
            tokens[case.vendor] = number
        if case.outcome == "signed_in" and case.vendor in _REFRESH:
            refreshes[case.vendor] = number


def _sent(
    written: Writing, case: Case, prefix: str, tokens: dict[str, int], refreshes: dict[str, int]
) -> int:
    headers: list[Header] = []
    if case.authorized:
        token = f"<<{tokens.get(case.vendor, 0)}.{_TOKENS[case.vendor]}>>"
        headers.append(("Authorization", f"Bearer {token}"))
    body: Body
    if case.content is not None:
        body = [["x", len(case.content)]] if len(case.content) > 100 else case.content.decode()
    else:
        headers.append(JSON)
        value = case.json
        if case.refreshes:
            member, more = _REFRESH[case.vendor]
            value = {**more, member: f"<<{refreshes.get(case.vendor, 0)}.{member}>>"}
        body = json.dumps(value)
    return written.call(case.method, prefix + case.path, *headers, body=body)
