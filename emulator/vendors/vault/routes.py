"""Vault in OpenAPI, as its sign-in and refresh pages have it."""

from emulator.vendors.vault.operations import TOKEN
from emulator.vendors.vault.rules import User, Vault
from emulator.vendors.vault.wire import PasswordGrant, RefreshTokenGrant, TokenResponse
from emulator.web.documentation import Example, Page, first_shown, shown_password

_DESCRIPTION = """\
Set `grant_type` to `password` to sign in, and to `refresh_token` for a new pair of tokens.

The vendor documents a JSON body; a form, as RFC 6749 clients send it, is accepted too (assumed).
"""


def page(section: Vault, *, show_passwords: bool) -> Page:
    """The vendor's entry."""
    clients = [client.name for client in section.clients]
    client_id = clients[0] if clients else "(no client in the fixture)"
    shapes = [PasswordGrant, RefreshTokenGrant]
    return Page(
        endpoint=TOKEN,
        tag="Vault",
        tag_description="OAuth 2.0 token service of Vault, API v2",
        operation_id="token",
        summary="Sign in, or refresh",
        description=_DESCRIPTION,
        bodies={"application/json": shapes, "application/x-www-form-urlencoded": shapes},
        answer=TokenResponse,
        outcomes={name: a.outcome for name, a in section.outcomes.items()},
        examples=[
            *(_example(user, client_id, show_passwords) for user in first_shown(section.users)),
            Example(
                "refresh",
                "refresh (put in the refresh_token of a sign-in)",
                {"grant_type": "refresh_token", "refresh_token": "eyJraWQiOiJm..."},
            ),
        ],
    )


def _example(user: User, client_id: str, show_passwords: bool) -> Example:  # noqa: FBT001 - as it came
    return Example(
        user.name,
        f"{user.name} ({user.status})",
        {
            "grant_type": "password",
            "password": shown_password(user.password, show_passwords),
            "username": user.name,
            "client_id": client_id,
        },
    )
