"""What NBC Gate answers, and where."""

from emulator.core.realm import Realm
from emulator.vendors.nbcgate.bearer import BEARER
from emulator.vendors.nbcgate.hosts import HOSTS
from emulator.vendors.nbcgate.mailed_codes import mail_code
from emulator.vendors.nbcgate.outcomes import OUTCOMES
from emulator.vendors.nbcgate.refreshing import refresh
from emulator.vendors.nbcgate.rules import NbcGate, check_token, log_out, sign_in
from emulator.vendors.nbcgate.wire import (
    OPEN_MEMBERS,
    SignInRequest,
    parse_check,
    parse_otp_email,
    parse_refresh,
    parse_sign_in,
    read,
    read_check,
)
from emulator.web.claimants import holder_in, named_in
from emulator.web.messages import Members
from emulator.web.operation import Api, Endpoint, Operation, nothing_read, session_of


def parse(realm: Realm, members: Members) -> SignInRequest:
    """The sign-in that the members ask for; what is required is the fixture's to say."""
    required = realm.of(NbcGate).sign_in_with == "password"
    return parse_sign_in(members, password_required=required)


def _assumed(realm: Realm) -> bool:
    return realm.of(NbcGate).assumed_endpoints


def _refreshes(realm: Realm) -> bool:
    return realm.of(NbcGate).refreshes


def _both(path: str) -> tuple[str, str]:
    # Two slashes as the reference prints it; one as the guide writes it. Swagger can send only one.
    return path, f"/{path}"


_EMAIL = named_in("email")


SIGN_IN = Endpoint(
    method="POST",
    paths=_both("/auth/sign-in"),
    operations=(
        Operation("sign_in", parse, sign_in, success="signed_in", who=_EMAIL, issues=True),
    ),
    read=read,
)

MAIL_CODE = Endpoint(
    method="POST",
    paths=_both("/auth/tfa/otp/email"),
    operations=(
        Operation("mail_code", parse_otp_email, mail_code, success="otp_mailed", who=_EMAIL),
    ),
    read=read,
    enabled=_assumed,
)

REFRESH = Endpoint(
    method="POST",
    paths=_both("/auth/token/refresh"),
    operations=(
        Operation(
            "refresh",
            parse_refresh,
            refresh,
            success="refreshed",
            who=holder_in("nbcgate", "refreshToken"),
            issues=True,
        ),
    ),
    read=read,
    enabled=_refreshes,
)

CHECK_TOKEN = Endpoint(
    method="POST",
    paths=_both("/auth/token/check"),
    operations=(
        Operation(
            "check_token",
            parse_check,
            check_token,
            success="token_good",
            who=holder_in("nbcgate", "token"),
        ),
    ),
    read=read_check,
    enabled=_assumed,
)

LOG_OUT = Endpoint(
    method="POST",
    paths=_both("/auth/log-out"),
    operations=(Operation("log_out", session_of, log_out, success="logged_out"),),
    read=nothing_read,
    authenticated=True,
    enabled=_assumed,
)

API = Api(
    name="nbcgate",
    title="NBC Gate",
    bases=("/auth", "//auth"),
    endpoints=(SIGN_IN, MAIL_CODE, REFRESH, CHECK_TOKEN, LOG_OUT),
    outcomes=OUTCOMES,
    bearer=BEARER,
    open_members=OPEN_MEMBERS,
    hosts=HOSTS,
)
