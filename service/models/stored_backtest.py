"""The backtest that is stored with a version, as values and as a picture."""

from typing import TYPE_CHECKING

from store.models import StoredModel
from warmtune.vocabulary.errors import ServiceError
from warmtune.vocabulary.model_version import BacktestAnswer, TrialsSaved

if TYPE_CHECKING:
    from metamodel.backtest.result import Backtest


def backtest_answer(stored: StoredModel, search_space: str) -> BacktestAnswer:
    """A version's backtest.

    Args:
        stored: The version.
        search_space: The name that was asked for.

    Raises:
        ServiceError: If what is stored is none.
    """
    found = _backtest(stored)
    checkpoints = found.checkpoints()
    return BacktestAnswer(
        version=stored.learned.version,
        search_space=search_space,
        metric=found.metric,
        direction=found.direction,
        n_tasks=len(found.task_ids),
        created_at=stored.created_at,
        summary={
            method.value: {n: found.after(method, n) for n in checkpoints if n <= curves.shape[1]}
            for method, curves in found.regret.items()
        },
        ranks={n: {method.value: rank for method, rank in found.mean_ranks(n).items()} for n in checkpoints},
        trials_saved=_trials_saved(found),
        regret={
            method.value: {
                task_id: row.tolist()
                for task_id, row in zip(found.task_ids, curves, strict=True)
                if row[0] == row[0]  # NaN where the method was not run on the task
            }
            for method, curves in found.regret.items()
        },
    )


def backtest_picture(stored: StoredModel, search_space: str) -> bytes:
    """A version's backtest as a PNG.

    Raises:
        ServiceError: If what is stored is none.
    """
    from metamodel.backtest.picture import backtest_picture as draw  # noqa: PLC0415  # matplotlib, when first needed

    return draw(_backtest(stored), title=f"{search_space}, {stored.learned.key.metric}")


def _trials_saved(found: "Backtest") -> tuple[TrialsSaved, ...]:
    """Against each method that is not the engine's, at the last checkpoint."""
    after = found.checkpoints()[-1]
    methods = [method for method, curves in found.regret.items() if not method.is_engines and curves.shape[1] >= after]
    return tuple(found.trials_saved(method, after) for method in methods)


def _backtest(stored: StoredModel) -> "Backtest":
    from metamodel.backtest.result import Backtest  # noqa: PLC0415  # numpy and scipy, when first needed

    body = stored.learned.backtest
    if body is None:
        raise ServiceError("the version has no backtest")
    return Backtest.from_json(body)
