"""A server of HTTPS in this process, and callers of it that show each byte."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self

from emulator.app import VENDORS, Config, Source, create_app
from emulator.web.server import Secured, Server, listening_socket
from emulator.web.tls import Tls, own_names

HOSTS = [host for api, _ in VENDORS for host in api.hosts]
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
def serving_https(fixture: Source = None) -> Iterator[Https]:
    plain = listening_socket("127.0.0.1", 0)
    bound = listening_socket("127.0.0.1", 0)
    tls = Tls({api.title: api.hosts for api, _ in VENDORS}, own_names("127.0.0.1", ()))
    stage = create_app(Config(fixture=fixture, dated=True, ca_certificate=tls.ca_certificate))
    started = threading.Event()
    server = Server(
        stage, on_started=started.set, last_call=0.02, secured=Secured(bound, tls.context)
    )
    thread = threading.Thread(target=server.run, args=([plain],))
    thread.start()
    try:
        assert started.wait(10)
        http_port, port = plain.getsockname()[1], bound.getsockname()[1]
        yield Https(server, http_port, port, tls.ca_certificate)
    finally:
        server.should_exit = True
        thread.join(20)


class Caller:
    """A TLS client of its own bytes: it can close its own side, and cut at any byte."""

    def __init__(self, https: Https) -> None:
        self.socket = socket.create_connection(("127.0.0.1", https.port), timeout=10)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = https.trusting().wrap_bio(self._in, self._out, server_hostname=VAULT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def begin(self) -> None:
        """The handshake's first message."""
        with suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self.flush()

    def agree(self) -> None:
        """The handshake; its last message is not sent yet."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                self._in.write(self.socket.recv(65536))
            else:
                return

    def write(self, data: bytes) -> None:
        self._tls.write(data)

    def say_goodbye(self) -> None:
        """A `close_notify` of its own."""
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()

    def taken(self) -> bytes:
        """What is to be sent."""
        return self._out.read()

    def flush(self) -> None:
        self.socket.sendall(self.taken())

    def rest(self) -> bytes:
        """All that comes until the server says goodbye; EOFError where it goes without."""
        got = b""
        while True:
            try:
                part = self._tls.read(65536)
                if not part:
                    return got
                got += part
            except ssl.SSLZeroReturnError:  # said by OpenSSL to who said goodbye itself
                return got
            except ssl.SSLWantReadError:
                data = self.socket.recv(65536)
                if not data:
                    raise EOFError(got) from None
                self._in.write(data)
