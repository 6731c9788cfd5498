"""How OmniOmni decides. No HTTP."""

from emulator.core.outcomes import Answerer, Refusal
from emulator.core.principals import ACTIVE, Principal, Principals
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.tokens import Claims, Grant, TokenIssuer
from emulator.vendors.omniomni.proof import Client, check_signature
from emulator.vendors.omniomni.wire import ClientSignInResponse, SignIn


class OmniOmni(Section):
    """What a realm knows of OmniOmni."""

    vendor = "omniomni"

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        clients: Principals[Client],
    ) -> None:
        super().__init__(outcomes, issuer, {"clients": clients})

    @property
    def clients(self) -> Principals[Client]:
        """Who can sign in."""
        return self.principals["clients"]

    def access_claims(
        self, grant: Grant, holder: Principal, scope: str, lifetime: int, *_: str
    ) -> Claims:
        """See `Section.access_claims`."""
        claims = self.issuer.claims(grant, holder.name, lifetime)
        claims["client_id"], claims["scope"] = holder.name, scope
        return claims


async def sign_in(realm: Realm, asked: SignIn) -> ClientSignInResponse:
    """Issue a token to the client that `clientId` names."""
    section = realm.of(OmniOmni)
    name = asked.request.clientId
    if not name:
        raise Refusal("missing_client_id", "the body has no clientId")
    client = section.clients.find(name)
    if client is None:
        raise Refusal("client_not_found", section.clients.why_unknown(name), principal=name)
    if client.status != ACTIVE:
        client.meet_fate()
        raise Refusal(
            "invalid_credentials", f"{client.name} is {client.status}", principal=client.name
        )
    await check_signature(realm, section.clients, client, asked.signed)
    issuer = section.issuer
    scope, lifetime = " ".join(issuer.scopes_of(client)), issuer.lifetime_of(client)
    claims = section.access_claims(realm.grant(section, client), client, scope, lifetime)
    return ClientSignInResponse(await issuer.access_token(client, claims))
