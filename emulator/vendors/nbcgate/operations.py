"""What NBC Gate answers, and where."""

from emulator.core.realm import Realm
from emulator.vendors.nbcgate.outcomes import OUTCOMES
from emulator.vendors.nbcgate.rules import NbcGate, sign_in
from emulator.vendors.nbcgate.wire import SignInRequest, parse_sign_in, read
from emulator.web.operation import Api, Endpoint, Members, Operation


def parse(realm: Realm, members: Members) -> SignInRequest:
    """The sign-in that the members ask for; what is required is the fixture's to say."""
    required = realm.of(NbcGate).sign_in_with == "password"
    return parse_sign_in(members, password_required=required)


SIGN_IN = Endpoint(
    method="POST",
    # Two slashes as the reference prints it; one as the guide writes it. Swagger can send only one.
    paths=("/auth/sign-in", "//auth/sign-in"),
    operations=(Operation("sign_in", parse, sign_in, success="signed_in"),),
    read=read,
)

API = Api(
    name="nbcgate",
    title="NBC Gate",
    bases=("/auth", "//auth"),
    endpoints=(SIGN_IN,),
    outcomes=OUTCOMES,
)
