"""Uploads under way: in a directory that nobody else can have prepared, and gone when it should be."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from service.http.problems import MalformedRequestError
from service.http.uploads import ReceivedForm, receive_form
from service.spool import Spool
from tests.service.asking import REQUEST, problem_in, recommend_file
from tests.service.tables import iris_csv
from tests.serving import ROOT, start_program, start_service
from warmtune.vocabulary.errors import StorageFullError, UnavailableError


def test_the_directory_is_new_and_private(tmp_path: Path) -> None:
    (tmp_path / f"warmtune-spool-{os.getpid()}").mkdir(mode=0o777)  # prepared by somebody who knows the number
    spool = Spool(tmp_path)
    spool.open()
    assert spool.directory.name != f"warmtune-spool-{os.getpid()}"
    assert spool.directory.stat().st_mode & 0o777 == 0o700
    spool.close()
    assert not spool.directory.exists()


def test_a_directory_that_a_cleaner_has_removed_is_made_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.open()
    first = spool.usable()
    shutil.rmtree(first)
    assert spool.usable() == first
    assert first.stat().st_mode & 0o777 == 0o700
    for left in first.iterdir():
        left.unlink()  # of old files only the directory stays
    assert spool.usable() == first
    code = f"from service.spool import Spool; from pathlib import Path; Spool(Path({str(tmp_path)!r})).open()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert first.exists()  # its lock says that it is in use
    spool.close()


def test_uploads_go_on_after_their_directory_was_removed(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    service = start_service(tmp_path, spool_directory=str(spool), describe_timeout_s="600", request_timeout_s="600")

    def upload() -> httpx.Response:
        files = {"file": ("iris.csv", iris_csv())}
        return service.http.post("/v1/tasks", files=files, data={"request": json.dumps({"target": "target"})})

    assert upload().status_code == 200
    shutil.rmtree(spool)
    assert upload().status_code == 200
    spool.rename(tmp_path / "moved")
    spool.write_text("a file in its place")
    refused = problem_in(upload())
    assert (refused.status, refused.code) == (503, "files_unavailable")
    spool.unlink()
    assert upload().status_code == 200
    assert service.stop() == 0


def test_what_lives_or_belongs_to_another_is_left_alone(tmp_path: Path) -> None:
    living = Spool(tmp_path)
    living.open()
    target = tmp_path / "precious"
    target.mkdir()
    (target / "file").write_text("x")
    (tmp_path / "warmtune-spool-4194999-link").symlink_to(target)
    code = f"from service.spool import Spool; from pathlib import Path; Spool(Path({str(tmp_path)!r})).open()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)  # ends without closing
    left = [path for path in tmp_path.glob("warmtune-spool-*") if path not in (living.directory,)]
    assert len(left) == 2
    again = Spool(tmp_path)
    again.open()
    assert living.directory.exists()
    assert (target / "file").exists()
    assert {path.name for path in tmp_path.glob("warmtune-spool-*")} == {
        living.directory.name,
        again.directory.name,
        "warmtune-spool-4194999-link",
    }
    again.close()
    living.close()


SMALL_FILES = """
import resource, runpy, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
runpy.run_module("service.server", run_name="__main__")
"""


def test_an_upload_without_room_is_reported(tmp_path: Path) -> None:
    start_service(tmp_path).stop()  # the knowledge base needs room, too
    service = start_program(("-c", SMALL_FILES), tmp_path, {"spool_directory": str(tmp_path / "spool")})
    problem = problem_in(recommend_file(service, b"a,b\n" + b"1,2\n" * 2_000_000, {**REQUEST, "target": "b"}))
    assert (problem.status, problem.code, problem.field) == (507, "storage_full", "file")
    assert list((tmp_path / "spool").glob("*/upload-*")) == []
    assert recommend_file(service, iris_csv()).status_code == 200
    assert service.stop() == 0


def test_the_last_bytes_may_lack_room_too(tmp_path: Path) -> None:
    form = ReceivedForm(tmp_path, is_digested=False)
    form.open_file("a.csv")
    full = os.open("/dev/full", os.O_WRONLY)
    assert form._spool is not None
    os.dup2(full, form._spool.fileno())
    form.write(b"few bytes")
    with pytest.raises(StorageFullError):
        form.finish()
    form.close()
    os.close(full)
    assert list(tmp_path.iterdir()) == []


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n%b\r\n'
    b'--b\r\nContent-Disposition: form-data; name="request"\r\n\r\n%b\r\n--b--\r\n'
)


async def received(
    body: bytes, directory: Path, *, writers: anyio.CapacityLimiter | None = None, held: list[int] | None = None
) -> ReceivedForm:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]

    def hold(size: int) -> None:
        if held is not None:
            held.append(size)
            if sum(held) > 600_000:
                raise UnavailableError("too much in memory")

    return await receive_form(
        chunks(),
        "multipart/form-data; boundary=b",
        directory=directory,
        max_field_bytes=10**6,
        is_digested=True,
        hold=hold,
        writers=writers or anyio.CapacityLimiter(1),
    )


def test_a_form_comes_whole_whatever_its_pieces(tmp_path: Path) -> None:
    content, said = bytes(range(256)) * 3_000, b"x" * 300_000
    held: list[int] = []
    form = asyncio.run(received(FORM % (content, said), tmp_path, held=held))
    assert form.file is not None
    assert form.file.read_bytes() == content
    assert (form.fields["request"], form.filename) == (said, "a.csv")
    assert sum(held) == len(said)
    form.close()


def test_a_disk_that_hangs_keeps_only_its_uploads_waiting(tmp_path: Path) -> None:
    async def asked() -> int:
        writers = anyio.CapacityLimiter(1)
        await writers.acquire_on_behalf_of("a disk that does not answer")
        upload = asyncio.create_task(received(FORM % (b"a,b\n" * 200_000, b"{}"), tmp_path, writers=writers))
        n_turns = 0
        while writers.statistics().tasks_waiting == 0:
            await asyncio.sleep(0)  # the loop is free for others
            n_turns += 1
        assert list(tmp_path.iterdir()) == []  # not even the file was made here
        writers.release_on_behalf_of("a disk that does not answer")
        form = await upload
        assert form.file is not None
        size = form.file.stat().st_size
        form.close()
        return size if n_turns else -1

    assert asyncio.run(asked()) == 800_000


@pytest.mark.parametrize(
    "body",
    [
        (FORM % (b"a,b\n" * 100_000, b"{}"))[:-300_000],
        FORM % (b"a,b\n" * 100_000, b"{}") + b"--c garbage",
        (FORM % (b"a,b\n", b"{}")).replace(b"\r\n--b--", b"\r\n--bx"),
    ],
)
def test_nothing_is_left_of_a_form_that_goes_wrong(tmp_path: Path, body: bytes) -> None:
    try:
        form = asyncio.run(received(body, tmp_path))
    except MalformedRequestError:
        pass
    else:
        form.close()  # what comes after the end may be passed over
    assert list(tmp_path.iterdir()) == []


def test_a_thread_that_is_late_makes_no_file_of_a_closed_form(tmp_path: Path) -> None:
    form = ReceivedForm(tmp_path, is_digested=False)
    form.close()
    form.open_file("data.csv")
    form.write(b"a,b\n")
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_is_closed_while_its_file_is_made_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, closing = threading.Event(), threading.Event()
    real = tempfile.NamedTemporaryFile

    def slow(**options: Any) -> Any:
        spool = real(**options)
        made.set()
        closing.wait(0.2)  # the other thread closes meanwhile, if it can
        return spool

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", slow)
    form = ReceivedForm(tmp_path, is_digested=False)
    writer = threading.Thread(target=form.open_file, args=("data.csv",))
    writer.start()
    made.wait()
    form.close()
    closing.set()
    writer.join()
    assert list(tmp_path.iterdir()) == []


def test_nor_of_one_that_nobody_waits_for_or_that_holds_too_much(tmp_path: Path) -> None:
    async def left() -> None:
        writers = anyio.CapacityLimiter(1)
        upload = asyncio.create_task(received(FORM % (b"a,b\n" * 2_000_000, b"{}"), tmp_path, writers=writers))
        while not list(tmp_path.iterdir()):
            await asyncio.sleep(0.001)
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload

    asyncio.run(left())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnavailableError):
        asyncio.run(received(FORM % (b"a,b\n", b"x" * 900_000), tmp_path, held=[]))
    assert list(tmp_path.iterdir()) == []
