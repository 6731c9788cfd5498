"""Whether a realm is still there: shared by all that is its."""


class Life:
    """`over` once its realm was removed, or reset and followed by another."""

    __slots__ = ("over",)

    def __init__(self) -> None:
        self.over = False
