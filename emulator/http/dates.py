"""`Date` by the default realm's clock on pages.

Responses of a realm already have one.
"""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.core.clock import http_date
from emulator.core.realms import Realms


class PageDates:
    """Adds a `Date` where there is none (RFC 9110 §6.6.1)."""

    def __init__(self, app: ASGIApp, realms: Realms) -> None:
        self._app = app
        self._realms = realms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "date" not in headers:
                    realm = await self._realms.default()
                    headers["date"] = http_date(int(realm.clock.now()))
            await send(message)

        await self._app(scope, receive, dated)


def add_dates(app: FastAPI, realms: Realms) -> None:
    """Let the application send `Date`, for a server that sends none."""
    app.add_middleware(PageDates, realms=realms)
