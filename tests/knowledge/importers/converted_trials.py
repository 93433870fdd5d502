"""The trials of a converted study, from the rows that it has."""

from knowledge.importers.values import ConvertedStudy
from store.trial_rows import trial_of_row
from warmtune.vocabulary.trial import Trial


def trials_of(study: ConvertedStudy) -> tuple[Trial, ...]:
    """The trials, each checked as one that a client reports."""
    return tuple(trial_of_row(row) for row in study.rows)
