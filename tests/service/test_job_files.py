"""Jobs whose files can't be written: a full or read-only disk is not the job's fault, and no bare 500."""

import errno
import os
from pathlib import Path

import pytest

from learning.job_context import JobContext
from service.file_failures import file_failures_named
from service.jobs.kinds import JobKind, JobKinds
from service.jobs.runner import JobRunner
from service.measures import Measures
from service.settings import Settings
from store.stored_job import Json
from tests.databases import sqlite_in
from tests.service.test_jobs import END_S, ended
from warmtune.vocabulary.errors import StorageFullError, UnavailableError
from warmtune.vocabulary.job import JobState

REFUSED = [errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOTDIR, errno.ESTALE]
FULL = [errno.ENOSPC, errno.EDQUOT]


def failing(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [*REFUSED, *FULL])
def test_failures_of_files_are_named(number: int) -> None:
    expected = StorageFullError if number in FULL else UnavailableError
    with pytest.raises(expected, match="the report"), file_failures_named("the report"):
        raise failing(number)


def test_a_missing_file_stays_what_it_is() -> None:
    with pytest.raises(FileNotFoundError), file_failures_named("the report"):
        raise failing(errno.ENOENT)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_job_goes_on_once_its_disk_can_be_written_to(tmp_path: Path, number: int) -> None:
    def train(context: JobContext, request: Json) -> Json:
        if context.attempt == 1:
            raise failing(number)
        return {"attempt": context.attempt}

    kinds = JobKinds([JobKind("train", train, is_resumable=True)])
    with sqlite_in(tmp_path) as database:
        runner = JobRunner(database, kinds, Settings(job_directory=tmp_path / "jobs"), measures=Measures())
        runner.start()
        done = ended(database, runner.submit("train", {}).job_id)
        runner.close(END_S)
    assert (done.state, done.result, done.failure) == (JobState.SUCCEEDED, {"attempt": 2}, None)


def test_a_job_whose_directory_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("no directory")
    kinds = JobKinds([JobKind("train", lambda _context, _request: {})])
    with sqlite_in(tmp_path) as database:
        runner = JobRunner(database, kinds, Settings(job_directory=tmp_path / "jobs"), measures=Measures())
        with pytest.raises(UnavailableError) as refused:
            runner.submit("train", {}, prepare=lambda directory: None)
        assert refused.value.code == "files_unavailable"
        runner.close(END_S)
