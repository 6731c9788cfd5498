"""Outcomes as answers."""

from collections.abc import Mapping

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Answerer
from emulator.core.realm import Realm
from emulator.web.messages import Answer


def answered(answerer: Answerer, values: Mapping[str, object]) -> Answer:
    """An outcome as an answer, with what its headers and body want filled in."""
    return Answer(
        answerer.status,
        answerer.headers_with(values),
        answerer.render(values),
        outcome=answerer.outcome.name,
        ours=True,
        text=answerer.text,
    )


def values_of(realm: Realm, /, **more: object) -> dict[str, object]:
    """The placeholders that every outcome knows, and these."""
    return {"reason": "", "principal": "", "now": iso_milliseconds(realm.clock.now())} | more
