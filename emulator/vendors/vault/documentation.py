"""What OpenAPI shows of Vault's fixture: the users that can be signed in."""

from emulator.core.principals import ACTIVE
from emulator.http.openapi import MAX_EXAMPLES, Overlay, Schema, shown_secret
from emulator.vendors.vault.models import VaultFixture, VaultUser

_REFRESH: Schema = {
    "summary": "refresh (put in the refresh_token of a sign-in)",
    "value": {"grant_type": "refresh_token", "refresh_token": "eyJraWQiOiJm..."},
}


def overlay(fixture: VaultFixture, show_passwords: bool) -> Overlay:  # noqa: FBT001 - VendorDocs
    """See `VendorDocs`."""
    clients = (client.name for client in fixture.clients if client.status == ACTIVE)
    client_id = next(clients, "(no active client in the fixture)")

    def example(user: VaultUser) -> Schema:
        return {
            "summary": f"{user.name} ({user.status})",
            "value": {
                "grant_type": "password",
                "password": shown_secret(user.password, show=show_passwords),
                "username": user.name,
                "client_id": client_id,
            },
        }

    users = {user.name: example(user) for user in fixture.users[:MAX_EXAMPLES]}
    return Overlay(examples={"token": users | {"refresh": _REFRESH}})
