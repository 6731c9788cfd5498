"""Asking the doctor, in the tests' own process."""

import json
from typing import Any

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
