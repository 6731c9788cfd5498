"""The bearer check before a protected resource (RFC 6750 §2.1), in each vendor's words."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.core.signatures import TokenProblem, TokenRefused
from emulator.core.verification import VerifiedToken, claimed_principal, verify_access_token

_SCHEME = "bearer"


@dataclass(frozen=True)
class BearerScheme:
    """How a vendor reads and refuses a token.

    `accepts_bare` also takes `Authorization: <token>`. `refuse` and `refuse_scope` make the
    vendor's refusals; the second gets the required scopes and the reason.
    """

    vendor: str
    refuse: Callable[[TokenRefused], Refused]
    refuse_scope: Callable[[tuple[str, ...], str], Refused]
    accepts_bare: bool = False

    async def check(
        self, realm: Realm, request: Request, scopes: tuple[str, ...] = ()
    ) -> VerifiedToken:
        """The valid token of a request, with these scopes. Raises the vendor's Refused."""
        try:
            token = self.token_in(request)
            verified = await verify_access_token(realm, realm.vendors[self.vendor], token)
        except TokenRefused as problem:
            refused = self.refuse(problem)
            refused.principal = problem.subject
            raise refused from problem
        verified.subject.raise_forced_outcome()
        missing = [scope for scope in scopes if scope not in verified.scopes]
        if missing:
            name = verified.subject.name
            refused = self.refuse_scope(
                scopes, f"the token of {name} lacks the scope {' '.join(missing)}"
            )
            refused.principal = name
            raise refused
        return verified

    def claimed_principal(self, realm: Realm, request: Request) -> str:
        """The principal that a request's token names, without verifying it; empty if none."""
        try:
            token = self.token_in(request)
        except TokenRefused:
            return ""
        return claimed_principal(realm, realm.vendors[self.vendor], token)

    def token_in(self, request: Request) -> str:
        """The token in `Authorization`; else TokenRefused."""
        sent = request.headers.getlist("authorization")
        if not sent:
            raise TokenRefused(TokenProblem.MISSING, "no Authorization header was sent")
        if len(sent) > 1:
            raise TokenRefused(TokenProblem.MALFORMED, "two Authorization headers were sent")
        scheme, _, rest = sent[0].strip().partition(" ")
        if scheme.lower() == _SCHEME and rest.strip():
            return rest.strip()
        if scheme.lower() == _SCHEME:
            raise TokenRefused(
                TokenProblem.MISSING, "the Authorization header has no token after Bearer"
            )
        if self.accepts_bare and scheme and not rest:
            return scheme
        if self.accepts_bare and scheme:
            raise TokenRefused(
                TokenProblem.MALFORMED, "the Authorization header does not hold a token"
            )
        raise TokenRefused(
            TokenProblem.MISSING, "the Authorization header is not of the form Bearer <token>"
        )


def challenge(refused: TokenRefused, realm: str) -> str:
    """The `WWW-Authenticate` of a refused token (RFC 6750 §3.1).

    A request without a token gets no error code.
    """
    if refused.problem is TokenProblem.MISSING:
        return f'Bearer realm="{realm}"'
    return 'Bearer error="invalid_token"'


def scope_challenge(scopes: tuple[str, ...]) -> str:
    """The same for a valid token without the required scope."""
    return f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"'
