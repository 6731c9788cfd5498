"""How OmniOmni decides. No HTTP."""

from emulator.core.outcomes import Answerer, Refusal
from emulator.core.principals import Principals
from emulator.core.realm import Realm, Section
from emulator.core.tokens import TokenIssuer
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
        super().__init__(outcomes, issuer, [clients])
        self.clients = clients


async def sign_in(realm: Realm, asked: SignIn) -> ClientSignInResponse:
    """Issue a token to the client that `clientId` names."""
    section = realm.of(OmniOmni)
    name = asked.request.clientId
    if not name:
        raise Refusal("missing_client_id", "the body has no clientId")
    client = section.clients.find(name)
    if client is None:
        raise Refusal("client_not_found", section.clients.why_unknown(name), principal=name)
    client.meet_fate()
    if client.blocked:
        raise Refusal(
            "invalid_credentials", f"{client.name} is {client.status}", principal=client.name
        )
    await check_signature(realm, section.clients, client, asked.signed)
    issuer = section.issuer
    claims = issuer.claims(realm.grant(section, client), client.name, issuer.lifetime_of(client))
    claims["client_id"] = client.name
    claims["scope"] = " ".join(issuer.scopes_of(client))
    return ClientSignInResponse(await issuer.access_token(client, claims))
