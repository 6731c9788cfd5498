"""What OpenAPI shows of OmniOmni's fixture: the clients that can be signed in."""

from emulator.http.openapi import MAX_EXAMPLES, Overlay, Schema
from emulator.vendors.omniomni.models import OmniOmniClient, OmniOmniFixture


def overlay(fixture: OmniOmniFixture, show_passwords: bool) -> Overlay:  # noqa: FBT001 - VendorDocs
    """See `VendorDocs`; a sign-in has no password to show."""
    del show_passwords
    clients = {client.name: _example(client) for client in fixture.clients[:MAX_EXAMPLES]}
    return Overlay(examples={"signInClient": clients})


def _example(client: OmniOmniClient) -> Schema:
    wants = ", signature required" if client.signature == "required" else ""
    return {
        "summary": f"{client.name} ({client.status}{wants})",
        "value": {"clientId": client.name},
    }
