"""Suggestions for an unknown name: the nearest known one."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean "password"?`, or the known names if none of them is near.

    Upper and lower case do not matter. Empty if nothing is known.
    """
    names = list(known)
    near = get_close_matches(given.casefold(), names, n=1, cutoff=0.6)
    if not near:
        folded = {name.casefold(): name for name in names}
        near = [folded[n] for n in get_close_matches(given.casefold(), folded, n=1, cutoff=0.6)]
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; expected one of {', '.join(names)}" if names else ""
