"""Sign in to OmniOmni, NBC Gate and Vault, as a client of theirs does.

EMULATOR_URL says where the emulator listens. Exits 0 when every vendor signed in.
"""

import os
import sys

import httpx


def sign_in_to_omniomni(http: httpx.Client, url: str) -> str:
    """OmniOmni knows a client by its id alone."""
    answer = http.post(f"{url}/omni-omni/v1/auth/client-token", json={"clientId": "demo-client"})
    token = answer.raise_for_status().json()["accessToken"]
    return f"OmniOmni: signed in, access token {shortened(token)}"


def sign_in_to_nbcgate(http: httpx.Client, url: str) -> str:
    """NBC Gate answers with a token and nothing around it."""
    # The path begins with two slashes. Only a whole URL keeps them: httpx would take
    # "//auth/sign-in" for a host, and joining it to a base_url drops a slash.
    answer = http.post(
        f"{url}//auth/sign-in",
        json={"email": "alice@example.com", "password": "correct-horse"},
    )
    token = answer.raise_for_status().json()  # a bare JSON string
    return f"NBC Gate: signed in, token {shortened(token)}"


def sign_in_to_vault(http: httpx.Client, url: str) -> str:
    """Vault gives a pair of tokens, and a new pair for the refresh token."""
    client = {"client_id": "haequi3Aah8lie2r"}
    user = {"username": "alice@example.com", "password": "A9#bL8@z"}
    answer = http.post(f"{url}/reg/auth/token", json={"grant_type": "password"} | client | user)
    first = answer.raise_for_status().json()
    answer = http.post(
        f"{url}/reg/auth/token",
        json={"grant_type": "refresh_token", "refresh_token": first["refresh_token"]} | client,
    )
    second = answer.raise_for_status().json()
    return f"Vault: signed in and refreshed, access token {shortened(second['access_token'])}"


def shortened(token: str) -> str:
    """Enough of a token to know it by."""
    return f"{token[:12]}... of {len(token)} characters"


def main() -> None:
    """Sign in to one vendor after the other, and stop at the first that refuses."""
    url = os.environ.get("EMULATOR_URL", "http://127.0.0.1:8080").rstrip("/")
    # trust_env: a proxy that the environment names cannot know a host of the compose file.
    with httpx.Client(trust_env=False, timeout=10) as http:
        for sign_in in (sign_in_to_omniomni, sign_in_to_nbcgate, sign_in_to_vault):
            try:
                print(sign_in(http, url))
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                sys.exit(f"{sign_in.__name__} at {url} failed: {describe(error)}")


def describe(error: Exception) -> str:
    """Say it as the emulator does, where it answered at all."""
    if isinstance(error, httpx.HTTPStatusError):
        reason = error.response.headers.get("X-Emulator-Reason", "no reason given")
        return f"{error.response.status_code}, {reason}"
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
