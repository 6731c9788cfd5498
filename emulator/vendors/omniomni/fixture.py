"""OmniOmni's section of a fixture."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from emulator.core.fixture.fields import AUDIENCE, FILE, LIFETIME
from emulator.core.fixture.sections import PrincipalModel, SectionModel, TokenModel
from emulator.core.keys.files import public_key_in, public_key_of, public_pem
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principals
from emulator.core.section import Section
from emulator.core.shapes.kinds import Definitions, Finding, Kind, Listed, Maybe, Plain, Wrong
from emulator.core.shapes.shape import Shaped, member
from emulator.core.shapes.values import TEXT, one_of
from emulator.vendors.omniomni.outcomes import OUTCOMES
from emulator.vendors.omniomni.proof import Client, Policy
from emulator.vendors.omniomni.rules import OmniOmni


class OmniOmniToken(TokenModel):
    """OmniOmni's tokens. The vendor documents a JWT; the rest is assumed."""

    lifetime: timedelta = member(LIFETIME, "How long an access token is valid.", default="1h")
    issuer: str = member(TEXT, "The claim iss.", default="https://omniomni.emulator.test")
    audience: str | list[str] | None = member(AUDIENCE, "The claim aud.", default="ecrop-command")


def _public_key(given: Any) -> Any:
    if given is None:
        return None
    if not isinstance(given, str | Mapping):
        raise Wrong("expected a public key as PEM or JWK")
    return public_key_of(given)


_KEY_FILE: Kind[Any] = Maybe(
    Plain(lambda given: public_key_in(FILE.read(given, (), [])), FILE.schema(Definitions()))
)
_KEY: Kind[Any] = Plain(
    _public_key, {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]}
)
_POLICY: Kind[Policy] = one_of("ignored", "verified_when_sent", "required")


class OmniOmniClientModel(PrincipalModel):
    """A client."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    client_id: str = member(TEXT, "What a sign-in sends as clientId.")
    signature: Policy = member(
        _POLICY,
        "ignored, verified_when_sent, required; without a key it is ignored.",
        default="verified_when_sent",
    )
    public_key_file: Any = member(
        _KEY_FILE,
        "What its signatures are verified with: PEM or JWK, relative to this file.",
        default=None,
    )
    """Once read, the key in it."""
    public_key: Any = member(
        _KEY,
        "The same key here instead: the text of a PEM or JWK, or a JWK's members.",
        default=None,
    )
    """Once read, the key, from here or from its file."""

    @classmethod
    def related(cls, good: dict[str, Any]) -> Iterable[Finding]:
        """One key, from one place, and one at all where signatures are required."""
        yield from super().related(good)
        if not {"public_key_file", "public_key"} <= good.keys():
            return
        from_file, given = good["public_key_file"], good["public_key"]
        if from_file is not None and given is not None:
            yield ("public_key",), "expected one of public_key and public_key_file"
        elif from_file is None and given is None and good.get("signature") == "required":
            yield (
                ("public_key",),
                "is missing: signature: required is verified with the client's public key",
            )
        good["public_key"] = given if from_file is None else from_file

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
        usual = cls.members["signature"].default
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

    token: OmniOmniToken = member(Shaped(OmniOmniToken), default={})
    clients: list[OmniOmniClientModel] = member(
        Listed(Shaped(OmniOmniClientModel)), "Who can sign in.", default=[]
    )

    def compiled(self, seed: int | None) -> OmniOmni:
        """The section made ready for a realm."""
        clients = [client.compiled() for client in self.clients]
        return OmniOmni(
            self.answerers(),
            self.token.compiled(self.vendor, seed),
            Principals("client", clients, of=self.vendor),
        )
