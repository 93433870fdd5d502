"""Versions and backtests as answers."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from store.models import StoredModel
from warmtune.vocabulary.errors import ServiceError
from warmtune.wire.models import BacktestResponse

if TYPE_CHECKING:
    from metamodel.backtest.result import Backtest


def backtest_response(stored: StoredModel, search_space: str) -> BacktestResponse:
    """A version's backtest.

    Raises:
        ServiceError: If what is stored is none.
    """
    from metamodel.backtest.result import Backtest  # noqa: PLC0415  # numpy and scipy, when first needed

    body = stored.learned.backtest
    if body is None:
        raise ServiceError("the version has no backtest")
    found = Backtest.from_json(body)
    return BacktestResponse.model_validate(
        {
            "version": stored.learned.version,
            "search_space": search_space,
            "metric": found.metric,
            "direction": found.direction,
            "n_tasks": len(found.task_ids),
            "created_at": stored.created_at,
            "summary": {
                method.value: {n: asdict(found.after(method, n)) for n in found.checkpoints() if n <= curves.shape[1]}
                for method, curves in found.regret.items()
            },
            "ranks": {n: {m.value: rank for m, rank in found.mean_ranks(n).items()} for n in found.checkpoints()},
            "trials_saved": _trials_saved(found),
            "regret": {
                method.value: {
                    task_id: row.tolist()
                    for task_id, row in zip(found.task_ids, curves, strict=True)
                    if row[0] == row[0]  # NaN where the method was not run on the task
                }
                for method, curves in found.regret.items()
            },
        }
    )


def _trials_saved(found: "Backtest") -> list[dict[str, object]]:
    """Against each method that is not the engine's, at the last checkpoint."""
    after = found.checkpoints()[-1]
    methods = [method for method, curves in found.regret.items() if not method.is_engines and curves.shape[1] >= after]
    return [asdict(found.trials_saved(method, after)) for method in methods]


def backtest_picture(stored: StoredModel, search_space: str) -> bytes:
    """A version's backtest as a PNG.

    Raises:
        ServiceError: If what is stored is none.
    """
    from metamodel.backtest.picture import backtest_picture as draw  # noqa: PLC0415  # matplotlib, when first needed
    from metamodel.backtest.result import Backtest  # noqa: PLC0415

    body = stored.learned.backtest
    if body is None:
        raise ServiceError("the version has no backtest")
    return draw(Backtest.from_json(body), title=f"{search_space}, {stored.learned.key.metric}")
