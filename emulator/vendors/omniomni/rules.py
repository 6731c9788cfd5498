"""The rules of OmniOmni, without HTTP."""

from emulator.core.outcomes import Refused
from emulator.core.principals import ACTIVE, Principals, Subject
from emulator.core.realm import Realm
from emulator.core.tokens import Claims, Grant
from emulator.core.vendor import VendorState
from emulator.vendors.omniomni.models import (
    ClientSignInRequest,
    ClientSignInResponse,
    OmniOmniClient,
    OmniOmniFixture,
)
from emulator.vendors.omniomni.proof import check_signature
from emulator.vendors.omniomni.signature import SignedRequest


class OmniOmni(VendorState[OmniOmniFixture]):
    """OmniOmni in a realm."""

    vendor = "omniomni"

    @property
    def clients(self) -> Principals[OmniOmniClient]:
        """The clients that can sign in."""
        return self.principals["clients"]

    def access_claims(
        self, grant: Grant, subject: Subject, scope: str, lifetime: int, *_: str
    ) -> Claims:
        """See `VendorState.access_claims`."""
        claims = self.issuer.claims(grant, subject.name, lifetime)
        return claims | {"client_id": subject.name, "scope": scope}


async def sign_in(
    realm: Realm, request: ClientSignInRequest, signed: SignedRequest
) -> ClientSignInResponse:
    """Issue a token to the client that `clientId` names; `signed` is the request as it came."""
    state = realm.of(OmniOmni)
    name = request.clientId
    if not name:
        raise Refused("missing_client_id", "the body has no clientId")
    client = state.clients.find(name)
    if client is None:
        raise Refused("client_not_found", state.clients.why_unknown(name), principal=name)
    if client.status != ACTIVE:
        client.raise_forced_outcome()
        raise Refused("invalid_credentials", f"{name} is {client.status}", principal=name)
    await check_signature(realm, state.clients, client, signed)
    issuer = state.issuer
    scope, lifetime = " ".join(issuer.scopes_of(client)), issuer.lifetime_of(client)
    claims = state.access_claims(realm.grant(state, client), client, scope, lifetime)
    return ClientSignInResponse(accessToken=await issuer.access_token(client, claims))
