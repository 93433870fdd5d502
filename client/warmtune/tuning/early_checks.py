"""What is wrong with the options of `tune` whatever the table: said before a table is read, which may take minutes."""

from collections.abc import Callable
from typing import TypeVar

from warmtune.catalogue import CatalogueEntry, find_entry
from warmtune.sklearn.candidates import check_can_be_fitted
from warmtune.tuning.scorers import scorer_name
from warmtune.tuning.tuned import TuneOptions
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError, WarmtuneError
from warmtune.vocabulary.metrics import judges_numbers
from warmtune.vocabulary.task import TaskKind

ResultT = TypeVar("ResultT")


def check_before_reading(options: TuneOptions, kind: TaskKind | None) -> None:
    """Check metric and search space for the kinds of task that the table may turn out to be.

    Args:
        options: What is asked for.
        kind: What is predicted, where the user says so.

    Raises:
        InvalidInputError: On a metric that no scorer computes, or one of another kind of task.
        NotFoundError: On an unknown search space.
        MissingExtraError: If its library is not installed.
    """
    numbers = judges_numbers(options.metric)
    kinds = [kind] if kind is not None else [k for k in TaskKind if numbers is None or numbers != k.is_classification]
    _first(lambda one: scorer_name(options.metric, one), kinds)
    entry: CatalogueEntry = _first(lambda one: find_entry(options.search_space, one), kinds)
    try:
        check_can_be_fitted(entry)
    except (InvalidInputError, MissingExtraError) as error:
        raise error.placed("search_space") from None


def _first(ask: Callable[[TaskKind], ResultT], kinds: list[TaskKind]) -> ResultT:
    """The answer for the first of the kinds that has one.

    Raises:
        WarmtuneError: That of the first kind, if none has.
    """
    refusal: WarmtuneError | None = None
    for kind in kinds:
        try:
            return ask(kind)
        except WarmtuneError as error:
            refusal = refusal or error
    raise refusal or InvalidInputError("no kind of task is left", field="kind")
