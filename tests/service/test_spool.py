"""Uploads under way: in a directory that nobody else can have prepared, and gone when it should be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.http.uploads import ReceivedForm
from service.spool import Spool
from tests.service.asking import REQUEST, problem_in, recommend_file
from tests.service.tables import iris_csv
from tests.serving import ROOT, start_program, start_service
from warmtune.vocabulary.errors import StorageFullError


def test_the_directory_is_new_and_private(tmp_path: Path) -> None:
    (tmp_path / f"warmtune-spool-{os.getpid()}").mkdir(mode=0o777)  # prepared by somebody who knows the number
    spool = Spool(tmp_path)
    spool.open()
    assert spool.directory.name != f"warmtune-spool-{os.getpid()}"
    assert spool.directory.stat().st_mode & 0o777 == 0o700
    spool.close()
    assert not spool.directory.exists()


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
