"""OmniOmni's section of a fixture."""

from typing import ClassVar

from pydantic import Field

from emulator.core.fixture.fields import Lifetime, Text
from emulator.core.fixture.sections import PrincipalModel, SectionModel, TokenModel
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principal, Principals
from emulator.vendors.omniomni.outcomes import OUTCOMES
from emulator.vendors.omniomni.rules import OmniOmni


class OmniOmniToken(TokenModel):
    """OmniOmni's tokens. The vendor documents a JWT; the rest is assumed."""

    lifetime: Lifetime = Field(
        "1h", description="How long an access token is valid.", validate_default=True
    )
    issuer: Text = Field("https://omniomni.emulator.test", description="The claim iss.")
    audience: Text | list[Text] | None = Field("ecrop-command", description="The claim aud.")


class ClientModel(PrincipalModel):
    """A client."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    client_id: Text = Field(description="What a sign-in sends as clientId.")


class OmniOmniSection(SectionModel):
    """OmniOmni: its tokens and its clients."""

    vendor: ClassVar[str] = "omniomni"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    named_by: ClassVar[dict[str, str]] = {"clients": "client_id"}

    token: OmniOmniToken = OmniOmniToken()
    clients: list[ClientModel] = Field(default=[], description="Who can sign in.")

    def compiled(self, seed: int | None) -> OmniOmni:
        """The section made ready for a realm."""
        clients = [Principal(name=c.client_id, **c.shared()) for c in self.clients]
        return OmniOmni(
            self.answerers(), self.token.compiled(self.vendor, seed), Principals("client", clients)
        )
