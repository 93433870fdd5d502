"""Optuna's files, converted."""

from knowledge.importers.options import ImportOptions
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy, ForeignHistory, RefusedStudy
from warmtune.vocabulary.task import TaskKind


def converted(history: ForeignHistory, **given: object) -> dict[str, ConvertedStudy | RefusedStudy]:
    options = ImportOptions(**{"kind": TaskKind.REGRESSION, **given})  # type: ignore[arg-type]
    return {study.name: study for study in convert(history, options)}


def taken(study: ConvertedStudy | RefusedStudy) -> ConvertedStudy:
    assert isinstance(study, ConvertedStudy), study
    return study
