"""Settled studies as lines of JSON, on their way from the process that reads a source to the one that keeps them.

A line has the study and its trials; trials are rows whose parameters are JSON already, as the store keeps them, so that
nobody parses them on the way.
"""

import json
from collections.abc import Sequence

from knowledge.importers.values import ConvertedStudy, Note, RefusedStudy, TaskFacts
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.task import MetaFeatures, TaskKind

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def line_of(study: ConvertedStudy | RefusedStudy) -> str:
    """A study as a line."""
    if isinstance(study, RefusedStudy):
        return _encode({"refused": [study.name, study.reason, study.n_trials]})
    facts, features = study.task, study.task.meta_features
    return _encode(
        {
            "name": study.name,
            "identity": study.identity,
            "kind": facts.kind,
            "meta_features": None
            if features is None
            else [dict(features.values), dict(features.gaps), features.version],
            "content_hash": facts.content_hash,
            "task_id": facts.task_id,
            "task_name": study.task_name,
            "space": study.space.to_json(),
            "metric": study.metric,
            "direction": study.direction,
            "metadata": dict(study.metadata),
            "adjusted": [(note.text, note.n_trials) for note in study.adjusted],
            "left_out": [(note.text, note.n_trials) for note in study.left_out],
            "reported_as": study.reported_as,
            "further": [(one.metric, one.direction) for one in study.further],
            "marks": study.marks,
            "file": study.file,
            "rows": study.rows,
        }
    )


def read_line(line: str | bytes, spaces: dict[str, SearchSpace]) -> ConvertedStudy | RefusedStudy:
    """What `line_of` wrote.

    Args:
        line: One line.
        spaces: Search spaces that were read before, by their JSON: many studies have the same.
    """
    body = json.loads(line)
    if "refused" in body:
        name, reason, n_trials = body["refused"]
        return RefusedStudy(name, reason, n_trials)
    text = _encode(body["space"])
    if text not in spaces:
        spaces[text] = search_space_from_json(body["space"])
    features = body["meta_features"]
    return ConvertedStudy(
        name=body["name"],
        identity=body["identity"],
        task=TaskFacts(
            kind=TaskKind(body["kind"]),
            meta_features=None if features is None else MetaFeatures(*features),
            content_hash=body["content_hash"],
            task_id=body["task_id"],
        ),
        task_name=body["task_name"],
        space=spaces[text],
        metric=body["metric"],
        direction=Direction(body["direction"]),
        rows=tuple([tuple(row) for row in body["rows"]]),
        metadata=body["metadata"],
        adjusted=_notes(body["adjusted"]),
        left_out=_notes(body["left_out"]),
        reported_as=body["reported_as"],
        further=tuple([Objective(metric, Direction(way)) for metric, way in body["further"]]),
        marks=tuple(body["marks"]),
        file=body["file"],
    )


def _notes(given: Sequence[Sequence[object]]) -> tuple[Note, ...]:
    return tuple(Note(str(text), n if isinstance(n, int) else None) for text, n in given)
