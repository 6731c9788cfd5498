"""Suggesting, to who wrote a name that is not known, the one that was meant."""

from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean "password"?`, or what there is to choose from when nothing is near."""
    from difflib import get_close_matches  # only who errs waits for it

    names = list(known)
    near = get_close_matches(given.casefold(), names, n=1, cutoff=0.6)
    if not near:
        folded = {name.casefold(): name for name in names}
        near = [folded[n] for n in get_close_matches(given.casefold(), folded, n=1, cutoff=0.6)]
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; expected one of {', '.join(names)}" if names else ""
