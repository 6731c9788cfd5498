"""What Vault answers, and where."""

from emulator.core.outcomes import Refusal
from emulator.vendors.vault.outcomes import OUTCOMES
from emulator.vendors.vault.refreshing import refresh
from emulator.vendors.vault.rules import sign_in
from emulator.vendors.vault.wire import grant_type, parse_refresh, parse_sign_in, read
from emulator.web.operation import Api, Endpoint, Members, Operation

_BY_GRANT = {
    "password": Operation("sign_in", parse_sign_in, sign_in, success="signed_in"),
    "refresh_token": Operation("refresh", parse_refresh, refresh, success="refreshed"),
}


def choose(members: Members) -> Operation:
    """The operation of the grant that is asked for."""
    asked = grant_type(members)
    operation = _BY_GRANT.get(asked)
    if operation is None:
        known = " and ".join(_BY_GRANT)
        raise Refusal("unsupported_grant_type", f"{asked!r} is no grant here; {known} are")
    return operation


TOKEN = Endpoint(
    method="POST",
    paths=("/reg/auth/token",),
    operations=tuple(_BY_GRANT.values()),
    read=read,
    choose=choose,
)

API = Api(
    name="vault",
    title="Vault",
    bases=("/reg",),
    endpoints=(TOKEN,),
    outcomes=OUTCOMES,
)
