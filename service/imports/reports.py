"""What an import reports: what was taken, adjusted, left out and refused, and why."""

from collections.abc import Sequence
from typing import Final

from knowledge.importers.values import ConvertedStudy, Note
from service.imports.study_storage import StudyOutcome
from store.stored_job import Json
from warmtune.vocabulary.history import ImportRecord

MAX_STUDIES_LISTED: Final = 500
"""Of more studies, only the totals are reported."""


class ImportReportBuilder:
    """Collects what becomes of each study.

    Attributes:
        notes: On the source as a whole.
    """

    def __init__(self, record: ImportRecord, *, is_dry_run: bool, notes: Sequence[str]) -> None:
        self.notes = list(notes)
        self._record = record
        self._is_dry_run = is_dry_run
        self._studies: list[dict[str, object]] = []
        self._refused: list[dict[str, object]] = []
        self._counts = dict.fromkeys(("new", "grown", "moved", "unchanged", "refused"), 0)
        self._trials = dict.fromkeys(("new", "changed", "unchanged", "left_out", "refused"), 0)

    def take(self, study: ConvertedStudy, stored: StudyOutcome) -> None:
        """A study that was stored, or would be."""
        taken = stored.taken
        outcome = "new" if taken.is_new else "moved" if taken.is_moved else "unchanged"
        if outcome == "unchanged" and taken.n_new + taken.n_changed:
            outcome = "grown"
        self._counts[outcome] += 1
        left_out = sum(note.n_trials or 0 for note in study.left_out)
        for name, count in (
            ("new", taken.n_new),
            ("changed", taken.n_changed),
            ("unchanged", taken.n_unchanged),
            ("left_out", left_out),
        ):
            self._trials[name] += count
        self._studies.append(
            {
                "name": study.name,
                "outcome": outcome,
                "study_id": taken.study_id,
                "task": study.task_name,
                "task_id": stored.task_id,
                "metric": study.metric,
                "direction": study.direction,
                "search_space": stored.search_space,
                "search_space_key": stored.content_key,
                "parameters": list(study.space.parameters),
                "n_trials": len(study.rows),
                "n_new": taken.n_new,
                "n_changed": taken.n_changed,
                "adjusted": [_as_json(note) for note in study.adjusted] + [{"what": text} for text in stored.notes],
                "left_out": [_as_json(note) for note in study.left_out],
            }
        )

    def refuse(self, name: str, reason: str, n_trials: int) -> None:
        """A study that was not stored, and why."""
        self._counts["refused"] += 1
        self._trials["refused"] += n_trials
        self._refused.append({"name": name, "reason": reason, "n_trials": n_trials})

    def to_json(self, *, read_s: float, total_s: float) -> Json:
        """The job's result."""
        n_trials = sum(self._trials.values())
        notes = self.notes
        for studies, what in ((self._studies, "taken"), (self._refused, "refused")):
            if len(studies) > MAX_STUDIES_LISTED:
                notes = [*notes, f"of {len(studies)} {what} studies, the first {MAX_STUDIES_LISTED} are listed"]
        return {
            "import_id": None if self._is_dry_run else self._record.import_id,
            "dry_run": self._is_dry_run,
            "source": self._record.source,
            "written_by": self._record.written_by,
            "file_name": self._record.file_name,
            "file_hash": self._record.file_hash,
            "n_studies": dict(self._counts),
            "n_trials": dict(self._trials),
            "studies": self._studies[:MAX_STUDIES_LISTED],
            "refused": self._refused[:MAX_STUDIES_LISTED],
            "notes": list(notes),
            "reading_s": round(read_s, 3),
            "total_s": round(total_s, 3),
            "trials_per_s": round(n_trials / max(total_s, 1e-9)),
        }


def _as_json(note: Note) -> dict[str, object]:
    return {"what": note.text} if note.n_trials is None else {"what": note.text, "n_trials": note.n_trials}
