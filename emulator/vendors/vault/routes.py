"""Vault in OpenAPI, as its sign-in and refresh pages have it."""

from emulator.core.principals import ACTIVE
from emulator.vendors.vault.operations import LOG_OUT, TOKEN
from emulator.vendors.vault.rules import User, Vault
from emulator.vendors.vault.wire import PasswordGrant, RefreshTokenGrant, TokenResponse
from emulator.web.documentation import (
    ANYWHERE,
    Example,
    NoAnswer,
    Page,
    first_shown,
    shown_password,
)

_DESCRIPTION = """\
Set `grant_type` to `password` to sign in, and to `refresh_token` for a new pair of tokens.

The vendor documents a JSON body; a form, as RFC 6749 clients send it, is accepted too (assumed).
"""


def pages(section: Vault, *, show_passwords: bool) -> list[Page]:
    """The vendor's entries: the token service, and log-out."""
    token = _token_page(section, show_passwords=show_passwords)
    return [token, _log_out_page(token)]


def _log_out_page(token: Page) -> Page:
    return Page(
        endpoint=LOG_OUT,
        tag=token.tag,
        tag_description=token.tag_description,
        operation_id="logOut",
        summary="Log out (assumed)",
        description="Ends the session of the token that is sent: every token of its sign-in.",
        bodies={},
        answer=NoAnswer,
        every_outcome=token.every_outcome,
        only=frozenset({"logged_out", "bearer_refused", "server_error"}),
        security=[{name: []} for name in token.security_schemes],
        security_schemes=token.security_schemes,
    )


def _token_page(section: Vault, *, show_passwords: bool) -> Page:
    clients = [client.name for client in section.clients if client.status == ACTIVE]
    client_id = clients[0] if clients else "(no active client in the fixture)"
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
        every_outcome={name: a.outcome for name, a in section.outcomes.items()},
        security_schemes={
            "Vault token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        },
        only=frozenset(section.outcomes) - ANYWHERE - {"logged_out"},
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
