"""A day in the life of the Vault client, driven from outside.

EMULATOR_URL says where the emulator listens, AUTH_EMULATOR_ADMIN_TOKEN is what lets one drive it.
Exits with 0 when all held, else with 1 and one line that says what did not.
"""

import os
import sys
from typing import Any

import httpx
import jwt
from vault_client import VaultClient, Verifier

REALM = "walk-in-python"
BUSY_ONCE = {
    "vendor": "vault",
    "operation": "refresh",
    "times": 1,
    "respond": {"status": 503, "headers": {"Retry-After": "1"}},
}
REFRESHES = {"vendor": "vault", "operation": "refresh"}
SIGN_INS = {"vendor": "vault", "operation": "sign_in"}


class Control:
    """The API that drives the emulator, or a realm of it."""

    def __init__(self, url: str, admin_token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {admin_token}"}

    def ask(self, method: str, path: str, **body: Any) -> None:
        """Make one call; httpx.HTTPStatusError where it is refused."""
        url = f"{self._url}/_emulator/{path}"
        httpx.request(method, url, json=body, headers=self._headers).raise_for_status()


def walk(url: str, admin_token: str) -> None:
    """Do it all in a realm of its own, which nobody else sees."""
    Control(url, admin_token).ask("PUT", f"realms/{REALM}", ttl="10m")
    realm = f"{url}/realms/{REALM}"
    control = Control(realm, admin_token)
    print(f"works in {realm}")

    vault = VaultClient(realm, "alice@example.com", "A9#bL8@z")
    first = vault.access_token
    sign_in_to_omniomni(realm)
    sign_in_to_nbcgate(realm)
    print("signed in to Vault, OmniOmni and NBC Gate")

    # Before the clock moves: PyJWT goes by the clock of this machine.
    subject = Verifier(f"{realm}/_emulator/vault/.well-known/jwks.json").subject(first)
    print(f"verified: a token of {subject}")

    control.ask("PUT", "clock", advance="25h")
    print(f"25 hours later: {refusal(realm, first)}")

    control.ask("POST", "faults", **BUSY_ONCE)
    vault.accounts()
    control.ask("POST", "journal/verify", where=REFRESHES, count=2)
    control.ask("POST", "journal/verify", where=SIGN_INS, count=1)
    print("refreshed, at the second attempt, without the password")


def sign_in_to_omniomni(url: str) -> str:
    """OmniOmni knows a client by its id alone."""
    answer = httpx.post(f"{url}/omni-omni/v1/auth/client-token", json={"clientId": "demo-client"})
    token: str = answer.raise_for_status().json()["accessToken"]
    return token


def sign_in_to_nbcgate(url: str) -> str:
    """NBC Gate's path begins with two slashes, which only a whole URL keeps."""
    body = {"email": "alice@example.com", "password": "correct-horse"}
    token: str = httpx.post(f"{url}//auth/sign-in", json=body).raise_for_status().json()
    return token


def refusal(url: str, token: str) -> str:
    """Why the emulator refuses a token."""
    answer = httpx.get(f"{url}/accounts", headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 401:
        sys.exit(f"a token of yesterday was answered with {answer.status_code}")
    return answer.headers["X-Emulator-Reason"]


def main() -> None:
    """Say in one line what did not hold, in the emulator's words where it answered."""
    url = os.environ.get("EMULATOR_URL", "http://127.0.0.1:8080").rstrip("/")
    try:
        walk(url, os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests"))
    except httpx.HTTPStatusError as error:
        answer = error.response
        reason = answer.headers.get("X-Emulator-Reason", "no reason given")
        sys.exit(f"{answer.url.path}: {answer.status_code}, {reason}")
    except (httpx.RequestError, httpx.InvalidURL) as error:
        sys.exit(f"no emulator responds at {url}: {error}; start one, or set EMULATOR_URL")
    except jwt.PyJWTError as error:
        sys.exit(f"the token does not verify: {error}")
    except UnicodeEncodeError as error:
        sys.exit(f"AUTH_EMULATOR_ADMIN_TOKEN is no token: {error}")
    except (LookupError, TypeError, ValueError) as error:
        sys.exit(f"what answers at {url} is not an emulator: {error!r}")


if __name__ == "__main__":
    main()
