"""Every script."""

from collections.abc import Iterator

from records.calls import Script
from records.scripts import (
    bearers,
    bodies,
    codes,
    control,
    cors,
    documented,
    door,
    faults,
    journal,
    minting,
    more,
    outcomes,
    realms,
    settings,
    signing,
)


def every_script() -> Iterator[Script]:
    """All themes, one after the other."""
    for theme in (
        outcomes,
        bodies,
        signing,
        bearers,
        control,
        realms,
        faults,
        journal,
        minting,
        codes,
        settings,
        door,
        cors,
        documented,
        more,
    ):
        yield from theme.scripts()
