"""Signed JWTs (RFC 7519): assembled on keys that were prepared once, verified by PyJWT.

A JWT is two segments of base64url JSON and a signature over them (RFC 7515 §3.1). The header
segment hardly ever changes, so it is made once. The tests hold each token against PyJWT.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.keys import KeySource, SigningKey
from emulator.core.keys.key import encoded
from emulator.core.outcomes import Json
from emulator.core.principals import Principal

Claims = dict[str, Json]

REFRESH = "refresh"
"""The claim `token_use` of a refresh token, which tells it from an access token."""

OURS = frozenset({"iat", "exp", "jti"})
"""Claims that only the emulator sets: its checks rest on them."""


class TokenInvalid(Exception):
    """A token is refused; the text is the reason, and never holds the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """What a fixture says of a vendor's tokens. Lifetimes are seconds.

    `header` is the order of the header's members; `kid` is left out with HS algorithms.
    """

    issuer: str
    audience: str | tuple[str, ...] | None
    lifetime: int
    refresh_lifetime: int = 0
    scopes: tuple[str, ...] = ()
    claims: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)
    header: tuple[str, ...] = ("alg", "typ", "kid")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a realm's tokens its own: its name and incarnation, its clock and ids."""

    realm: str
    incarnation: int
    clock: Clock
    ids: Ids

    def jti(self) -> str:
        """A new token id; it carries the realm and its incarnation."""
        return f"{self.realm}.{self.incarnation}.{self.ids.unique()}"

    def made(self, jti: object) -> bool:
        """Whether a token id comes from this realm, in this incarnation."""
        return isinstance(jti, str) and jti.startswith(f"{self.realm}.{self.incarnation}.")


class TokenIssuer:
    """Issues one vendor's tokens as its fixture says."""

    def __init__(self, settings: TokenSettings, source: KeySource) -> None:
        self.settings = settings
        self.source = source
        self._header: bytes | None = None

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

    def claims(self, stamp: Stamp, subject: str, lifetime: int, **about: Json) -> Claims:
        """The registered claims of a new token (RFC 7519 §4.1), in the order that vendors use.

        What else is known `about` the subject stands beside it.
        """
        now = int(stamp.clock.now())
        claims: Claims = {"iss": self.settings.issuer, "sub": subject, **about}
        if self.settings.audience is not None:
            named = self.settings.audience
            claims["aud"] = named if isinstance(named, str) else list(named)
        return claims | {"iat": now, "exp": now + lifetime, "jti": stamp.jti()}

    async def access_token(self, principal: Principal, claims: Claims) -> str:
        """Sign `claims`, with what the fixture adds for the vendor and then for the principal."""
        if self.settings.claims or principal.claims:
            claims = merged(claims, self.settings.claims, principal.claims)
        key = self.source.key_now() if self.source.ready else await self.source.key()
        if principal.headers:
            return _assembled(key, self._header_segment(key, principal.headers), claims)
        if self._header is None:
            self._header = self._header_segment(key)
        return _assembled(key, self._header, claims)

    async def refresh_token(self, claims: Claims) -> str:
        """Sign `claims` as a refresh token: it holds all that a refresh needs to know.

        The fixture's extra claims and headers are for those who read access tokens.
        """
        key = await self.source.key()
        return _assembled(key, self._header_segment(key), claims | {"token_use": REFRESH})

    async def verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that this issuer signed; else TokenInvalid with the reason.

        Times are not checked here: what an expired token means is the vendor's to say.
        """
        from jwt import PyJWS  # here: PyJWT is slow to import, and a sign-in does not need it
        from jwt.exceptions import DecodeError, InvalidSignatureError, PyJWTError

        key = await self.source.key()
        name = key.algorithm.name
        try:
            payload = PyJWS(algorithms=[name]).decode(
                token, key.verifies_with, algorithms=[name], options={"verify_signature": True}
            )
            claims = orjson.loads(payload)
        except InvalidSignatureError as error:
            raise TokenInvalid("its signature is not by the key of this vendor") from error
        except (DecodeError, orjson.JSONDecodeError) as error:
            raise TokenInvalid("it is no JWT") from error
        except PyJWTError as error:
            raise TokenInvalid(f"it cannot be verified: {error}") from error
        if not isinstance(claims, dict):
            raise TokenInvalid("its payload is no JSON object")
        return claims

    def _header_segment(self, key: SigningKey, more: Mapping[str, Json] | None = None) -> bytes:
        known: Claims = {"alg": key.algorithm.name, "typ": "JWT", "kid": key.kid}
        members = {name: known[name] for name in self.settings.header if known[name] is not None}
        return encoded(orjson.dumps(merged(members, self.settings.headers, more or {})))


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


def _assembled(key: SigningKey, header: bytes, claims: Claims) -> str:
    message = header + b"." + encoded(orjson.dumps(claims))
    return (message + b"." + encoded(key.sign(message))).decode("ascii")
