"""The outcomes of the control API. Its refusals are problem details (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from emulator.core.outcomes import Json, Outcome, Provenance, status_phrase, templates

PROBLEM_JSON = "application/problem+json"


class ProblemDetails(BaseModel):
    """A refusal (RFC 9457)."""

    title: str
    status: int
    detail: str


class FieldProblem(BaseModel):
    """One thing that is wrong in a body or a query: where, and what."""

    path: str
    message: str


class InvalidRequestProblem(ProblemDetails):
    """A refusal of a body or a query, with everything that is wrong in it."""

    errors: list[FieldProblem]


class NotVerifiedProblem(ProblemDetails):
    """The journal is not as expected; `nearest` are the calls that came nearest."""

    count: int
    expected: int | dict[str, int]
    dropped: int
    nearest: list[dict[str, Any]]


def _outcome(
    name: str, status: int, when: str, body: Json = None, headers: Mapping[str, str] | None = None
) -> Outcome:
    return Outcome(
        name=name,
        status=status,
        when=when,
        provenance=Provenance.DOCUMENTED,
        body=body,
        headers=headers or {},
        sample={"answer": {}} if body == "{{answer}}" else {},
    )


def _problem(
    name: str,
    status: int,
    when: str,
    more: Mapping[str, Json] | None = None,
    sample: Mapping[str, Json] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Outcome:
    shape: dict[str, Json] = {
        "title": status_phrase(status),
        "status": status,
        "detail": "{{reason}}",
    }
    return Outcome(
        name=name,
        status=status,
        when=when,
        provenance=Provenance.DOCUMENTED,
        headers={"content-type": PROBLEM_JSON, **(headers or {})},
        body={**shape, **(more or {})},
        sample=sample or {},
    )


OUTCOMES = (
    _outcome("ok", 200, "the call succeeded", "{{answer}}"),
    _outcome(
        "jwks_sent",
        200,
        "the call succeeded",
        "{{answer}}",
        {"content-type": "application/jwk-set+json"},
    ),
    _outcome(
        "ca_certificate_sent",
        200,
        "the server serves HTTPS",
        "{{answer}}",
        {"content-type": "application/x-pem-file"},
    ),
    _outcome("revoked", 200, "the token is revoked"),
    _outcome(
        "nothing_revoked",
        200,
        "the token was invalid already; the reason says why (RFC 7009 §2.2)",
    ),
    _outcome(
        "token_inactive",
        200,
        "the token is invalid; the reason says why (RFC 7662 §2.2)",
        {"active": False},
    ),
    _outcome("created", 201, "it was created", "{{answer}}"),
    _outcome("no_content", 204, "it was done"),
    _problem(
        "invalid_request",
        400,
        "the body or the query is invalid",
        {"errors": "{{errors}}"},
        {"errors": []},
    ),
    _problem(
        "admin_token_missing",
        401,
        "the network can reach the control API, and no admin token was sent",
        headers={"www-authenticate": 'Bearer realm="emulator"'},
    ),
    _problem(
        "admin_token_wrong",
        401,
        "what was sent is not the admin token",
        headers={"www-authenticate": 'Bearer realm="emulator", error="invalid_token"'},
    ),
    _problem("cross_site_request", 403, "a page of another site sent it"),
    _problem("unknown_host", 421, "a `Host` that is not allowed"),
    _problem("realm_not_found", 404, "a realm that does not exist, or has expired"),
    _problem("not_found", 404, "what the path names does not exist"),
    _problem("no_https", 404, "the server does not serve HTTPS"),
    _problem("default_realm_protected", 409, "the default realm cannot be created or removed"),
    _problem(
        "verification_failed",
        409,
        "the journal is not as expected; the detail says why",
        {
            "count": "{{count}}",
            "expected": "{{expected}}",
            "dropped": "{{dropped}}",
            "nearest": "{{nearest}}",
        },
        {"count": 0, "expected": {"at_least": 1}, "dropped": 0, "nearest": []},
    ),
    _problem("too_many", 507, "a limit is reached"),
    _problem("server_error", 500, "only if a fault asks for it"),
    _problem("store_full", 507, "the table of revoked tokens is full"),
    _problem("path_unknown", 404, "the control API has no such path"),
    _problem("method_not_allowed", 405, "the path does not accept the method"),
    _problem("body_too_large", 413, "the body is larger than 64 KiB"),
)

RESPONSES = templates(OUTCOMES, {})
"""The outcomes, prepared for rendering."""
