"""Signed JWTs (RFC 7519), assembled on keys that were prepared once.

A JWT is two segments of base64url JSON and a signature over them (RFC 7515 §3.1). The header
segment hardly ever changes, so it is made once. The tests hold each token against PyJWT.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from msgspec import Struct, field

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.keys import Keyring, SigningKey
from emulator.core.keys.algorithms import Sign
from emulator.core.keys.key import encoded
from emulator.core.outcomes import Json
from emulator.core.principals import Principal

Claims = dict[str, Json]

CALLER = "caller"
"""The issuer that is the address by which the caller reached us."""

REFRESH = "refresh"
"""The claim `token_use` of a refresh token, which tells it from an access token."""

OURS = frozenset({"iat", "exp", "jti", "token_use"})
"""Claims that only the emulator sets: its checks rest on them."""

_JTI_PARTS = 5


class TokenSettings(Struct, frozen=True, kw_only=True):
    """What a fixture says of a vendor's tokens. Lifetimes are seconds.

    `header` is the order of the header's members; `kid` is left out with HS algorithms.
    """

    vendor: str
    issuer: str
    audience: str | tuple[str, ...] | None
    lifetime: int
    refresh_lifetime: int = 0
    scopes: tuple[str, ...] = ()
    claims: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)
    header: tuple[str, ...] = ("alg", "typ", "kid")


class Stamp(Struct, frozen=True):
    """What makes a realm's tokens its own: its name and incarnation, its clock and ids."""

    realm: str
    incarnation: int
    clock: Clock
    ids: Ids
    base_url: str = ""

    def grant(self, holder: str) -> "Grant":
        """A new grant to a holder: what its sign-in, and each refresh after it, issues."""
        return Grant(self, holder, self.ids.unique(64))

    def grant_of(self, jti: object) -> "Grant | None":
        """The grant that a token of this realm, in this incarnation, belongs to; else None."""
        parts = jti.split(".") if isinstance(jti, str) else []
        if len(parts) != _JTI_PARTS or parts[:2] != [self.realm, str(self.incarnation)]:
            return None
        return Grant(self, parts[2], parts[3])


class Grant(Struct, frozen=True):
    """All tokens that come of one sign-in; they are revoked together.

    `holder` is a fingerprint of the vendor and the principal.
    """

    stamp: Stamp
    holder: str
    id: str

    def jti(self) -> str:
        """A new token id. It carries all that tells whose token it is: nothing is stored."""
        stamp = self.stamp
        unique = stamp.ids.unique(64)
        return f"{stamp.realm}.{stamp.incarnation}.{self.holder}.{self.id}.{unique}"


class _Ready(Struct, frozen=True):
    """A key that signs, and the first segments of what it signs."""

    key: SigningKey
    segment: bytes
    refresh_segment: bytes


