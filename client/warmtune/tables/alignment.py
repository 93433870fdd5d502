"""Features and target whose indexes disagree: rows are paired by their places, as scikit-learn pairs them."""

import warnings
from typing import Any


def warn_of_other_order(X: object, y: object) -> None:
    """Warn if `X` and `y` have the same index labels in another order, as after a shuffle of one of them.

    Nothing is sorted: scikit-learn would train on the same pairs. What isn't of pandas has no index.
    """
    if not (_is_of_pandas(X) and _is_of_pandas(y)):
        return
    left, right = _index(X), _index(y)
    if len(left) != len(right) or left.equals(right) or not (left.is_unique and right.is_unique):
        return
    if len(left.difference(right, sort=False)) == 0:
        warnings.warn(
            "y has the index labels of X in another order; rows are paired by their places, not by the index. "
            "If the labels say which rows belong together, pass y.loc[X.index]",
            UserWarning,
            stacklevel=3,
        )


def _is_of_pandas(data: object) -> bool:
    return type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "index")


def _index(data: Any) -> Any:  # pandas is an extra, and heavy: not imported here
    return data.index
