"""What OmniOmni answers, and where."""

from emulator.vendors.omniomni.bearer import BEARER
from emulator.vendors.omniomni.hosts import HOSTS
from emulator.vendors.omniomni.outcomes import OUTCOMES
from emulator.vendors.omniomni.rules import sign_in
from emulator.vendors.omniomni.wire import OPEN_MEMBERS, parse_sign_in, read
from emulator.web.claimants import named_in
from emulator.web.operation import Api, Endpoint, Operation

SIGN_IN = Endpoint(
    method="POST",
    # The server's base path is part of what is documented; clients are configured with and without.
    paths=(
        "/ecrop-command/omni-omni/v1/auth/client-token",
        "/omni-omni/v1/auth/client-token",
    ),
    operations=(
        Operation(
            "sign_in",
            parse_sign_in,
            sign_in,
            success="signed_in",
            who=named_in("clientId"),
            issues=True,
        ),
    ),
    read=read,
)

API = Api(
    name="omniomni",
    title="OmniOmni",
    bases=("/ecrop-command", "/omni-omni"),
    endpoints=(SIGN_IN,),
    outcomes=OUTCOMES,
    bearer=BEARER,
    open_members=OPEN_MEMBERS,
    hosts=HOSTS,
)
