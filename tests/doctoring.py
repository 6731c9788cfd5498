"""Asking the doctor, in the tests' own process."""

import json
import socket
from typing import Any

import pytest
from commands import ran_here


def examined(url: str, *options: str) -> list[dict[str, Any]]:
    """The doctor's findings; the exit status is held against them."""
    done = ran_here("doctor", url, "--json", "--timeout", "5", *options)
    told = json.loads(done.stdout)
    is_wrong = any(finding["level"] == "wrong" for finding in told["findings"])
    assert done.status == (1 if is_wrong else 0)
    assert told["verdict"] == ("wrong" if is_wrong else "good")
    for finding in told["findings"]:
        assert (finding["level"] == "ok") is (finding["finding"] is None)
        assert (finding["remedy"] is None) is (finding["finding"] is None)
    findings: list[dict[str, Any]] = told["findings"]
    return findings


def found(url: str, *options: str) -> dict[str, dict[str, Any]]:
    """What is not as it should be, by its name."""
    return {f["finding"]: f for f in examined(url, *options) if f["finding"]}


def wrongs(url: str, *options: str) -> list[str]:
    """The names of what is wrong."""
    return [f["finding"] for f in examined(url, *options) if f["level"] == "wrong"]


def named(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> None:
    """Let a name be looked up, as a network's DNS or /etc/hosts would."""
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        hosts = addresses if host in (name, name.encode()) else [host]  # anyio looks up bytes
        return [entry for each in hosts for entry in real(each, port, *rest, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
