"""What jobs did, line by line, for people; the oldest lines of a long job go first."""

from typing import Final

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from store.connections.clock import database_now
from store.pages import PageRequest, paginate
from store.tables import job_lines
from warmtune.vocabulary.job import JobLine
from warmtune.vocabulary.page import Page

MAX_LINES: Final = 1_000
"""Of one job."""
MAX_TEXT_LENGTH: Final = 500


class JobLineRepository:
    """Writes and reads lines within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, job_seq: int, text: str) -> None:
        """Add a line to a job whose row this transaction has locked or written, so that numbers don't collide."""
        newest = select(func.max(job_lines.c.number)).where(job_lines.c.job_seq == job_seq)
        number = (self._connection.execute(newest).scalar() or 0) + 1
        row = {
            "job_seq": job_seq,
            "number": number,
            "at": database_now(self._connection),
            "text": text[:MAX_TEXT_LENGTH],
        }
        self._connection.execute(insert(job_lines).values(row))
        if number > MAX_LINES:
            old = (job_lines.c.job_seq == job_seq) & (job_lines.c.number <= number - MAX_LINES)
            self._connection.execute(delete(job_lines).where(old))

    def page(self, job_seq: int, request: PageRequest) -> Page[JobLine]:
        """A job's lines, oldest first."""
        query = select(job_lines).where(job_lines.c.job_seq == job_seq)
        return paginate(self._connection, query, request, by=job_lines.c.number, read=_line, newest_first=False)


def _line(row: RowMapping) -> JobLine:
    return JobLine(row["number"], row["at"], row["text"])
