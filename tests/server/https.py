"""The emulator served by HTTPS beside HTTP, in this process, as `serve --tls` serves it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from emulator.app import create_app
from emulator.cli.listening import listen_for_https, vendor_hosts
from emulator.server.server import Server, listening_socket
from emulator.settings import FixtureSource, Settings

HOSTS = vendor_hosts()
VAULT = "api.sandbox-v2.vault.ist"


@dataclass(frozen=True)
class Https:
    server: Server
    http_port: int
    port: int
    ca: str

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this server, as strictly as Python 3.13 does."""
        context = ssl.create_default_context(cadata=self.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    def connected(self, host: str = VAULT) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.trusting().wrap_socket(raw, server_hostname=host)


@contextmanager
def serving_https(fixture: FixtureSource = None) -> Iterator[Https]:
    plain = listening_socket("127.0.0.1", 0)
    https = listen_for_https(plain, 0, ())
    app = create_app(
        Settings(fixture=fixture, date_header=True, ca_certificate=https.tls.ca_certificate)
    )
    started = threading.Event()
    server = Server(app, https=https, on_started=started.set)
    http_port, port = plain.getsockname()[1], https.socket.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([plain],))
    thread.start()
    try:
        assert started.wait(10)
        yield Https(server, http_port, port, https.tls.ca_certificate)
    finally:
        server.should_exit = True
        thread.join(20)
