"""References to earlier answers: `<<3.access_token>>` is that member of the answer to call 3.

`<<3>>` is a whole answer that is a bare JSON string, `<<3.mails.0.code>>` goes through lists, and
`<<3.access_token|tampered>>` changes what was found.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from records.calls import Body

_REFERENCE = re.compile(r"<<(\d+)((?:\.\w+)*)((?:\|\w+)*)>>")


def filled(text: str, answers: Mapping[int, Any]) -> str:
    """A text with its references filled in; what is not there becomes `absent`."""
    return _REFERENCE.sub(lambda found: _value(found, answers), text)


def filled_body(body: Body, answers: Mapping[int, Any]) -> Body:
    """The same of a body."""
    if isinstance(body, str):
        return filled(body, answers)
    if isinstance(body, dict):
        return body
    return [filled(part, answers) if isinstance(part, str) else part for part in body]


def _value(found: re.Match[str], answers: Mapping[int, Any]) -> str:
    value = answers.get(int(found[1]))
    for name in found[2].split(".")[1:]:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            value = None
    text = value if isinstance(value, str) else "absent" if value is None else str(value)
    for name in found[3].split("|")[1:]:
        text = _CHANGES[name](text)
    return text


def _tampered(token: str) -> str:
    """Another claim under the same signature."""
    parts = token.split(".")
    if len(parts) != 3:
        return token + "x"
    claims = urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    forged = urlsafe_b64encode(claims.replace(b'"sub":"', b'"sub":"x')).decode().rstrip("=")
    return ".".join((parts[0], forged, parts[2]))


def _forged(token: str) -> str:
    """The first character of the signature is another."""
    rest, _, signature = token.rpartition(".")
    return f"{rest}.{'B' if signature[:1] == 'A' else 'A'}{signature[1:]}"


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "tampered": _tampered,
    "forged": _forged,
    "unsigned": lambda token: token.rpartition(".")[0] + ".",
    "half": lambda token: token[: len(token) // 2],
    "upper": str.upper,
    "twice": lambda token: f"{token}.{token}",
    "headless": lambda token: token.partition(".")[2],
    "spaced": lambda token: f" {token} ",
}
