"""The lines of the log."""

import json
import logging
import re

import pytest

from emulator.server.logs import log_to_stderr


def three_lines(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> list[str]:
    """What the log of a process of its own would have on stderr."""
    emulator, root = logging.getLogger("emulator"), logging.getLogger()
    levels = emulator.level, root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(root, "handlers", [])  # pytest's own
        log_to_stderr(as_json=as_json)
        emulator.info("served é %s", "x")
        emulator.warning("odd")
        emulator.error("a bug", exc_info=ValueError("why"))
        logging.getLogger("other").info("not for this log")
    emulator.setLevel(levels[0])
    root.setLevel(levels[1])
    return capsys.readouterr().err.splitlines()


def test_text_has_the_time_and_the_level_of_what_is_worse_than_information(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = three_lines(capsys, as_json=False)
    at = r"\d\d:\d\d:\d\d\.\d{3} "
    assert re.fullmatch(at + "served é x", lines[0])
    assert re.fullmatch(at + "warning: odd", lines[1])
    assert re.fullmatch(at + "error: a bug", lines[2])
    assert lines[-1] == "ValueError: why"


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in three_lines(capsys, as_json=True)]
    assert [(line["level"], line["message"]) for line in lines] == [
        ("info", "served é x"),
        ("warning", "odd"),
        ("error", "a bug"),
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", lines[0]["time"])
    assert lines[2]["exception"].endswith("ValueError: why")
