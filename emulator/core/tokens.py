"""Signed JWTs (RFC 7519). PyJWT's algorithm objects sign; the header's order is ours.

A JWT is two segments of base64url JSON and a signature over them (RFC 7515 §3.1). `jwt.encode`
writes `alg` first into the header, and Vault's begins with `kid`, so the segments are made here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import (
    Field,
    PlainSerializer,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import to_json

from emulator.core import fields
from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.keys import ALGORITHMS, KeyOrigin, Keyring, SigningKey
from emulator.core.keys.algorithms import PrivateKey
from emulator.core.keys.encoding import encode_segment
from emulator.core.keys.files import private_key_in
from emulator.core.model import Model
from emulator.core.outcomes import Json
from emulator.core.principals import RefreshingSubject, Subject
from emulator.core.suggestions import did_you_mean

Claims: TypeAlias = dict[str, Json]

CALLER = "caller"
"""The value of `issuer` for the address that the caller used."""

REFRESH = "refresh"
"""The value of the claim `token_use` that marks a refresh token."""

_JTI_PARTS = 5


class TokenSettings(Model):
    """The settings of a vendor's tokens. Vendors set their defaults."""

    header_order: ClassVar[tuple[str, ...]] = ("alg", "typ", "kid")
    """The header's members in the vendor's order; HS algorithms have no `kid`."""

    algorithm: Annotated[
        str,
        Field(
            description="The JWS algorithm (RFC 7518).",
            json_schema_extra={"enum": list(ALGORITHMS)},
        ),
    ] = "RS256"
    lifetime: Annotated[
        fields.Lifetime, Field(description="How long an access token is valid.")
    ] = 3600
    issuer: Annotated[fields.Text, Field(description="The iss claim.")]
    audience: Annotated[
        fields.Audience | None, Field(description="The aud claim: a string or a list.")
    ] = None
    scopes: Annotated[fields.Scopes, Field(description="Scopes that every principal has.")] = ()
    claims: Annotated[fields.Claims, Field(description="Additional claims; null removes one.")] = {}
    headers: Annotated[
        fields.TokenHeaders, Field(description="Additional members of the JWT header.")
    ] = {}
    key_id: Annotated[
        fields.Text | None, Field(description="The kid; by default from the key's thumbprint.")
    ] = None
    private_key_file: Annotated[
        PrivateKey | None,
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}),
        PlainSerializer(lambda _: fields.MASK),
        Field(
            description="PEM or JWK, relative to this file. Without it a key is made at the first "
            "use.",
            repr=False,
        ),
    ] = None
    """A file in the fixture, the key in it here."""
    secret: Annotated[
        fields.Secret | None,
        Field(description="The secret of an HS algorithm.", validate_default=True),
    ] = None

    @field_validator("algorithm")
    @classmethod
    def _known_algorithm(cls, name: str) -> str:
        if name not in ALGORITHMS:
            near = did_you_mean(name, ALGORITHMS)
            raise ValueError(f"{name!r} is not a supported signing algorithm{near}")
        return name

    @field_validator("private_key_file", mode="before")
    @classmethod
    def _read_key(cls, named: object, info: ValidationInfo) -> object:
        if named is None or isinstance(named, PrivateKey):
            return named
        if not isinstance(named, str | Path) or not str(named):
            raise ValueError("expected a file name")
        algorithm = ALGORITHMS.get(info.data.get("algorithm", ""))
        if algorithm is None:
            return None  # the mistake is the algorithm's
        if algorithm.symmetric:
            raise ValueError(f"{algorithm.name} signs with a secret and not with a private key")
        return private_key_in(Path(named), algorithm)

    @field_validator("secret")
    @classmethod
    def _fits_algorithm(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        algorithm = ALGORITHMS.get(info.data.get("algorithm", ""))
        if algorithm is None:
            return secret
        if not algorithm.symmetric:
            if secret is not None:
                raise ValueError(f"{algorithm.name} signs with a private key and not with a secret")
            return None
        least = algorithm.secret_bytes
        if secret is None:
            raise ValueError(
                f"is missing: {algorithm.name} signs with a secret of at least {least} bytes"
            )
        size = len(secret.get_secret_value().encode())
        if size < least:
            raise ValueError(
                f"{algorithm.name} needs a secret of at least {least} bytes (RFC 7518 section "
                f"3.2); this one has {size}"
            )
        return secret

    def keyring(self, vendor: str, seed: int | None) -> Keyring:
        """The keys of a vendor's tokens."""
        secret = None if self.secret is None else self.secret.get_secret_value().encode()
        origin = KeyOrigin(
            algorithm=ALGORITHMS[self.algorithm],
            owner=vendor,
            secret=secret,
            private_key=self.private_key_file,
            key_id=self.key_id,
        )
        return Keyring(origin, seed)


class RefreshableTokenSettings(TokenSettings):
    """The same of a vendor that has refresh tokens."""

    refresh_lifetime: Annotated[
        fields.Lifetime, Field(description="How long a refresh token is valid.")
    ] = 30 * 86_400


@dataclass(frozen=True)
class RealmIdentity:
    """The identity of a realm in its tokens: name and generation, clock and ids.

    `base_url` is the address by which the present caller reached the realm, if it is asked for.
    """

    realm: str
    generation: int
    clock: Clock
    ids: Ids
    base_url: str = ""

    def grant(self, subject: str) -> "Grant":
        """A new grant to a subject, for its sign-in and later refreshes."""
        return Grant(self, subject, self.ids.unique(64))

    def grant_of(self, jti: object) -> "Grant | None":
        """The grant that a token of this realm, in this generation, belongs to; else None."""
        parts = jti.split(".") if isinstance(jti, str) else []
        if len(parts) != _JTI_PARTS or parts[:2] != [self.realm, str(self.generation)]:
            return None
        return Grant(self, parts[2], parts[3])


@dataclass(frozen=True)
class Grant:
    """A grant: all tokens of one sign-in, which are revoked together.

    `subject` is a fingerprint of the vendor and the principal.
    """

    identity: RealmIdentity
    subject: str
    id: str

    def jti(self) -> str:
        """A new `jti`. It identifies realm, grant and subject, so that nothing is stored."""
        of = self.identity
        return f"{of.realm}.{of.generation}.{self.subject}.{self.id}.{of.ids.unique(64)}"


class TokenIssuer:
    """Issues the tokens of one vendor."""

    def __init__(self, vendor: str, settings: TokenSettings, keyring: Keyring) -> None:
        self.vendor = vendor
        self.settings = settings
        self.keyring = keyring

    @property
    def refresh_lifetime(self) -> int:
        """How long a refresh token is valid, in seconds; 0 where the vendor has none."""
        settings = self.settings
        if not isinstance(settings, RefreshableTokenSettings):
            return 0
        return settings.refresh_lifetime

    def scopes_of(self, subject: Subject) -> tuple[str, ...]:
        """The vendor's scopes and the subject's, in the fixture's order, each once."""
        return tuple(dict.fromkeys(self.settings.scopes + subject.scopes))

    def lifetime_of(self, subject: Subject) -> int:
        """How long an access token of the subject is valid, in seconds."""
        return self.settings.lifetime if subject.lifetime is None else subject.lifetime

    def refresh_lifetime_of(self, subject: Subject) -> int:
        """The same of a refresh token."""
        own = subject.refresh_lifetime if isinstance(subject, RefreshingSubject) else None
        return self.refresh_lifetime if own is None else own

    def claims(self, grant: Grant, subject: str, lifetime: int, **about: Json) -> Claims:
        """The registered claims of a new token (RFC 7519 §4.1), in the order that vendors use.

        Other claims `about` the subject follow `sub`.
        """
        settings, identity = self.settings, grant.identity
        now = int(identity.clock.now())
        issuer = issuer_for(settings, self.vendor, identity.base_url)
        claims: Claims = {"iss": issuer, "sub": subject, **about}
        audience = settings.audience
        if audience is not None:
            claims["aud"] = list(audience) if isinstance(audience, tuple) else audience
        return claims | {"iat": now, "exp": now + lifetime, "jti": grant.jti()}

    async def access_token(self, subject: Subject, claims: Claims) -> str:
        """Sign `claims`, with what the fixture adds for the vendor and then for the subject."""
        key = await self.keyring.active()
        return assemble(key.sign, self.header(key, subject), self.whole_claims(subject, claims))

    async def refresh_token(
        self, subject: Subject, grant: Grant, claims: Claims, scope: str
    ) -> str:
        """The refresh token for an access token with `claims`; a refresh grants `scope`.

        The fixture's extra claims and headers are in access tokens only.
        """
        key = await self.keyring.active()
        issued_at: Any = claims["iat"]
        more: Claims = {
            "exp": issued_at + self.refresh_lifetime_of(subject),
            "jti": grant.jti(),
            "scope": scope,
            "token_use": REFRESH,
        }
        return assemble(key.sign, self.bare_header(key), claims | more)

    def whole_claims(self, subject: Subject, claims: Claims) -> Claims:
        """`claims` with those that the fixture adds for the vendor, then for the subject."""
        if not (self.settings.claims or subject.claims):
            return claims
        return merge(claims, self.settings.claims, subject.claims)

    def header(self, key: SigningKey, subject: Subject) -> Claims:
        """The header with the fixture's members."""
        return merge(self.bare_header(key), self.settings.headers, subject.headers)

    def bare_header(self, key: SigningKey) -> Claims:
        """The header members of every token of the vendor."""
        known: Claims = {"alg": key.algorithm.name, "typ": "JWT", "kid": key.kid}
        order = self.settings.header_order
        return {name: known[name] for name in order if known[name] is not None}


def issuer_for(settings: TokenSettings, vendor: str, base_url: str) -> str:
    """The `iss` of a vendor's tokens for a caller who reached us at `base_url`.

    With `issuer: caller` it is where the vendor's metadata are below that address, so that
    libraries which insist on a match (RFC 8414 §3.3) find one.
    """
    return f"{base_url}/_emulator/{vendor}" if settings.issuer == CALLER else settings.issuer


def merge(*layers: Mapping[str, Json]) -> Claims:
    """The members of all layers; later ones override, and None removes a member."""
    result: Claims = {}
    for layer in layers:
        for name, value in layer.items():
            if value is None:
                result.pop(name, None)
            else:
                result[name] = value
    return result


def assemble(sign: Callable[[bytes], bytes], header: Claims, claims: Claims) -> str:
    """A JWT of these members, signed by `sign`."""
    message = encode_segment(to_json(header)) + b"." + encode_segment(to_json(claims))
    return (message + b"." + encode_segment(sign(message))).decode("ascii")
