"""OmniOmni's section of a fixture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from emulator.core.fixture.fields import Audience, Lifetime, Text, wrong
from emulator.core.fixture.sections import PrincipalModel, SectionModel, TokenModel
from emulator.core.keys.files import KeyFileError, public_key_in, public_key_of, public_pem
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principals
from emulator.core.section import Section
from emulator.vendors.omniomni.outcomes import OUTCOMES
from emulator.vendors.omniomni.proof import Client, Policy
from emulator.vendors.omniomni.rules import OmniOmni


class OmniOmniToken(TokenModel):
    """OmniOmni's tokens. The vendor documents a JWT; the rest is assumed."""

    lifetime: Lifetime = Field(
        "1h", description="How long an access token is valid.", validate_default=True
    )
    issuer: Text = Field("https://omniomni.emulator.test", description="The claim iss.")
    audience: Audience = Field("ecrop-command", description="The claim aud.")


def _key_file(path: object) -> object:
    if path is None:
        return None
    try:
        return public_key_in(Path(str(path)))
    except KeyFileError as error:
        raise wrong(str(error)) from error


def _public_key(given: object, info: ValidationInfo) -> object:
    """The client's key, from here or from its file."""
    if "public_key_file" not in info.data:
        return None  # something is wrong with the file, and that is said
    from_file = info.data["public_key_file"]
    if given is None:
        if from_file is None and info.data.get("signature") == "required":
            raise wrong("is missing: signature: required is verified with the client's public key")
        return from_file
    if from_file is not None:
        raise wrong("expected one of public_key and public_key_file")
    if not isinstance(given, str | Mapping):
        raise wrong("expected a public key as PEM or JWK")
    try:
        return public_key_of(given)
    except KeyFileError as error:
        raise wrong(str(error)) from error


PublicKeyFile: TypeAlias = Annotated[
    Any,
    BeforeValidator(_key_file),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}),
]
PublicKeyInPlace: TypeAlias = Annotated[
    Any,
    BeforeValidator(_public_key),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]}),
]


class ClientModel(PrincipalModel):
    """A client."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    client_id: Text = Field(description="What a sign-in sends as clientId.")
    signature: Policy = Field(
        "verified_when_sent",
        description="ignored, verified_when_sent, required; without a key it is ignored.",
    )
    public_key_file: PublicKeyFile = Field(
        None,
        description="What its signatures are verified with: PEM or JWK, relative to this file.",
    )
    public_key: PublicKeyInPlace = Field(
        None,
        description="The same key here instead: the text of a PEM or JWK, or a JWK's members.",
        validate_default=True,
    )

    def compiled(self) -> Client:
        """The client as the rules know it."""
        return Client(
            name=self.client_id,
            signature=self.signature,
            public_key=self.public_key,
            **self.shared(),
        )

    def joining(self, section: Section) -> Client:
        """See `StatusModel.joining`."""
        del section
        return self.compiled()

    @classmethod
    def shown(cls, principal: Client) -> dict[str, Any]:
        """See `StatusModel.shown`."""
        key = principal.public_key
        usual = cls.model_fields["signature"].default
        return (
            super().shown(principal)
            | ({} if principal.signature == usual else {"signature": principal.signature})
            | ({} if key is None else {"public_key": public_pem(key)})
        )


class OmniOmniSection(SectionModel):
    """OmniOmni: its tokens and its clients."""

    vendor: ClassVar[str] = "omniomni"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    named_by: ClassVar[dict[str, str]] = {"clients": "client_id"}

    token: OmniOmniToken = OmniOmniToken()
    clients: list[ClientModel] = Field(default=[], description="Who can sign in.")

    def compiled(self, seed: int | None) -> OmniOmni:
        """The section made ready for a realm."""
        clients = [client.compiled() for client in self.clients]
        return OmniOmni(
            self.answerers(),
            self.token.compiled(self.vendor, seed),
            Principals("client", clients, of=self.vendor),
        )
