"""Every outcome of OmniOmni: its status, its body, and how we know it."""

from emulator.core.outcomes import Json, Outcome, Provenance, common_outcomes

_PAGE = "OmniOmni API Catalogue, Client Sign-In"
_ERROR: Json = {"error": "{{error}}"}
_ERROR_SOURCE = "the only error shape seen at this vendor (omni-safe/signs-overview)"

OUTCOMES = (
    Outcome(
        name="signed_in",
        status=200,
        when="`clientId` names an active client",
        provenance=Provenance.DOCUMENTED,
        body="{{answer}}",
        sample={"answer": {"accessToken": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6..."}},
        source=_PAGE,
    ),
    Outcome(
        name="client_not_found",
        status=404,
        when="`clientId` names no client",
        provenance=Provenance.DOCUMENTED,
        source=_PAGE,
    ),
    Outcome(
        name="invalid_credentials",
        status=401,
        when="the client is disabled or locked, or its signature is missing where it is required, "
        "wrong, stale or used before; the status is documented, the cases are assumed",
        provenance=Provenance.DOCUMENTED,
        source=_PAGE,
    ),
    Outcome(
        name="missing_client_id",
        status=401,
        when="`{}`, or a `clientId` that is null or empty",
        provenance=Provenance.ASSUMED,
        source="nothing was presented, and the page's schema allows it",
    ),
    Outcome(
        name="malformed_request",
        status=400,
        when="the body is missing or not a JSON object, or `clientId` is not a string",
        provenance=Provenance.ASSUMED,
        body=_ERROR,
        sample={"error": "Malformed JSON request"},
        source=_ERROR_SOURCE,
    ),
    Outcome(
        name="server_error",
        status=500,
        when="only if a fixture or fault asks for it",
        provenance=Provenance.ASSUMED,
        body=_ERROR,
        sample={"error": "Internal Server Error"},
        source=_ERROR_SOURCE,
    ),
    Outcome(
        name="invalid_token",
        status=401,
        when="a protected resource: no token, or one that is malformed, expired, revoked, or not "
        "this realm's and vendor's",
        provenance=Provenance.ASSUMED,
        headers={"WWW-Authenticate": "{{challenge}}"},
        sample={"challenge": 'Bearer error="invalid_token"'},
        source="RFC 6750 §3.1",
    ),
    Outcome(
        name="insufficient_scope",
        status=403,
        when="a protected resource: a valid token without the required scope",
        provenance=Provenance.ASSUMED,
        headers={"WWW-Authenticate": "{{challenge}}"},
        sample={"challenge": 'Bearer error="insufficient_scope"'},
        source="RFC 6750 §3.1",
    ),
    *common_outcomes(lambda _, phrase: {"error": phrase}, _ERROR_SOURCE),
)
