"""Answers as records hold them: what differs each time is left out or marked."""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from records.asgi import Answer
from records.build import in_order
from records.tokens import told_text

VARIES = "<varies>"
"""Stands for a value that differs from run to run."""

_BY_THE_WALL = frozenset({"duration_ms", "real_at", "real_time", "version"})
_LEFT_OUT = frozenset({"content-length"})
_LONGEST = 1_500


def normal(answer: Answer, masked: Collection[str] = (), upstream: str = "@upstream") -> Any:
    """An answer as a record holds it."""
    if answer.raised:
        return {"raised": answer.raised}
    told: dict[str, Any] = {"status": answer.status}
    headers = sorted((n.lower(), v) for n, v in answer.headers if n.lower() not in _LEFT_OUT)
    reasons = [value for name, value in headers if name == "x-emulator-reason"]
    told["headers"] = [
        [name, told_text(value.replace(upstream, "@upstream"))]
        for name, value in headers
        if name != "x-emulator-reason"
    ]
    if reasons:
        outcome, _, sentence = reasons[0].replace(upstream, "@upstream").partition("; ")
        told["reason"] = [outcome, shortened(told_text(sentence))]
    if answer.body:
        told |= _body(answer.body, masked, upstream)
    return told


def _body(body: bytes, masked: Collection[str], upstream: str) -> dict[str, Any]:
    text = body.decode("utf-8", "backslashreplace").replace(upstream, "@upstream")
    try:
        value = json.loads(text)
    except ValueError:
        return {"text": shortened(told_text(text))}
    told = {"body": plain(value, masked)}
    if json.dumps(value, separators=(",", ":"), ensure_ascii=False) != text:
        told["not_compact"] = True
    return told


def plain(value: Any, masked: Collection[str] = ()) -> Any:
    """A JSON value without what differs each time."""
    if isinstance(value, Mapping):
        return {
            name: VARIES if name in _BY_THE_WALL or name in masked else plain(member, masked)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [plain(item, masked) for item in value]
    return shortened(told_text(value)) if isinstance(value, str) else value


def entry(told: Mapping[str, Any], upstream: str) -> Any:
    """An entry of the journal; the times of the machine are left out."""
    text = json.dumps(told, ensure_ascii=False).replace(upstream, "@upstream")
    known = json.loads(text)
    return {name: plain(value) for name, value in known.items() if name not in _BY_THE_WALL}


def shortened(text: Any) -> Any:
    """A text, of a long one its beginning, length and digest."""
    if not isinstance(text, str):
        return text
    text = in_order(text)
    if len(text) <= _LONGEST:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return f"{text[:200]}... ({len(text)} characters, SHA-256 {digest})"


def steady(first: Any, second: Any) -> Any:
    """What two runs have in common; where a value differs it is marked."""
    if isinstance(first, dict) and isinstance(second, dict) and list(first) == list(second):
        return {name: steady(first[name], second[name]) for name in first}
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [steady(*pair) for pair in zip(first, second, strict=True)]
    return first if first == second else VARIES
