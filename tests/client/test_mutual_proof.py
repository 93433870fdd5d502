"""A user and its embedded service prove to each other who they are; strangers at either end learn nothing."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from warmtune.rest.mutual_proof import MAX_LINE, UnprovenPeerError, is_user, join_as_user, welcome
from warmtune.rest.own_service import Lease, _joined
from warmtune.rest.registration import Registration

TOKEN = "the-token-of-this-start"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The user's and the service's end of one connection."""
    user, service = socket.socketpair()
    for end in (user, service):
        end.settimeout(10)
    yield user, service
    user.close()
    service.close()


def serving(service: socket.socket, token: str) -> tuple[threading.Thread, list[bool]]:
    found: list[bool] = []

    def serve() -> None:
        found.append(is_user(service, token))
        if found[0]:
            welcome(service)
        else:
            service.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread, found


def test_who_knows_the_token_joins(ends: tuple[socket.socket, socket.socket]) -> None:
    user, service = ends
    thread, found = serving(service, TOKEN)
    join_as_user(user, TOKEN)
    thread.join()
    assert found == [True]


def test_one_without_the_token_is_not_let_in(ends: tuple[socket.socket, socket.socket]) -> None:
    user, service = ends
    thread, found = serving(service, TOKEN)
    user.sendall(b"1234\n")
    reply = user.makefile("rb").readline(MAX_LINE)
    proof = reply.split()[1]
    user.sendall(proof + b"\n")  # the service's own proof, sent back, is no proof of the user's
    thread.join()
    assert found == [False]
    assert TOKEN.encode() not in reply


def test_a_stranger_at_the_port_is_found_out_and_hears_no_token(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def listen() -> None:
            connection, _ = stranger.accept()
            with connection:
                heard.append(connection.makefile("rb").readline(MAX_LINE))
                connection.sendall(b"joined\n")  # what a service said once to anybody
                heard.append(connection.makefile("rb").read())

        thread = threading.Thread(target=listen)
        thread.start()
        port = int(stranger.getsockname()[1])
        Registration("http://127.0.0.1:1", port, TOKEN, os.getpid()).write(tmp_path / "service.json")
        assert _joined(tmp_path) is None
        thread.join()
    assert heard[1] == b""
    assert not any(TOKEN.encode() in line for line in heard)
    assert json.loads((tmp_path / "service.json").read_text())["token"] == TOKEN


def test_a_proof_for_one_connection_is_none_for_another(ends: tuple[socket.socket, socket.socket]) -> None:
    user, service = ends

    def replay() -> None:
        service.makefile("rb").readline(MAX_LINE)
        service.sendall(b"0123 " + b"a" * 64 + b"\n")

    thread = threading.Thread(target=replay)
    thread.start()
    with pytest.raises(UnprovenPeerError):
        join_as_user(user, TOKEN)
    thread.join()


def test_a_lease_is_over_when_its_service_ends(ends: tuple[socket.socket, socket.socket]) -> None:
    user, service = ends
    lease = Lease("http://127.0.0.1:1", TOKEN, os.getpid(), user)
    seen = [lease.is_over]
    service.close()
    seen.append(lease.is_over)
    lease.release()
    seen.append(lease.is_over)
    assert seen == [False, True, True]
