"""Answering at a protected resource: the bearer check, then what the fixture says."""

from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.resources import Match
from emulator.web.answering import answered, values_of
from emulator.web.bearer import checked, claimant
from emulator.web.forwarding import Forwarder
from emulator.web.messages import Answer, Request
from emulator.web.operation import Api
from emulator.web.striking import struck

OPERATION = "resource"
"""What the journal and faults call it."""

FORWARDED = "forwarded"
"""The outcome of a call that another server answered."""


async def answer_resource(
    api: Api, realm: Realm, match: Match, request: Request, forwarder: Forwarder
) -> Answer:
    """The answer of a resource of `api`, or the refusal of the token that was sent."""
    assert api.bearer is not None  # noqa: S101 - only vendors have resources, and all have this
    principal = claimant(api.bearer, realm, api.name, request)

    async def work(realm: Realm) -> Answer:
        return await _answer(api, realm, match, request, forwarder)

    strike = None
    if realm.faults:
        members = dict(match.parameters)
        strike = realm.faults.striking(api.name, OPERATION, principal, members)
    if strike is None:
        answer = await work(realm)
    else:
        answer = await struck(strike, realm, api.name, principal, work, api.refuse)
    answer.operation = OPERATION
    answer.principal = answer.principal or principal
    return answer


async def _answer(
    api: Api, realm: Realm, match: Match, request: Request, forwarder: Forwarder
) -> Answer:
    resource = match.resource
    assert api.bearer is not None  # noqa: S101 - see above
    try:
        verified = await checked(api.bearer, realm, api.name, request, resource.scopes)
        if resource.forward_to is not None:
            answer = await forwarder.forward(resource.forward_to, request)
            answer.outcome = FORWARDED
            return answer
    except Refusal as refusal:
        return api.refuse(realm, refusal)
    answerer = resource.answer
    assert answerer is not None  # noqa: S101 - the fixture's model sees to it
    values = values_of(realm, **match.parameters)
    return answered(answerer, values | {"principal": verified.holder.name})
