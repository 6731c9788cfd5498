"""`auth-emulator schema`: one document, wherever it goes."""

import json
import re

from commands import on_a_terminal, ran

_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_shows_the_same_document_in_colours() -> None:
    shown = on_a_terminal("schema").stdout
    assert _COLORS.search(shown)
    assert json.loads(_COLORS.sub("", shown)) == json.loads(ran("schema").stdout)
