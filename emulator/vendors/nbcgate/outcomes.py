"""Every outcome of NBC Gate: its status, its body, and how we know it."""

from emulator.core.outcomes import Json, Mark, Outcome

_REFERENCE = "API reference, Auth, Sign in"
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
        mark=Mark.DOCUMENTED,
        body="{{answer}}",
        sample={"answer": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."},
        source=_REFERENCE,
    ),
    Outcome(
        name="invalid_request",
        status=400,
        when="no JSON, no object, or a field absent, of a wrong type, too short, or no e-mail "
        "address; the status is documented, that `email` must hold an `@` is assumed",
        mark=Mark.DOCUMENTED,
        body=_error(400, "Invalid request"),
        sample={"errors": _one(4001, "email")},
        source=f"{_REFERENCE} ({_SHAPE})",
    ),
    Outcome(
        name="user_not_found",
        status=404,
        when="no user has this e-mail",
        mark=Mark.DOCUMENTED,
        body=_error(404, "User not found", []),
        source=f"{_REFERENCE} ({_SHAPE})",
    ),
    Outcome(
        name="wrong_password",
        status=400,
        when="the password is another",
        mark=Mark.ASSUMED,
        body=_error(400, "Invalid password", _one(4005, "password")),
        source="no 401 is documented; the guide groups 400 and 404",
    ),
    Outcome(
        name="otp_required",
        status=400,
        when="the user has a one-time code switched on and none was sent",
        mark=Mark.ASSUMED,
        body=_error(400, "One-time code required", _one(4006, "otp")),
    ),
    Outcome(
        name="otp_wrong",
        status=400,
        when="the one-time code is another, or the user has none",
        mark=Mark.ASSUMED,
        body=_error(400, "Invalid one-time code", _one(4007, "otp")),
    ),
    Outcome(
        name="user_blocked",
        status=400,
        when="the user's status is `disabled` or `locked`",
        mark=Mark.ASSUMED,
        body=_error(400, "User is blocked", _one(4008, "email")),
    ),
    Outcome(
        name="server_error",
        status=500,
        when="only when a fixture asks for it",
        mark=Mark.DOCUMENTED,
        body=_error(500, "Internal Server Error", []),
        source=f"{_REFERENCE} ({_SHAPE})",
    ),
    Outcome(
        name="path_unknown",
        status=404,
        when="a path below the vendor's base path that the emulator does not have",
        mark=Mark.ASSUMED,
        body=_error(404, "Not Found", []),
    ),
    Outcome(
        name="method_not_allowed",
        status=405,
        when="a method that the path does not take; `Allow` names those that it takes",
        mark=Mark.ASSUMED,
        body=_error(405, "Method Not Allowed", []),
    ),
    Outcome(
        name="body_too_large",
        status=413,
        when="a body over 64 KiB",
        mark=Mark.ASSUMED,
        body=_error(413, "Payload Too Large", []),
    ),
)
