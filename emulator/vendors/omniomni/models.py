"""OmniOmni's models: requests, responses, clients."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import (
    BaseModel,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from emulator.core import fields
from emulator.core.keys import PublicKey
from emulator.core.keys.files import public_key_in, public_key_of, public_pem
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principal, Subject
from emulator.core.tokens import TokenSettings
from emulator.core.vendor import VendorFixture
from emulator.vendors.omniomni.outcomes import OUTCOMES

SignaturePolicy: TypeAlias = Literal["ignored", "verified_when_sent", "required"]


class ClientSignInRequest(BaseModel):
    """The body of a sign-in. The page requires no member: `{}` fits its schema."""

    clientId: fields.OptionalText = None  # noqa: N815 - as the vendor writes it


class ClientSignInResponse(BaseModel):
    """The token, and nothing else."""

    accessToken: str  # noqa: N815 - as the vendor writes it


class OmniOmniError(BaseModel):
    """The only error shape seen at this vendor (omni-safe/signs-overview)."""

    error: str


class OmniOmniToken(TokenSettings):
    """OmniOmni's tokens. The vendor documents a JWT; the rest is assumed."""

    lifetime: Annotated[
        fields.Lifetime, Field(description="How long an access token is valid.")
    ] = 3600
    issuer: Annotated[fields.Text, Field(description="The iss claim.")] = (
        "https://omniomni.emulator.test"
    )
    audience: Annotated[
        fields.Audience | None, Field(description="The aud claim: a string or a list.")
    ] = "ecrop-command"


_AS_PEM = PlainSerializer(lambda key: None if key is None else public_pem(key))


class OmniOmniClient(Subject):
    """A client, its public key, and how its signatures are handled."""

    name_field: ClassVar[str] = "client_id"
    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    client_id: Annotated[fields.Text, Field(description="What a sign-in sends as clientId.")]
    signature: Annotated[
        SignaturePolicy,
        Field(description="ignored, verified_when_sent, required; without a key it is ignored."),
    ] = "verified_when_sent"
    public_key_file: Annotated[
        PublicKey | None,
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        Field(
            description="What its signatures are verified with: PEM or JWK, relative to this file.",
            exclude=True,
        ),
    ] = None
    """A file in the fixture, the key in it here."""
    public_key: Annotated[
        PublicKey | None,
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]}),
        _AS_PEM,
        Field(
            description="The same key here instead: the text of a PEM or JWK, or a JWK's members.",
            validate_default=True,
        ),
    ] = None
    """The key, from here or from its file."""

    @field_validator("public_key_file", mode="before")
    @classmethod
    def _read_file(cls, named: object) -> object:
        if named is None or isinstance(named, PublicKey):
            return named
        if not isinstance(named, str | Path) or not str(named):
            raise ValueError("expected a file name")
        return public_key_in(Path(named))

    @field_validator("public_key", mode="before")
    @classmethod
    def _one_key(cls, given: object, info: ValidationInfo) -> object:
        if "public_key_file" not in info.data:
            return None  # the mistake is the file's
        from_file = info.data["public_key_file"]
        if given is None:
            if from_file is None and info.data.get("signature") == "required":
                raise ValueError(
                    "is missing: signature: required is verified with the client's public key"
                )
            return from_file
        if from_file is not None:
            raise ValueError("expected one of public_key and public_key_file")
        if isinstance(given, PublicKey):
            return given
        if not isinstance(given, str | Mapping):
            raise ValueError("expected a public key as PEM or JWK")  # noqa: TRY004 - pydantic takes ValueErrors
        return public_key_of(given)


class OmniOmniFixture(VendorFixture):
    """OmniOmni: its tokens and its clients."""

    vendor: ClassVar[str] = "omniomni"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    kinds: ClassVar[dict[str, type[Principal]]] = {"clients": OmniOmniClient}

    token: OmniOmniToken = OmniOmniToken()
    clients: Annotated[list[OmniOmniClient], Field(description="Who can sign in.")] = []
