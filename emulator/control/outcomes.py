"""The outcomes of the control API. Its refusals are problem details (RFC 9457)."""

from collections.abc import Mapping

from emulator.core.outcomes import Json, Mark, Outcome, status_phrase

_PROBLEM = {"content-type": "application/problem+json"}


def _problem(
    name: str,
    status: int,
    when: str,
    more: Mapping[str, Json] | None = None,
    sample: Mapping[str, Json] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Outcome:
    more = more or {}
    return Outcome(
        name=name,
        status=status,
        when=when,
        mark=Mark.DOCUMENTED,
        headers={**_PROBLEM, **(headers or {})},
        body={"title": status_phrase(status), "status": status, "detail": "{{reason}}", **more},
        sample=sample or {},
    )


OUTCOMES = (
    Outcome(
        name="told",
        status=200,
        when="it was asked",
        mark=Mark.DOCUMENTED,
        body="{{answer}}",
        sample={"answer": {}},
    ),
    Outcome(
        name="keys_told",
        status=200,
        when="it was asked",
        mark=Mark.DOCUMENTED,
        headers={"content-type": "application/jwk-set+json"},
        body="{{answer}}",
        sample={"answer": {"keys": []}},
    ),
    Outcome(
        name="ca_told",
        status=200,
        when="the server serves HTTPS",
        mark=Mark.DOCUMENTED,
        headers={"content-type": "application/x-pem-file"},
        body="{{answer}}",
        sample={"answer": "-----BEGIN CERTIFICATE-----..."},
    ),
    Outcome(
        name="revoked",
        status=200,
        when="the token is refused from now on",
        mark=Mark.DOCUMENTED,
    ),
    Outcome(
        name="nothing_revoked",
        status=200,
        when="the token was bad already; the reason tells why (RFC 7009 §2.2)",
        mark=Mark.DOCUMENTED,
    ),
    Outcome(
        name="token_inactive",
        status=200,
        when="the token is not good; the reason tells why (RFC 7662 §2.2)",
        mark=Mark.DOCUMENTED,
        body={"active": False},
    ),
    Outcome(
        name="made",
        status=201,
        when="it is there now",
        mark=Mark.DOCUMENTED,
        body="{{answer}}",
        sample={"answer": {}},
    ),
    Outcome(
        name="streamed",
        status=200,
        when="what comes is sent as it comes",
        mark=Mark.DOCUMENTED,
        headers={
            "content-type": "text/event-stream",
            "cache-control": "no-cache",
            "x-accel-buffering": "no",  # nginx would keep events back until there are many
        },
    ),
    Outcome(name="done", status=204, when="it is so now", mark=Mark.DOCUMENTED),
    _problem(
        "invalid_request",
        400,
        "the body or the query is not what the call reads",
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
    _problem("other_site", 403, "a page of another site sent it"),
    _problem("host_unknown", 421, "a `Host` by which the control API is not known"),
    _problem("realm_unknown", 404, "a realm that nobody made, or whose time is over"),
    _problem("not_found", 404, "what the path names is not there"),
    _problem("no_https", 404, "the server serves no HTTPS"),
    _problem("realm_kept", 409, "the default realm is neither made nor removed"),
    _problem(
        "not_verified",
        409,
        "the journal is not as expected; the detail tells why",
        {
            "count": "{{count}}",
            "expected": "{{expected}}",
            "gone": "{{gone}}",
            "nearest": "{{nearest}}",
        },
        {"count": 0, "expected": {"at_least": 1}, "gone": 0, "nearest": []},
    ),
    _problem("too_many", 507, "a table is full"),
    _problem("server_error", 500, "only when a fault asks for it"),
    _problem("store_full", 507, "the table of revoked tokens is full"),
    _problem("path_unknown", 404, "a path that the control API does not have"),
    _problem("method_not_allowed", 405, "a method that the path does not take"),
    _problem("body_too_large", 413, "a body over 64 KiB"),
)

ABOUT_VENDORS = frozenset({"invalid_request", "server_error", "store_full", "body_too_large"})
"""The refusals that calls about a vendor can end in, and so a fault may let them end in."""

VERIFYING = ("jwks", "metadata", "introspect", "revoke")
"""The operations, at each vendor, for services that verify its tokens; faults may strike them.

They stand here so that a fixture's faults can be checked before the control API is made.
"""
