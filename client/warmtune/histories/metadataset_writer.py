"""Stored studies as a meta-dataset folder: trials, search space and meta-features of one search space and metric."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.histories.stored_studies import ExportedStudy
from warmtune.tables.local_parquet import write_parquet
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.exported_note import EXPORTED_FROM
from warmtune.vocabulary.history import ExportReport
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState


def write_metadataset(folder: Path, studies: Iterable[ExportedStudy]) -> ExportReport:
    """Write the studies over the search space, metric and direction that most trials are of; report the others.

    ``score`` is always to be maximised: of a metric that is minimised it is the negative.

    Raises:
        InvalidInputError: If there is no complete trial.
        MissingExtraError: Without ``warmtune[local]``.
    """
    listed = list(studies)
    counts: Counter[tuple[str, str, str]] = Counter()
    for study in listed:
        counts[_key(study)] += len(study.trials)
    if not counts:
        raise InvalidInputError("the service stores no such study", field="target", limit="at least 1 study")
    chosen = counts.most_common(1)[0][0]
    taken = [study for study in listed if _key(study) == chosen]
    rows = [
        {
            "task": study.task.name,
            EXPORTED_FROM: study.summary.study_id,
            **{name: trial.configuration.get(name) for name in study.space.parameters},
            "score": study.summary.direction.sign * trial.value
            if trial.is_judged and trial.value is not None
            else None,
            "seconds": trial.duration_s,
        }
        for study in taken
        for trial in study.trials
        if trial.state in (TrialState.COMPLETE, TrialState.FAIL)
    ]
    folder.mkdir(parents=True)
    write_parquet(folder / "trials.parquet", {name: [row[name] for row in rows] for name in rows[0]} if rows else {})
    space = {"score": chosen[1], "hyperparameters": _hyperparameters(taken[0].space)}
    (folder / "space.json").write_text(json.dumps(space, indent=1, allow_nan=False), encoding="utf-8")
    _write_features(folder / "metafeatures.parquet", taken)
    notes = [f"score is {chosen[1]}" + (", negated" if taken[0].summary.direction.sign < 0 else "")]
    if len(taken) < len(listed):
        notes.append(f"{len(listed) - len(taken)} studies over other search spaces or metrics are left out")
    notes += _lost(taken, n_rows=len(rows))
    return ExportReport("metadataset", len(taken), len(rows), tuple(notes))


def _lost(taken: Sequence[ExportedStudy], *, n_rows: int) -> list[str]:
    """What the form has no place for, of the studies that are written."""
    trials = [trial for study in taken for trial in study.trials]
    lost = {
        "infeasible trials, written as failed": sum(not trial.is_feasible for trial in trials),
        "pruned, running and waiting trials, left out": len(trials) - n_rows,
        "trials without their intermediate values": sum(bool(trial.intermediate_values) for trial in trials),
        "studies with their first objective only": sum(len(study.summary.objectives) > 1 for study in taken),
        "studies that become one with others of a task of the same name": len(taken)
        - len({s.task.name for s in taken}),
    }
    notes = [f"{what}: {count}" for what, count in lost.items() if count]
    return [*notes, "numbers of trials, names and metadata of studies are left out"]


def _key(study: ExportedStudy) -> tuple[str, str, str]:
    summary = study.summary
    return summary.search_space_key, summary.metric, summary.direction.value


def _hyperparameters(space: SearchSpace) -> list[dict[str, object]]:
    conditions = {c.parameter: {"parent": c.parent, "values": list(c.values)} for c in space.conditions}
    return [
        {"name": name, **_described(distribution), "condition": conditions.get(name)}
        for name, distribution in space.parameters.items()
    ]


def _described(distribution: BaseDistribution) -> dict[str, object]:
    if isinstance(distribution, CategoricalDistribution):
        return {"type": "categorical", "choices": list(distribution.choices)}
    if isinstance(distribution, (IntDistribution, FloatDistribution)):
        kind = "int" if isinstance(distribution, IntDistribution) else "float"
        bounds = {"low": distribution.low, "high": distribution.high, "log": distribution.log}
        return {"type": kind, **bounds, "step": distribution.step}
    raise InvalidInputError(f"{type(distribution).__name__} is no distribution of a meta-dataset", field="target")


def _write_features(path: Path, studies: Iterable[ExportedStudy]) -> None:
    tasks = {study.task.name: study.task.meta_features.values for study in studies}
    names = sorted({name for values in tasks.values() for name in values})
    if names:
        columns: dict[str, list[object]] = {"task": list(tasks)}
        columns |= {name: [values.get(name) for values in tasks.values()] for name in names if name != "task"}
        write_parquet(path, columns)
