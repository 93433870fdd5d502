"""The child process: reads tables and describes them, one after the other, under its own limits.

Started as ``python -m service.description.worker MEMORY_BYTES``; requests come on stdin, answers go to stdout.
It ends when stdin does, when its parent is gone, and when a request takes longer than it may.
"""

import os
import signal
import sys
from typing import BinaryIO

from knowledge.parent_watch import end_with_parent
from metafeatures.describe import describe
from metafeatures.reading import read_file
from metafeatures.understanding import described_with, understanding_of
from service.child_limits import limit_memory
from service.description.ends import MEMORY_EXIT
from service.description.messages import Described, DescribeRequest, answer_line
from service.library_lines import to_stderr, write_all
from warmtune.vocabulary.errors import ServiceError, WarmtuneError

_GRACE_S = 1.0


def main(memory_bytes: int) -> None:
    """Serve requests until stdin ends."""
    answers = _own_stdout()
    limit_memory(memory_bytes)
    end_with_parent()
    answers.write(b"{}\n")  # ready: everything is imported
    answers.flush()
    for line in sys.stdin.buffer:
        request = DescribeRequest.from_line(line)
        signal.setitimer(signal.ITIMER_REAL, request.timeout_s + _GRACE_S)  # its default action ends the process
        answers.write(answer_line(_answer(request)))
        answers.flush()
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def _answer(request: DescribeRequest) -> Described | WarmtuneError:
    hints = request.hints
    try:
        file = read_file(
            request.path,
            sheet=hints.sheet,
            encoding=hints.encoding,
            delimiter=hints.delimiter,
            limits=request.limits,
        )
        with described_with(file.reading):
            found = describe(
                file.table,
                request.target,
                kind=hints.kind,
                metric=hints.metric,
                nominal=hints.nominal,
                ignore=hints.ignore,
                decimal_mark=file.decimal_mark,
                limits=request.limits,
            )
    except WarmtuneError as error:
        return error
    except MemoryError:
        os._exit(MEMORY_EXIT)  # what is left of its memory may be in pieces: the parent starts another
    except Exception as error:  # noqa: BLE001  # the edge of a job: its sender gets the error, and the log has the traceback
        sys.excepthook(type(error), error, error.__traceback__)
        return ServiceError(
            f"describing the table failed because of a fault of the service: {type(error).__name__}", field="file"
        )
    understanding = understanding_of(found, file.reading)
    return Described(found.meta_features, found.content_hash, found.n_columns, understanding)


def _own_stdout() -> BinaryIO:
    """Keep stdout for answers: whatever a library prints goes to stderr."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    write_all(to_stderr)
    main(int(sys.argv[1]))
