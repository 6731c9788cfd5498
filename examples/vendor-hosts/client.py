"""A client as it runs in production: it addresses the vendors' own hosts, and no emulator."""

import httpx

OMNIOMNI = "https://backend.sandbox.ecrop.de/ecrop-command"
NBCGATE = "https://api.client.nbcgate.tech"
VAULT = "https://api.sandbox-v2.vault.ist"


def main() -> None:
    """Sign in to all three vendors; an exception where one refuses, or is not trusted."""
    with httpx.Client(timeout=10) as http:
        answer = http.post(
            f"{OMNIOMNI}/omni-omni/v1/auth/client-token", json={"clientId": "demo-client"}
        )
        print("OmniOmni:", answer.raise_for_status().json()["accessToken"][:12])

        answer = http.post(
            f"{NBCGATE}//auth/sign-in",
            json={"email": "alice@example.com", "password": "correct-horse"},
        )
        print("NBC Gate:", answer.raise_for_status().json()[:12])

        answer = http.post(
            f"{VAULT}/reg/auth/token",
            json={
                "grant_type": "password",
                "client_id": "haequi3Aah8lie2r",
                "username": "alice@example.com",
                "password": "A9#bL8@z",
            },
        )
        print("Vault:", answer.raise_for_status().json()["access_token"][:12])


if __name__ == "__main__":
    main()
