"""Whom a request speaks of, before anything in it is checked: for faults and the journal."""

from collections.abc import Callable

from emulator.core.realm import Realm
from emulator.core.verification import claimed_holder
from emulator.web.messages import Members

Who = Callable[[Realm, Members], str]
"""The name of the principal that members speak of; empty where they name none."""


def nobody(_: Realm, __: Members) -> str:
    """For operations that are about no principal."""
    return ""


def named_in(member: str) -> Who:
    """The principal whose name is a member."""

    def who(_: Realm, members: Members) -> str:
        name = members.get(member)
        return name if isinstance(name, str) else ""

    return who


def holder_in(vendor: str, member: str) -> Who:
    """The principal that a token, which is a member, says it was issued to."""

    def who(realm: Realm, members: Members) -> str:
        token = members.get(member)
        if not isinstance(token, str):
            return ""
        return claimed_holder(realm, realm.sections[vendor], token)

    return who
