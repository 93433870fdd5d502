"""Identifiers that content gives: the same content is the same task, wherever it is described."""

import hashlib
import json

from warmtune.vocabulary.task import MetaFeatures, TaskKind


def task_id_of(kind: TaskKind, meta_features: MetaFeatures, *, content_hash: str | None = None) -> str:
    """The identifier of a task: from its table's content where that hash is known, else from its meta-features."""
    body: list[object] = [kind.value]
    if content_hash is None:
        body += [meta_features.version, sorted(meta_features.values.items()), sorted(meta_features.gaps)]
    else:
        body.append(content_hash)
    text = json.dumps(body, allow_nan=False, separators=(",", ":"))
    return f"task_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
