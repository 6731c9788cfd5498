"""What Vault answers, and where."""

import re

from emulator.core.outcomes import Refusal
from emulator.vendors.vault.bearer import BEARER
from emulator.vendors.vault.hosts import HOSTS
from emulator.vendors.vault.outcomes import OUTCOMES
from emulator.vendors.vault.refreshing import refresh
from emulator.vendors.vault.rules import log_out, sign_in
from emulator.vendors.vault.wire import (
    OPEN_MEMBERS,
    grant_type,
    parse_refresh,
    parse_sign_in,
    read,
)
from emulator.web.claimants import holder_in, named_in
from emulator.web.messages import Members
from emulator.web.operation import Api, Endpoint, Operation, nothing_read, session_of

_NAME = re.compile(r"[A-Za-z0-9_:.-]{1,60}")

_BY_GRANT = {
    "password": Operation(
        "sign_in",
        parse_sign_in,
        sign_in,
        success="signed_in",
        who=named_in("username"),
        issues=True,
    ),
    "refresh_token": Operation(
        "refresh",
        parse_refresh,
        refresh,
        success="refreshed",
        who=holder_in("vault", "refresh_token"),
        issues=True,
    ),
}


def choose(members: Members) -> Operation:
    """The operation of the grant that is asked for."""
    asked = grant_type(members)
    operation = _BY_GRANT.get(asked)
    if operation is None:
        known = " and ".join(_BY_GRANT)
        # A body that is not what it says may have put anything here, a password too.
        named = repr(asked) if _NAME.fullmatch(asked) else "what was sent"
        raise Refusal("unsupported_grant_type", f"{named} is no grant here; {known} are")
    return operation


TOKEN = Endpoint(
    method="POST",
    paths=("/reg/auth/token",),
    operations=tuple(_BY_GRANT.values()),
    read=read,
    choose=choose,
)

LOG_OUT = Endpoint(
    method="DELETE",
    paths=("/reg/user/session/logout/current",),
    operations=(Operation("log_out", session_of, log_out, success="logged_out"),),
    read=nothing_read,
    authenticated=True,
)

API = Api(
    name="vault",
    title="Vault",
    bases=("/reg",),
    endpoints=(TOKEN, LOG_OUT),
    outcomes=OUTCOMES,
    bearer=BEARER,
    open_members=OPEN_MEMBERS,
    hosts=HOSTS,
    token_endpoint=TOKEN.paths[0],
)
