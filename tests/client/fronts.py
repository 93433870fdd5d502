"""Servers of a few lines that stand where a service should be: with odd manners, behind TLS, or as a proxy."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "certificates" / "cert.pem"
KEY = Path(__file__).parent / "certificates" / "key.pem"
READY = b'{"status": "ok", "service": "warmtune"}'


class _Handler(BaseHTTPRequestHandler):
    """Answers every request alike, and remembers the first lines and keys."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Front)
        server.requests.append((self.requestline, self.headers.get("Authorization"), self.client_address[1]))
        self.send_response(server.status)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    do_POST = do_DELETE = do_GET  # noqa: N815  # the base class's names

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class Front(ThreadingHTTPServer):
    """One answer for all; `requests` has the request line, the key and the client's port of each request."""

    daemon_threads = True

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.headers = status, body, headers
        self.requests: list[tuple[str, str | None, int]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Without TLS."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def front(status: int = 200, body: bytes = READY, *, with_tls: bool = False, **headers: str) -> Iterator[Front]:
    """A server that answers every request alike."""
    server = Front(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
    if with_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
