"""Features and target whose indexes disagree: rows are paired by their places, as scikit-learn pairs them."""

import warnings
from typing import Any


def warn_of_other_order(X: object, y: object) -> None:
    """Warn if `X` and `y` have the same index labels in another order, as after a shuffle of one of them.

    Nothing is sorted: scikit-learn would train on the same pairs. What isn't of pandas has no index.
    """
    if not (_is_of_pandas(X) and _is_of_pandas(y)):
        return
    if _is_reordered(_index(X), _index(y)):
        warnings.warn(
            "y has the index labels of X in another order; rows are paired by their places, not by the index. "
            "If the labels say which rows belong together, pass y.loc[X.index]",
            UserWarning,
            stacklevel=3,
        )


def _is_reordered(left: Any, right: Any) -> bool:
    """Whether one index has the labels of the other, each once, in another order."""
    if len(left) != len(right):
        return False
    try:
        if left.equals(right) or not (left.is_unique and right.is_unique):
            return False
        return len(left.difference(right, sort=False)) == 0
    except (TypeError, ValueError):  # labels that can't be compared or looked up, such as lists
        return False


def _is_of_pandas(data: object) -> bool:
    return type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "index")


def _index(data: Any) -> Any:  # pandas is an extra, and heavy: not imported here
    return data.index
