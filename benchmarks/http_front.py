"""A server with odd manners before a service, for cases of clients: redirects, pages of others, broken bodies.

``start(port)`` serves in a thread; the first part of a path says the manner, the rest goes to the service where the
manner is ``base``. With the files of a certificate and a key it speaks TLS.
"""

import gzip
import ssl
import threading
import time
from collections.abc import Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Final

import httpx

SERVICE: Final = "http://127.0.0.1:18101"
SLOW_S: Final = 20.0
_PAGE: Final = b"<html><body>Please sign in to the network</body></html>"
_FIXED: Final[Mapping[str, tuple[int, bytes, str]]] = MappingProxyType(
    {
        "h200html": (200, _PAGE, "text/html"),
        "h200json": (200, b'{"hello": "world"}', "application/json"),
        "h200list": (200, b"[1, 2, 3]", "application/json"),
        "h204": (204, b"", "text/plain"),
        "h401": (401, b'{"detail": "who are you?"}', "application/json"),
        "h403": (403, _PAGE, "text/html"),
        "h404": (404, _PAGE, "text/html"),
        "h407": (407, _PAGE, "text/html"),
        "h413": (413, b"too large", "text/plain"),
        "h500": (500, b"oops", "text/plain"),
        "h502": (502, _PAGE, "text/html"),
        "h503": (503, b"busy", "text/plain"),
        "h503date": (503, b"busy", "text/plain"),
        "h503long": (503, b"busy", "text/plain"),
        "badcharset": (200, b"\xff\xfe{", "application/json; charset=no-such"),
    }
)
_REDIRECTS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "r301": (301, "http://127.0.0.1:18101"),
        "r308": (308, "http://127.0.0.1:18101"),
        "r302login": (302, "http://127.0.0.1:18102/login?next=here"),
    }
)


def start(port: int, certificate: tuple[str, str] | None = None) -> ThreadingHTTPServer:
    """Serve on a port of this machine, until the process ends."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        manner, _, rest = self.path.lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if manner == "base":
            self._forward(rest, body)
        elif manner in _REDIRECTS:
            status, target = _REDIRECTS[manner]
            self._answer(status, b"", "text/plain", Location=target if "login" in target else f"{target}/{rest}")
        elif manner == "slow":
            time.sleep(SLOW_S)
            self._answer(200, b"{}", "application/json")
        elif manner == "badgzip":
            self._answer(200, gzip.compress(b"{}")[:-6] + b"broken", "application/json", Content_Encoding="gzip")
        elif manner == "trunc":
            self._answer(200, b'{"status": "o', "application/json", missing=100)
        else:
            status, text, kind = _FIXED.get(manner, (404, b"", "text/plain"))
            after = {"h503date": formatdate(time.time() + 1, usegmt=True), "h503long": "86400"}.get(manner)
            self._answer(status, text, kind, **({} if after is None else {"Retry_After": after}))  # type: ignore[arg-type]  # no `missing`

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the base class's names

    def _forward(self, rest: str, body: bytes) -> None:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "content-length")}
        answer = httpx.request(self.command, f"{SERVICE}/{rest}", content=body, headers=headers, timeout=60.0)
        self._answer(answer.status_code, answer.content, answer.headers.get("Content-Type", "text/plain"))

    def _answer(self, status: int, body: bytes, kind: str, *, missing: int = 0, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = missing > 0

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
