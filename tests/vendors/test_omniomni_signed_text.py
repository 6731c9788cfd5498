"""Properties of the text that is signed."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing import KEYS, NOW, PATH, WHOLE_PATH, signature, text

from emulator.vendors.omniomni.signature import (
    SignedRequest,
    signed,
    uri_of,
    verifies,
    without_white_space,
)

SPACE = st.text(" \t\r\n", max_size=3)
STRINGS = st.text(st.characters(codec="utf-8") | st.sampled_from(' \t\n"\\/{}[],:'), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | STRINGS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def spaced_json(draw: st.DrawFn, value: Any, *, ascii_only: bool) -> str:
    """`value` as JSON, with white space wherever JSON allows some."""

    def written(part: Any) -> str:
        if isinstance(part, list):
            inside = ",".join(map(written, part))
            text = f"[{inside or draw(SPACE)}]"
        elif isinstance(part, dict):
            inside = ",".join(f"{written(key)}:{written(held)}" for key, held in part.items())
            text = f"{{{inside or draw(SPACE)}}}"
        else:
            text = json.dumps(part, ensure_ascii=ascii_only)
        return draw(SPACE) + text + draw(SPACE)

    return written(value)


@pytest.mark.assumed
@given(data=st.data(), value=VALUES, ascii_only=st.booleans())
def test_exactly_the_white_space_between_the_parts_of_json_goes(
    *, data: st.DataObject, value: Any, ascii_only: bool
) -> None:
    spaced = data.draw(spaced_json(value, ascii_only=ascii_only))
    stripped = without_white_space(spaced.encode())
    compact = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    assert stripped == compact.encode()
    assert json.loads(stripped) == json.loads(spaced)


@pytest.mark.assumed
@given(st.binary() | st.text(' "\\\n{}a:').map(str.encode))
def test_removing_white_space_twice_is_removing_it_once_whatever_the_bytes(anything: bytes) -> None:
    once = without_white_space(anything)
    assert without_white_space(once) == once
    assert bytes(b for b in once if b not in b" \t\r\n") == bytes(
        b for b in anything if b not in b" \t\r\n"
    )


@pytest.mark.assumed
@pytest.mark.parametrize("part", ['"', '"\\"', "\\", '\\"', '"\\', " "])
def test_it_takes_a_time_that_grows_with_the_length_alone(part: str) -> None:
    without_white_space(part.encode() * 300_000)  # with its square, it would take an hour


@pytest.mark.documented_elsewhere
@given(st.lists(st.tuples(STRINGS, STRINGS), min_size=1, max_size=6))
def test_the_query_is_sorted_by_name_and_parameters_of_one_name_keep_their_order(
    pairs: list[tuple[str, str]],
) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    by_name = sorted(query.split("&"), key=lambda pair: pair.split("=")[0])
    assert uri_of(f"{PATH}?{query}".encode()) == f"{PATH}?{'&'.join(by_name)}".encode()


@pytest.mark.documented_elsewhere
@pytest.mark.parametrize(
    ("sent", "uri"),
    [
        (PATH, PATH),
        (WHOLE_PATH, PATH),
        (f"/realms/t42{PATH}", PATH),
        (f"/realms/t42{WHOLE_PATH}?b&a", f"{PATH}?a&b"),
        (f"{PATH}?", PATH),
        (f"/omni-safe{WHOLE_PATH}", f"/omni-safe{WHOLE_PATH}"),
        ("/ecrop-commands/x", "/ecrop-commands/x"),
        ("/ecrop-command", "/ecrop-command"),
    ],
)
def test_the_uri_begins_with_the_name_of_the_resource(sent: str, uri: str) -> None:
    assert uri_of(sent.encode()) == uri.encode()


@pytest.mark.assumed
@pytest.mark.parametrize("kind", KEYS)
@given(
    method=st.sampled_from(["GET", "POST", "delete"]),
    value=VALUES,
    names=st.lists(st.text("abAB%0", min_size=1, max_size=3), max_size=4),
    device_id=st.text("abc-. ", max_size=4).map(str.strip),
)
def test_the_emulators_signatures_and_an_independent_signers_verify_each_other(
    kind: str, method: str, value: Any, names: list[str], device_id: str
) -> None:
    body, query = json.dumps(value).encode(), "&".join(f"{name}=1" for name in names)
    target = f"{PATH}?{query}" if query else PATH
    request = SignedRequest(method, target.encode(), body, timestamp=NOW, device_id=device_id)
    independent = text(body, method=method.upper(), query=query, device_id=device_id)
    assert request.parts().text() == independent
    public_key = KEYS[kind].public_key()
    assert verifies(public_key, signature(kind, independent), independent)
    assert verifies(public_key, signed(KEYS[kind], independent), independent)
    assert not verifies(public_key, signed(KEYS[kind], independent), independent + b".")
