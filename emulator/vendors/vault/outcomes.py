"""Every outcome of Vault: its status, its body, and how we know it."""

from emulator.core.outcomes import Json, Outcome, Provenance, common_outcomes, status_phrase

_PAGE = "OAuth 2.0 Token Service, Sign in"
_REFRESH_PAGE = "v2.0, refresh_token"
_ENVELOPE = "the envelope is on the v2.0 page refresh_token"

# The apostrophe is the vendor's U+2019.
_WRONG_CREDENTIALS = (
    "We couldn\u2019t sign you in. Please double-check your email and password and try again."
)
_USER = "usr:74177c2d-11b5-4536-af4e-485dfd078cc1"


def _envelope(status: int, message: str, errors: Json = None) -> Json:
    return {
        "status": status_phrase(status).upper().replace(" ", "_"),
        "message": message,
        "traceId": "TraceId unavailable",
        "errors": errors or [],
    }


def _answer(scope: str) -> Json:
    return {
        "access_token": "eyJraWQiOiJm...",
        "token_type": "Bearer",
        "refresh_token": "eyJraWQiOiJm...",
        "scope": scope,
        "expires_in": 86400,
        "user_id": _USER,
    }


OUTCOMES = (
    Outcome(
        name="signed_in",
        status=200,
        when="client, user name and password are right; the scopes are in the fixture's order",
        provenance=Provenance.DOCUMENTED,
        body="{{answer}}",
        sample={"answer": _answer("top_up_account:show accounts:read")},
        source=_PAGE,
    ),
    Outcome(
        name="refreshed",
        status=200,
        when="the refresh token is valid: a new pair, with the scopes in alphabetical order",
        provenance=Provenance.DOCUMENTED_ELSEWHERE,
        body="{{answer}}",
        sample={"answer": _answer("accounts:read top_up_account:show")},
        source=_REFRESH_PAGE,
    ),
    Outcome(
        name="wrong_credentials",
        status=401,
        when="the user is unknown or the password is wrong; both have the same body",
        provenance=Provenance.ASSUMED,
        body=_envelope(401, _WRONG_CREDENTIALS),
        source="the text is on the v3 sign-in page",
    ),
    Outcome(
        name="refresh_token_expired",
        status=401,
        when="the refresh token has expired; the message has the time",
        provenance=Provenance.DOCUMENTED_ELSEWHERE,
        body=_envelope(401, "The Token has expired on {{expired_at}}"),
        sample={"expired_at": "2025-01-01T00:00:00.000Z"},
        source=_REFRESH_PAGE,
    ),
    Outcome(
        name="refresh_token_invalid",
        status=401,
        when="the refresh token is unknown, revoked, of another realm or client, or badly signed",
        provenance=Provenance.ASSUMED,
        body=_envelope(401, "The Token is invalid"),
        source=_ENVELOPE,
    ),
    Outcome(
        name="refresh_token_reused",
        status=401,
        when="the refresh token was used before; the body is that of an invalid one",
        provenance=Provenance.ASSUMED,
        body=_envelope(401, "The Token is invalid"),
        source=_ENVELOPE,
    ),
    Outcome(
        name="unknown_client",
        status=401,
        when="`client_id` names no client, or one that is disabled or locked",
        provenance=Provenance.ASSUMED,
        body=_envelope(401, "Unknown client"),
        source=_ENVELOPE,
    ),
    Outcome(
        name="invalid_request",
        status=400,
        when="the body is neither JSON nor a form, or a member is missing or of a wrong type",
        provenance=Provenance.ASSUMED,
        body=_envelope(400, "The request is invalid", "{{errors}}"),
        sample={"errors": [{"field": "username", "message": "username is absent"}]},
        source=_ENVELOPE,
    ),
    Outcome(
        name="unsupported_grant_type",
        status=400,
        when="`grant_type` is neither `password` nor `refresh_token`",
        provenance=Provenance.ASSUMED,
        body=_envelope(400, "Unsupported grant type"),
        source=_ENVELOPE,
    ),
    Outcome(
        name="invalid_scope",
        status=400,
        when="`scope` names a scope that the user (or the refresh token) does not have",
        provenance=Provenance.ASSUMED,
        body=_envelope(400, "The requested scope is invalid"),
        source="RFC 6749 §3.3",
    ),
    Outcome(
        name="user_blocked",
        status=401,
        when="the user's status is `disabled` or `locked`",
        provenance=Provenance.ASSUMED,
        body=_envelope(401, "The user is blocked"),
        source=_ENVELOPE,
    ),
    Outcome(
        name="server_error",
        status=500,
        when="only if a fixture or fault asks for it",
        provenance=Provenance.ASSUMED,
        body=_envelope(500, "Internal Server Error"),
        source=_ENVELOPE,
    ),
    Outcome(
        name="logged_out",
        status=204,
        when="the session ends: every token of its sign-in is revoked",
        provenance=Provenance.ASSUMED,
        source="seen in client code, not in the vendor's pages",
    ),
    Outcome(
        name="invalid_token",
        status=401,
        when="a protected resource: no token, or one that is malformed, expired (the message says "
        "when), revoked, or not this realm's and vendor's",
        provenance=Provenance.ASSUMED,
        headers={"WWW-Authenticate": "{{challenge}}"},
        body=_envelope(401, "{{message}}"),
        sample={"message": "The Token is invalid", "challenge": 'Bearer error="invalid_token"'},
        source=_ENVELOPE,
    ),
    Outcome(
        name="insufficient_scope",
        status=403,
        when="a protected resource: a valid token without the required scope",
        provenance=Provenance.ASSUMED,
        headers={"WWW-Authenticate": "{{challenge}}"},
        body=_envelope(403, "The Token does not have the required scope"),
        sample={"challenge": 'Bearer error="insufficient_scope"'},
        source=_ENVELOPE,
    ),
    *common_outcomes(_envelope, _ENVELOPE),
)
