"""What a team writes itself instead of the emulator: the yardstick for speed.

One FastAPI route a vendor, pydantic models, and `jwt.encode` on a prepared key. Serve it with
`MOCK_ALGORITHM=RS256 uvicorn benchmarks.mock:app`; the algorithm is RS256, ES256 or HS256.
"""

import os
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

ALGORITHM = os.environ.get("MOCK_ALGORITHM", "ES256")
PASSWORD = "A9#bL8@z"  # noqa: S105 - of a made-up user


def make_key(algorithm: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | bytes:
    """A key that `jwt.encode` takes as it is."""
    if algorithm == "RS256":
        return rsa.generate_private_key(65537, 2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return os.urandom(32)


KEY = make_key(ALGORITHM)
app = FastAPI(title="Hand-made mock")


class ClientSignInRequest(BaseModel):
    """What OmniOmni's sign-in takes."""

    clientId: str  # noqa: N815 - the vendor's name


class ClientSignInResponse(BaseModel):
    """What OmniOmni's sign-in answers."""

    accessToken: str  # noqa: N815 - the vendor's name


class Credentials(BaseModel):
    """What NBC Gate's sign-in takes."""

    email: str
    password: str


class PasswordGrant(BaseModel):
    """What Vault's token endpoint takes."""

    grant_type: str
    username: str
    password: str
    client_id: str


class TokenResponse(BaseModel):
    """What Vault's token endpoint answers."""

    access_token: str
    token_type: str
    refresh_token: str
    scope: str
    expires_in: int
    user_id: str


def make_token(subject: str, lifetime: int) -> str:
    """A signed JWT of the mock, valid for `lifetime` seconds."""
    now = int(time.time())
    claims = {
        "iss": "https://mock.test",
        "sub": subject,
        "aud": "api",
        "iat": now,
        "exp": now + lifetime,
        "jti": str(uuid.uuid4()),
        "client_id": "demo-client",
        "scope": "a:read",
    }
    return jwt.encode(claims, KEY, algorithm=ALGORITHM, headers={"kid": "1"})


@app.post("/omni-omni/v1/auth/client-token")
async def omniomni(body: ClientSignInRequest) -> ClientSignInResponse:
    """Sign a client in at OmniOmni."""
    if body.clientId != "demo-client":
        raise HTTPException(404)
    return ClientSignInResponse(accessToken=make_token(body.clientId, 3600))


@app.post("/auth/sign-in")
async def nbcgate(body: Credentials) -> str:
    """Sign a user in at NBC Gate, which answers a bare JSON string."""
    if (body.email, body.password) != ("alice@example.com", PASSWORD):
        raise HTTPException(400)
    return make_token(body.email, 3600)


@app.post("/reg/auth/token")
async def vault(body: PasswordGrant) -> TokenResponse:
    """Sign a user in at Vault, whose refresh token is a JWT too."""
    if (body.username, body.password) != ("alice@example.com", PASSWORD):
        raise HTTPException(401)
    return TokenResponse(
        access_token=make_token(body.username, 86_400),
        token_type="Bearer",  # noqa: S106 - not a password
        refresh_token=make_token(body.username, 2_592_000),
        scope="a:read",
        expires_in=86_400,
        user_id="usr:1",
    )
