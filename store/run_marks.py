"""Marks of the runs of imported studies: numbers by which a study that was stored from another file is found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select

from store.connections.locks import lock_name
from store.connections.scope import own
from store.tables import imported_studies, run_marks, studies

_AT_ONCE: Final = 500  # marks in one question


class RunMarkRepository:
    """Reads and writes marks within one transaction; what they mean is the caller's business."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self) -> None:
        """Keep other imports of the workspace waiting until the transaction ends.

        Of two at the same time, neither would find what the other one stores.
        """
        lock_name(self._connection, "run_marks", "")

    def keep(self, marks: Mapping[int, Iterable[int]]) -> None:
        """Store the marks of studies, by their order numbers, in place of those that they had."""
        if not marks:
            return
        self._connection.execute(delete(run_marks).where(run_marks.c.study_seq.in_(list(marks))))
        rows = [{"study_seq": seq, "mark": mark} for seq, own_marks in marks.items() for mark in set(own_marks)]
        if rows:
            self._connection.execute(insert(run_marks), rows)

    def having(self, marks: Sequence[int], *, most: int) -> dict[int, list[str]]:
        """The identifiers of the workspace's studies with each of these marks, oldest first.

        Args:
            marks: What they are found by.
            most: A mark that more studies have is left out: they are counted, not read.
        """
        found: dict[int, list[str]] = {}
        asked = list(dict.fromkeys(marks))
        for start in range(0, len(asked), _AT_ONCE):
            asked_now = run_marks.c.mark.in_(asked[start : start + _AT_ONCE])
            rare = self._marked(run_marks.c.mark).where(asked_now).group_by(run_marks.c.mark)
            kept = list(self._connection.execute(rare.having(func.count() <= most)).scalars())
            query = self._marked(run_marks.c.mark, studies.c.study_id).where(run_marks.c.mark.in_(kept))
            for mark, study_id in self._connection.execute(query.order_by(run_marks.c.study_seq)):
                found.setdefault(mark, []).append(study_id)
        return found

    def _marked(self, *columns: ColumnElement[Any]) -> Select[tuple[Any, ...]]:
        """Of marks and the workspace's studies that have them."""
        joined = select(*columns).select_from(run_marks).join(studies, studies.c.seq == run_marks.c.study_seq)
        return joined.where(own(self._connection, studies))

    def unmarked(self, limit: int) -> list[str]:
        """The identifiers of imported studies without a mark: imported before there were any."""
        query = (
            select(studies.c.study_id)
            .distinct()
            .join(imported_studies, imported_studies.c.study_seq == studies.c.seq)
            .outerjoin(run_marks, run_marks.c.study_seq == studies.c.seq)
            .where(own(self._connection, studies), run_marks.c.mark.is_(None))
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())
