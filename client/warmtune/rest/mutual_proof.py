"""How a user and an embedded service prove to each other who they are, without sending the token.

Both know the token from a file that only the user can read. Each side sends a random number, and proves by an HMAC over
both that it knows the token; so another process on the port of an ended service learns nothing and is detected.
"""

import hashlib
import hmac
import secrets
import socket
from typing import Final

MAX_LINE: Final = 200
_JOINED: Final = b"joined\n"


class UnprovenPeerError(OSError):
    """The other side doesn't know the token."""


def join_as_user(connection: socket.socket, token: str) -> None:
    """Prove to a service that one is its user, after it has proved what it is.

    Raises:
        StrangerError: If the other side is not that service.
        OSError: If it has ended or is ending.
    """
    own = secrets.token_hex(16).encode()
    with connection.makefile("rb") as lines:
        connection.sendall(own + b"\n")
        other, _, proof = lines.readline(MAX_LINE).strip().partition(b" ")
        if not hmac.compare_digest(proof, _proof(token, b"service", own, other)):
            raise UnprovenPeerError("another program than the embedded service listens there")
        connection.sendall(_proof(token, b"user", own, other) + b"\n")
        if lines.readline(MAX_LINE) != _JOINED:
            raise UnprovenPeerError("the embedded service refuses this user")


def is_user(connection: socket.socket, token: str) -> bool:
    """Prove to one who joins that this is the service, and see whether it is its user; `welcome` is the answer.

    Raises:
        OSError: If it is gone.
    """
    own = secrets.token_hex(16).encode()
    with connection.makefile("rb") as lines:
        other = lines.readline(MAX_LINE).strip()
        connection.sendall(own + b" " + _proof(token, b"service", other, own) + b"\n")
        return hmac.compare_digest(lines.readline(MAX_LINE).strip(), _proof(token, b"user", other, own))


def welcome(connection: socket.socket) -> None:
    """Let a user in.

    Raises:
        OSError: If it is gone.
    """
    connection.sendall(_JOINED)


def _proof(token: str, role: bytes, of_user: bytes, of_service: bytes) -> bytes:
    said = b"\n".join((role, of_user, of_service))
    return hmac.new(token.encode(), said, hashlib.sha256).hexdigest().encode()
