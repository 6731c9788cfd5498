"""Answering at a protected resource: the bearer check, then what the fixture says."""

from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.resources import Match
from emulator.web.bearer import checked
from emulator.web.forwarding import Forwarder
from emulator.web.messages import Answer, Request
from emulator.web.operation import Api, answered, struck_answer, values_of

OPERATION = "resource"
"""What the journal and faults call it."""


async def answer_resource(
    api: Api, realm: Realm, match: Match, request: Request, forwarder: Forwarder
) -> Answer:
    """The answer of a resource of `api`, or the refusal of the token that was sent."""
    resource = match.resource
    assert api.bearer is not None  # noqa: S101 - only vendors have resources, and all have this
    try:
        if realm.faults:
            struck = await struck_answer(realm, api.name, OPERATION, dict(match.parameters))
            if struck is not None:
                return struck
        verified = await checked(api.bearer, realm, api.name, request, resource.scopes)
        if resource.forward_to is not None:
            return await forwarder.forward(resource.forward_to, request)
    except Refusal as refusal:
        return api.refuse(realm, refusal)
    answerer = resource.answer
    assert answerer is not None  # noqa: S101 - the fixture's model sees to it
    values = values_of(realm, **match.parameters)
    return answered(answerer, values | {"principal": verified.holder.name})