class TokenIssuer:
    """Issues one vendor's tokens as its fixture says."""

    def __init__(self, settings: TokenSettings, keyring: Keyring) -> None:
        self.settings = settings
        self.keyring = keyring
        self._ready: _Ready | None = None

    def signing_with(self, keyring: Keyring) -> "TokenIssuer":
        """An issuer of the same tokens, signed with other keys."""
        return TokenIssuer(self.settings, keyring)

    def scopes_of(self, principal: Principal) -> tuple[str, ...]:
        """The vendor's scopes and the principal's, in the fixture's order, each once."""
        if not self.settings.scopes:
            return principal.scopes
        return tuple(dict.fromkeys(self.settings.scopes + principal.scopes))

    def lifetime_of(self, principal: Principal) -> int:
        """How long an access token of the principal is valid, in seconds."""
        return self.settings.lifetime if principal.lifetime is None else principal.lifetime

    def refresh_lifetime_of(self, principal: Principal) -> int:
        """The same of a refresh token."""
        if principal.refresh_lifetime is None:
            return self.settings.refresh_lifetime
        return principal.refresh_lifetime

    def claims(self, grant: Grant, subject: str, lifetime: int, **about: Json) -> Claims:
        """The registered claims of a new token (RFC 7519 §4.1), in the order that vendors use.

        What else is known `about` the subject stands beside it.
        """
        settings, stamp = self.settings, grant.stamp
        now = int(stamp.clock.now())
        issuer = settings.issuer
        if issuer == CALLER:
            issuer = issuer_seen_from(settings, stamp.base_url)
        claims: Claims = {"iss": issuer, "sub": subject, **about}
        audience = settings.audience
        if audience is not None:
            claims["aud"] = audience if isinstance(audience, str) else list(audience)
        claims["iat"], claims["exp"], claims["jti"] = now, now + lifetime, grant.jti()
        return claims

    async def access_token(self, principal: Principal, claims: Claims) -> str:
        """Sign `claims`, with what the fixture adds for the vendor and then for the principal."""
        if self.settings.claims or principal.claims:
            claims = self.whole_claims(principal, claims)
        ready = self._ready or await self._made_ready()
        segment = ready.segment
        if principal.headers:
            segment = _segment(self.header(ready.key, principal))
        return _signed(ready.key.sign, segment, claims)

    async def refresh_token(self, claims: Claims) -> str:
        """Sign `claims` as a refresh token: it holds all that a refresh needs to know.

        The fixture's extra claims and headers are for those who read access tokens.
        """
        ready = self._ready or await self._made_ready()
        return _signed(ready.key.sign, ready.refresh_segment, claims | {"token_use": REFRESH})

    async def pair(
        self, principal: Principal, grant: Grant, claims: Claims, scope: str
    ) -> tuple[str, str]:
        """An access token of these claims, and a refresh token for `scope` beside it."""
        ready = self._ready or await self._made_ready()
        issued_at: Any = claims["iat"]
        more = {
            **claims,
            "exp": issued_at + self.refresh_lifetime_of(principal),
            "jti": grant.jti(),
            "scope": scope,
            "token_use": REFRESH,
        }
        refresh_token = _signed(ready.key.sign, ready.refresh_segment, more)
        return await self.access_token(principal, claims), refresh_token

    async def _made_ready(self) -> _Ready:
        key = await self.keyring.active()
        self._ready = _Ready(key, _segment(self.header(key)), _segment(self.bare_header(key)))
        return self._ready

    def whole_claims(self, principal: Principal, claims: Claims) -> Claims:
        """`claims`, and what the fixture adds for the vendor and then for the principal."""
        return merged(claims, self.settings.claims, principal.claims)

    def header(self, key: SigningKey, principal: Principal | None = None) -> Claims:
        """The header's members, and what the fixture adds to them."""
        more = principal.headers if principal is not None else {}
        return merged(self.bare_header(key), self.settings.headers, more)

    def bare_header(self, key: SigningKey) -> Claims:
        """The members that every token of the vendor's has: a refresh token has no others."""
        known: Claims = {"alg": key.algorithm.name, "typ": "JWT", "kid": key.kid}
        return {name: known[name] for name in self.settings.header if known[name] is not None}


def issuer_seen_from(settings: TokenSettings, base_url: str) -> str:
    """The `iss` of a vendor's tokens for a caller who reached us at `base_url`.

    With `issuer: caller` it is where the vendor's metadata lie below that address, so that
    libraries which insist on a match (RFC 8414 §3.3) find one.
    """
    if settings.issuer != CALLER:
        return settings.issuer
    return f"{base_url}/_emulator/{settings.vendor}"


def merged(*layers: Mapping[str, Json]) -> Claims:
    """The members of all layers; a later one wins, and takes a member out by giving it None."""
    result: Claims = {}
    for layer in layers:
        for name, value in layer.items():
            if value is None:
                result.pop(name, None)
            else:
                result[name] = value
    return result


def assembled(sign: Sign, header: Claims, claims: Claims) -> str:
    """A JWT of these members, signed by `sign`."""
    return _signed(sign, _segment(header), claims)


def _segment(header: Claims) -> bytes:
    """The first segment of a JWT, and the dot behind it."""
    return encoded(orjson.dumps(header)) + b"."


def _signed(sign: Sign, segment: bytes, claims: Claims) -> str:
    message = segment + encoded(orjson.dumps(claims))
    return (message + b"." + encoded(sign(message))).decode("ascii")
