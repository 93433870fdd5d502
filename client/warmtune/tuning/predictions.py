"""What a tuned model says of the rows of a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd

from warmtune.tuning.model_folder import TunedModel
from warmtune.tuning.tables import read_new_rows
from warmtune.vocabulary.notice import Notice

_EXAMPLES: Final = 3


def predict_file(
    model: TunedModel,
    path: Path,
    *,
    proba: bool = False,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    on_notice: Callable[[Notice], None] | None = None,
) -> pd.DataFrame:
    """Predictions for the rows of a file, in its order.

    Args:
        model: As `load_model` gives it.
        path: The file, in any format that `warmtune tune` reads.
        proba: Whether to add the probability of each class as ``P(class)``.
        sheet: Of a workbook.
        encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
        delimiter: Between the cells of a file of text, where detection fails.
        on_notice: Called with each oddity of the file, e.g. of cells that are no numbers and count as missing, or whose
            category the table learned from didn't have.

    Returns:
        A column under the target's name, and those of the probabilities.

    Raises:
        InvalidTableError: If the file can't be read, lacks a column, or has cells of another kind in one.
        InvalidInputError: If probabilities are asked for and the model has none.
    """
    facts = model.facts
    rows = read_new_rows(
        path,
        facts.columns,
        target=facts.target,
        nominal=facts.nominal,
        decimal_mark=facts.decimal_mark,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
    )
    if on_notice is not None:
        for notice in (*rows.notices, *_unseen(model, rows.X)):
            on_notice(notice)
    found = pd.DataFrame({facts.target: model.predict(rows.X)})
    if proba:
        shares = model.predict_proba(rows.X)
        found[[f"P({label})" for label in shares.columns]] = shares.to_numpy()
    return found


def _unseen(model: TunedModel, X: pd.DataFrame) -> list[Notice]:
    """A notice for each column with categories that nothing was learned of."""
    return [
        Notice(
            "unseen_categories",
            f"{len(cells)} of {len(X)} cells of column {name!r} have a category that the model was not trained on, "
            f"such as {', '.join(repr(cell) for cell in list(dict.fromkeys(cells))[:_EXAMPLES])}: what it predicts for "
            "them rests on the other columns",
            column=name,
            count=len(cells),
        )
        for name, cells in model.unseen_categories(X).items()
    ]
