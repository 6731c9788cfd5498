"""Every outcome of NBC Gate: its status, its body, and how we know it."""

from emulator.core.outcomes import Json, Outcome, Provenance, common_outcomes

_REFERENCE = "API reference, Auth, Sign in"
_NAMED = "API reference, navigation (the name alone)"
_SHAPE = "body: the newer scheme's shape, the only one known at this vendor"


def _error(status: int, message: str, errors: Json = "{{errors}}") -> Json:
    return {"statusCode": status, "message": message, "errors": errors}


def _one(code: int, field: str) -> Json:
    return [{"code": code, "field": field}]


OUTCOMES = (
    Outcome(
        name="signed_in",
        status=200,
        when="e-mail and password are a user's; the body is the token, a bare JSON string",
        provenance=Provenance.DOCUMENTED,
        body="{{answer}}",
        sample={"answer": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."},
        source=_REFERENCE,
    ),
    Outcome(
        name="invalid_request",
        status=400,
        when="no JSON, no object, or a field absent, of a wrong type, too short, or no e-mail "
        "address; the status is documented, that `email` must hold an `@` is assumed",
        provenance=Provenance.DOCUMENTED,
        body=_error(400, "Invalid request"),
        sample={"errors": _one(4001, "email")},
        source=f"{_REFERENCE} ({_SHAPE})",
    ),
    Outcome(
        name="user_not_found",
        status=404,
        when="no user has this e-mail",
        provenance=Provenance.DOCUMENTED,
        body=_error(404, "User not found", []),
        source=f"{_REFERENCE} ({_SHAPE})",
    ),
    Outcome(
        name="wrong_password",
        status=400,
        when="the password is wrong",
        provenance=Provenance.ASSUMED,
        body=_error(400, "Invalid password", _one(4005, "password")),
        source="no 401 is documented; the guide groups 400 and 404",
    ),
    Outcome(
        name="otp_required",
        status=400,
        when="the user needs a one-time code and none was sent",
        provenance=Provenance.ASSUMED,
        body=_error(400, "One-time code required", _one(4006, "otp")),
    ),
    Outcome(
        name="otp_wrong",
        status=400,
        when="the one-time code is wrong, or was sent instead of a password by a user without one",
        provenance=Provenance.ASSUMED,
        body=_error(400, "Invalid one-time code", _one(4007, "otp")),
    ),
    Outcome(
        name="otp_expired",
        status=400,
        when="the mailed code has expired",
        provenance=Provenance.ASSUMED,
        body=_error(400, "One-time code expired", _one(4009, "otp")),
    ),
    Outcome(
        name="otp_locked",
        status=400,
        when="the code that was mailed has been tried too often, and not even the right one helps",
        provenance=Provenance.ASSUMED,
        body=_error(400, "One-time code locked", _one(4010, "otp")),
    ),
    Outcome(
        name="user_blocked",
        status=400,
        when="the user's status is `disabled` or `locked`",
        provenance=Provenance.ASSUMED,
        body=_error(400, "User is blocked", _one(4008, "email")),
    ),
    Outcome(
        name="server_error",
        status=500,
        when="only if a fixture or fault asks for it",
        provenance=Provenance.DOCUMENTED,
        body=_error(500, "Internal Server Error", []),
        source=f"{_REFERENCE} ({_SHAPE})",
    ),
    Outcome(
        name="otp_mailed",
        status=200,
        when="`/auth/tfa/otp/email`: a code was mailed, into the outbox",
        provenance=Provenance.ASSUMED,
        body="{{answer}}",
        sample={
            "answer": {
                "email": "alice@example.com",
                "expiresAt": "2026-01-01T00:05:00.000Z",
                "resendAt": "2026-01-01T00:01:00.000Z",
            }
        },
        source=_NAMED,
    ),
    Outcome(
        name="otp_too_early",
        status=400,
        when="`/auth/tfa/otp/email`: the last code was mailed less than `resend_after` ago",
        provenance=Provenance.ASSUMED,
        body=_error(400, "One-time code was sent already", _one(4011, "email")),
        source=_NAMED,
    ),
    Outcome(
        name="otp_not_mailed",
        status=400,
        when="`/auth/tfa/otp/email`: the user has no mailed codes",
        provenance=Provenance.ASSUMED,
        body=_error(400, "One-time code cannot be sent", _one(4012, "email")),
        source=_NAMED,
    ),
    Outcome(
        name="refreshed",
        status=200,
        when="`/auth/token/refresh`: the refresh token is valid; a new pair replaces it",
        provenance=Provenance.ASSUMED,
        body="{{answer}}",
        sample={
            "answer": {
                "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
                "refreshToken": "ZXlKaGJHY2lP...",
            }
        },
        source=_NAMED,
    ),
    Outcome(
        name="refresh_token_expired",
        status=401,
        when="`/auth/token/refresh`: the refresh token has expired",
        provenance=Provenance.ASSUMED,
        body=_error(401, "Refresh token expired", _one(4013, "refreshToken")),
        source=_NAMED,
    ),
    Outcome(
        name="refresh_token_reused",
        status=401,
        when="`/auth/token/refresh`: the refresh token was used before",
        provenance=Provenance.ASSUMED,
        body=_error(401, "Refresh token was used", _one(4014, "refreshToken")),
        source=_NAMED,
    ),
    Outcome(
        name="refresh_token_invalid",
        status=401,
        when="`/auth/token/refresh`: no refresh token, or one that is revoked or not this realm's "
        "and vendor's",
        provenance=Provenance.ASSUMED,
        body=_error(401, "Invalid refresh token", _one(4015, "refreshToken")),
        source=_NAMED,
    ),
    Outcome(
        name="token_valid",
        status=200,
        when="`/auth/token/check`: the token is valid",
        provenance=Provenance.ASSUMED,
        body="{{answer}}",
        sample={"answer": {"email": "alice@example.com", "expiresAt": "2026-01-01T01:00:00.000Z"}},
        source=_NAMED,
    ),
    Outcome(
        name="logged_out",
        status=204,
        when="`/auth/log-out`: the session ends: every token of its sign-in is revoked",
        provenance=Provenance.ASSUMED,
        source=_NAMED,
    ),
    Outcome(
        name="invalid_token",
        status=401,
        when="a protected resource, `/auth/token/check`, `/auth/log-out`: no token (code 4016), or "
        "one that is malformed, expired, revoked, or not this realm's and vendor's (code 4017)",
        provenance=Provenance.ASSUMED,
        body=_error(401, "Unauthorized"),
        sample={"errors": [{"code": 4017}]},
        source="the newer scheme's codes for X-API-Key",
    ),
    Outcome(
        name="insufficient_scope",
        status=403,
        when="a protected resource: a valid token without the required scope",
        provenance=Provenance.ASSUMED,
        body=_error(403, "Forbidden", []),
    ),
    *common_outcomes(lambda status, phrase: _error(status, phrase, []), ""),
)
