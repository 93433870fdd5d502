"""Learning one model, with its seconds in the log, the metrics and the trace."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from learning.limits import LearningRules
from store.model_keys import ModelKey
from warmtune.vocabulary.spans import span

if TYPE_CHECKING:
    from learning.material import Material
    from learning.models.learned import LearnedModel
    from metamodel.maps.surrogates import SurrogateUse


def logged_fit(
    key: ModelKey,
    material: "Material",
    use: "SurrogateUse | None",
    *,
    rules: LearningRules,
    on_fit: Callable[[float], None],
) -> "LearnedModel":
    """A model of the material.

    Args:
        key: What is learned for.
        material: What is learned from.
        use: A surrogate that has a role in it, or None.
        rules: How much is learned from.
        on_fit: Called with the seconds that learning took.
    """
    from learning.models.learned import learn  # noqa: PLC0415  # numpy and scipy, when first needed

    started = time.perf_counter()
    with span("learn", {"warmtune.metric": key.metric, "warmtune.n_tasks": len(material.own)}):
        learned = learn(key, material, use, core_tasks=rules.core_tasks)
    elapsed_s = time.perf_counter() - started
    on_fit(elapsed_s)
    structlog.get_logger().info(
        "model_fitted",
        metric=key.metric,
        content_key=key.content_key,
        kind_group=key.kind_group,
        n_tasks=len(material.own),
        n_mapped_tasks=len(material.mapped),
        duration_s=round(elapsed_s, 3),
        version=learned.model.version,
    )
    return learned
