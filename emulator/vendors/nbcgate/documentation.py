"""What OpenAPI shows of NBC Gate's fixture: its users, and its settings."""

from dataclasses import replace

from emulator.core.outcomes import Outcome, Provenance
from emulator.http.openapi import MAX_EXAMPLES, Overlay, Schema, shown_secret
from emulator.vendors.nbcgate.models import NbcGateFixture, NbcGateUser, TokenPair
from emulator.vendors.nbcgate.outcomes import OUTCOMES

_EXAMPLES: dict[str, Schema] = {
    "mailCode": {"summary": "Mail a one-time code", "value": {"email": "alice@example.com"}},
    "refresh": {"summary": "Refresh", "value": {"refreshToken": "ZXlKaGJHY2lP..."}},
    "checkToken": {"summary": "Check a token", "value": {}},
}


def overlay(fixture: NbcGateFixture, show_passwords: bool) -> Overlay:  # noqa: FBT001 - VendorDocs
    """See `VendorDocs`."""
    users = {
        user.name: _example(user, show=show_passwords) for user in fixture.users[:MAX_EXAMPLES]
    }
    answer = {"type": "string"}
    outcomes = {}
    if not fixture.answers_a_string:
        answer = {"$ref": f"#/components/schemas/{TokenPair.__name__}"}
        outcomes = {"signed_in": _signed_in_with_a_pair()}
    only_password = fixture.sign_in_with == "password"
    return Overlay(
        examples={"signIn": users} | {id_: {"example": one} for id_, one in _EXAMPLES.items()},
        outcomes=outcomes,
        answers={"signIn": answer},
        required={"SignInRequest": ["email", "password"] if only_password else ["email"]},
    )


def _signed_in_with_a_pair() -> Outcome:
    (documented,) = (outcome for outcome in OUTCOMES if outcome.name == "signed_in")
    return replace(
        documented,
        provenance=Provenance.DOCUMENTED_ELSEWHERE,
        when="the e-mail and what the user signs in with are a user's",
        sample={
            "answer": {"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...", "refreshToken": "..."}
        },
    )


def _example(user: NbcGateUser, *, show: bool) -> Schema:
    body: Schema = {"email": user.name, "password": shown_secret(user.password, show=show)}
    status = user.status
    if user.otp is not None and user.otp.code is not None:
        body["otp"] = shown_secret(user.otp.code, show=show)
    elif user.otp is not None:
        body["otp"] = "(the code in the outbox)" if user.otp.mailed else "(the code of the app)"
        status += "; put in its one-time code"
    return {"summary": f"{user.name} ({status})", "value": body}
