"""The server's state, and the context of one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from emulator.addresses import TrustedProxies
from emulator.core.catalog import Catalog, Vendor
from emulator.core.clock import iso_milliseconds, perf_counter
from emulator.core.outcomes import Refused, ResponseTemplate, Values, printable
from emulator.core.realm import DEFAULT, Realm
from emulator.core.realms import Realms
from emulator.core.redaction import without_tokens
from emulator.http.bearer import BearerScheme
from emulator.http.caller import base_url, path_in_app, raw_path_in_app
from emulator.http.forwarding import Forwarder
from emulator.http.guard import ControlGuard
from emulator.http.problems import RESPONSES

REALMS = "/realms/"
"""The prefix of realms, followed by the realm's name."""


@dataclass(frozen=True)
class ServerState:
    """What all requests of a server share; it is `app.state.emulator`."""

    realms: Realms
    catalog: Catalog
    guard: ControlGuard
    proxies: TrustedProxies
    forwarder: Forwarder
    bearers: Mapping[str, BearerScheme]
    """The bearer schemes of the vendors, by name."""
    routers: Mapping[str, Sequence[APIRouter]]
    """The routers of the vendors by name, and that of the control API as `control`."""
    show_reasons: bool = True
    date_header: bool = False
    ca_certificate: str | None = None


def server_state(request: Request) -> ServerState:
    """The state of the server that a request reached."""
    state: ServerState = request.app.state.emulator
    return state


def realm_name(request: Request) -> str:
    """The realm that a request is for."""
    name: str = request.path_params.get("realm", DEFAULT)
    return name


def path_in_realm(request: Request) -> str:
    """The decoded path of a request as its realm sees it."""
    path = path_in_app(request)
    return split_realm(path)[1] if "realm" in request.path_params else path


def split_realm(path: str) -> tuple[str | None, str]:
    """The realm that a path names, and the path within it."""
    if not path.startswith(REALMS):
        return None, path
    name, slash, rest = path[len(REALMS) :].partition("/")
    return name, slash + rest or "/"


def target_in_realm(request: Request) -> bytes:
    """Path and query as they were sent, within the realm."""
    raw = raw_path_in_app(request)
    if "realm" in request.path_params:
        prefix = f"{REALMS}{realm_name(request)}".encode()
        # A name may have been sent with escapes.
        raw = raw.removeprefix(prefix) if raw.startswith(prefix) else b""
    raw = raw or path_in_realm(request).encode()
    query: bytes = request.scope.get("query_string", b"")
    return raw + b"?" + query if query else raw


@dataclass
class CallContext:
    """One call, and how it ends. The journal entry is made of it.

    `vendor` is the vendor of the call, `responses` are its possible outcomes. `path` is the
    redacted path. `members` are those of the body, None if it could not be read. `principal` is the
    one that the request names, unverified.
    """

    request: Request
    server: ServerState
    realm: Realm
    vendor: Vendor | None
    operation: str
    responses: Mapping[str, ResponseTemplate]
    path: str
    began: float = field(default_factory=perf_counter)
    members: dict[str, Any] | None = None
    body_bytes: int | None = None
    principal: str = ""
    outcome: str = ""
    reason: str | None = None
    fault: str | None = None
    is_ours: bool = False
    """Whether the response was made here, not by a server behind."""
    is_text: bool = False
    is_recorded: bool = True
    """Whether it is recorded in the journal."""
    secrets: tuple[str, ...] = ()

    def values(self, /, **more: object) -> dict[str, object]:
        """The placeholders of every outcome, and `more`."""
        now = iso_milliseconds(self.realm.clock.now())
        return {"reason": "", "principal": self.principal, "now": now} | more

    def respond(self, outcome: str, answer: object = None) -> Response:
        """The response of a success; `answer` is the operation's result."""
        template = self.responses[outcome]
        self.outcome, self.reason = outcome, None
        if template.needs_values:
            return self.render(template, self.values(answer=answer))
        return self.render(template, {"answer": answer})

    def refuse(self, refused: Refused) -> Response:
        """The response of a refusal."""
        template = self.responses[refused.outcome]
        self.outcome = refused.outcome
        self.reason = printable(f"{refused.outcome}; {refused.reason}")
        self.principal = refused.principal or self.principal
        values = self.values() | dict(template.outcome.sample) | refused.values
        values["reason"] = without_tokens(refused.reason)
        values["principal"] = without_tokens(refused.principal or "")
        return self.render(template, values)

    def render(self, template: ResponseTemplate, values: Values) -> Response:
        """A response made of an outcome's template."""
        self.is_ours, self.is_text = True, template.is_text
        return Response(template.body(values), template.status, template.headers(values))


def vendor_context(
    request: Request, realm: Realm, vendor: Vendor, operation: str, path: str | None = None
) -> CallContext:
    """The context of a call to a vendor; `path` is the redacted path, if it differs."""
    if realm.issuer_follows_caller:
        realm = seen_by_caller(request, realm)
    shown = path_in_realm(request) if path is None else path
    responses = realm.vendors[vendor.name].responses
    return CallContext(request, server_state(request), realm, vendor, operation, responses, shown)


def control_context(
    request: Request, realm: Realm, operation: str = "", vendor: Vendor | None = None
) -> CallContext:
    """The context of a control call; `vendor` is the vendor that it concerns."""
    server, path = server_state(request), path_in_realm(request)
    context = CallContext(request, server, realm, vendor, operation, RESPONSES, path)
    context.is_recorded = vendor is not None
    return context


def seen_by_caller(request: Request, realm: Realm) -> Realm:
    """The realm at the address by which the caller reached it."""
    base = base_url(request.scope, server_state(request).proxies)
    prefix = f"{REALMS}{realm.name}" if "realm" in request.path_params else ""
    return realm.seen_from(base + prefix)


async def current_context(request: Request) -> CallContext:
    """The context that the route class made."""
    context: CallContext = request.state.context
    return context


async def current_realm(request: Request) -> Realm:
    """The realm that the request is for."""
    context: CallContext = request.state.context
    return context.realm


CurrentContext = Annotated[CallContext, Depends(current_context)]
CurrentRealm = Annotated[Realm, Depends(current_realm)]
